"""What a batch reads: files, folders, globs, tar archives, JSON Lines and stdin, by content and lazily."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from pcisolve.batch import archives
from pcisolve.batch.input import Input, content_of
from pcisolve.batch.inputs import count, inputs, refuse_same_names
from pcisolve.core.errors import InputError

XML = b"<domain/>"


def read(*paths: str | Path) -> list[tuple[str, str, bytes]]:
    return [(one.label, one.name, content_of(one)) for one in inputs(map(str, paths))]


def refusals(path: Path) -> list[str]:
    return [str(one.refusal) if one.refusal else "" for one in inputs([str(path)])]


def tar_of(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


def lines_of(*rows: object) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    for name in ("b.xml", "a.xml", "notes.txt", "z/1.xml", "c/2.xml", "c/1.xml"):
        path = tmp_path / "fleet" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(XML + name.encode())
    return tmp_path / "fleet"


def test_a_folder_is_walked_in_name_order(fleet: Path) -> None:
    assert [name for _, name, _ in read(fleet)] == ["a.xml", "b.xml", "c/1.xml", "c/2.xml", "z/1.xml"]
    assert count([str(fleet)]) == 5
    assert count([str(fleet / "a.xml")]) is None


def test_the_folder_that_is_written_to_is_not_searched(fleet: Path) -> None:
    found = inputs([str(fleet)], leave_out=str(fleet / "c"))
    assert [one.name for one in found] == ["a.xml", "b.xml", "z/1.xml"]


def test_links_that_go_in_circles(fleet: Path) -> None:
    (fleet / "z" / "loop").symlink_to(fleet)
    (fleet / "z" / "0.xml").symlink_to(fleet / "a.xml")
    assert [name for _, name, _ in read(fleet)][-2:] == ["z/0.xml", "z/1.xml"]


def test_nothing_is_read_before_it_is_asked_for(fleet: Path) -> None:
    found = inputs([str(fleet), str(fleet / "a.xml")])
    assert next(found).name == "a.xml"
    (fleet / "b.xml").unlink()
    with pytest.raises(InputError, match=r"b\.xml: No such file"):
        content_of(next(found))


def test_names_that_would_be_written_twice(fleet: Path) -> None:
    refuse_same_names([str(fleet)])
    with pytest.raises(InputError, match=r"c/1\.xml and .*z/1\.xml would both be written to 1\.xml"):
        refuse_same_names([str(fleet / "*" / "1.xml")])


PACKERS: list[Callable[[bytes], bytes]] = [bytes, gzip.compress, bz2.compress, lzma.compress]


@pytest.mark.parametrize("pack", PACKERS)
def test_a_tar_archive_whatever_its_name(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    archive = tmp_path / "fleet"
    archive.write_bytes(pack(tar_of({"b.xml": b"1", "x/a.xml": b"2", "readme": b"3"})))
    assert read(archive) == [(f"{archive}:b.xml", "b.xml", b"1"), (f"{archive}:x/a.xml", "x/a.xml", b"2")]


@pytest.mark.parametrize("pack", PACKERS)
def test_json_lines_whatever_their_name(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "fleet"
    rows = lines_of({"id": "one", "xml": "<a>ä</a>"}, {"xml": "<b/>", "id": 2, "of": []}, {"id": "d/3.xml", "xml": ""})
    file.write_bytes(pack(b"\n" + rows + b"\n"))
    assert read(file) == [
        ("one", "one.xml", "<a>ä</a>".encode()),
        ("2", "2.xml", b"<b/>"),
        ("d/3.xml", "d/3.xml", b""),
    ]


def test_lines_that_are_no_rows_are_refused_with_their_place(tmp_path: Path) -> None:
    file = tmp_path / "fleet.jsonl"
    good = lines_of({"id": "a", "xml": "<a/>"})
    rows = lines_of({"xml": "x"}, {"id": "", "xml": ""}, {"id": "b"})
    file.write_bytes(good + b"{oops\n[]\n" + rows + good + b'{"id": ' + b"[" * 100_000)
    said = refusals(file)
    assert said[0] == said[6] == ""
    assert said[1].startswith(f"{file}:2:2: not JSON: ")
    assert said[7].startswith(f"{file}:8:107: not JSON: nested more than 100 deep (expected")
    assert said[2].startswith(f"{file}:3:1: not a JSON object (expected a JSON object with")
    assert '"id" is not a text of 1 to 1,000 characters' in said[3]
    assert '"id" is not a text' in said[4]
    assert '"xml" is not a text' in said[5]


def test_a_line_without_end_costs_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "_MAX_LINE", 1000)
    file = tmp_path / "fleet.jsonl"
    good = lines_of({"id": "a", "xml": "<a/>"})
    file.write_bytes(good + b'{"id": "' + b"x" * 5_000_000 + b"\n" + good)
    assert ["a line of more than" in said for said in refusals(file)] == [False, True, False]


@pytest.mark.parametrize("kept", [0.45, 0.83])
@pytest.mark.parametrize("pack", PACKERS[:2])
def test_a_damaged_archive_ends_with_a_refusal(tmp_path: Path, pack: Callable[[bytes], bytes], kept: float) -> None:
    archive = tmp_path / "fleet.tar"
    whole = pack(tar_of({f"{number}.xml": bytes([number]) * 40_000 for number in range(10)})[:-10240])
    archive.write_bytes(whole[: int(len(whole) * kept)])
    found = list(inputs([str(archive)]))
    assert "is damaged" in str(found[-1].refusal)
    assert all(one.refusal is None for one in found[:-1])


def test_members_beyond_the_limit_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1 << 20)
    archive = tmp_path / "fleet.tgz"
    archive.write_bytes(gzip.compress(tar_of({"a.xml": b"1", "b.xml": b"2" * (2 << 20), "c.xml": b"3"})))
    assert [("larger than" in said) for said in refusals(archive)] == [False, True, False]


@pytest.mark.parametrize(
    ("data", "labels"),
    [
        (XML, ["<stdin>"]),
        (gzip.compress(XML, mtime=0), ["<stdin>"]),
        (lines_of({"id": "a", "xml": ""}), ["a"]),
        (tar_of({"a.xml": b""}), ["<stdin>:a.xml"]),
        (b"", ["<stdin>"]),
    ],
)
def test_stdin_is_told_by_its_content(data: bytes, labels: list[str]) -> None:
    with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(data))):
        assert [one.label for one in inputs(["-"])] == labels


@pytest.mark.parametrize("pack", PACKERS)
def test_a_packed_guest(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "guest.xml.gz"
    file.write_bytes(pack(XML))
    assert read(file) == [(str(file), "guest.xml", XML)]
    with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(pack(XML)))):
        assert [content_of(one) for one in inputs(["-"])] == [XML]


@pytest.mark.parametrize("pack", PACKERS[1:])
def test_a_packed_guest_that_does_not_unpack(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    file = tmp_path / "guest.xml.gz"
    for data, said in (
        (pack(XML * 99)[:-9], "cut short"),
        (pack(pack(XML)), "packed twice"),
        (pack(XML) + b"x", "other"),
    ):
        file.write_bytes(data)
        with pytest.raises(InputError, match=said):
            read(file)
    with mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(pack(XML * 99)[:-9]))):
        (one,) = inputs(["-"])
        assert "<stdin>: what is packed is cut short" in str(one.refusal)


def test_a_member_that_says_it_is_larger_than_any_disk(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a.xml")
    info.size = 1 << 86
    archive = tmp_path / "fleet.tar"
    archive.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + b"<domain/>" * 1000)
    said = refusals(archive)  # ends, and soon
    assert "larger than 64 MiB" in said[0] and "is damaged after a.xml" in said[1]


def test_a_guest_is_read_by_who_solves_it(tmp_path: Path) -> None:
    file = tmp_path / "guest.xml"
    file.write_bytes(XML)
    assert list(inputs([str(file)])) == [Input(str(file), "guest.xml", str(file))]
