"""What leaves: files replaced whole or not at all, diffs that patch(1) takes, JSON of a fixed shape."""

from __future__ import annotations

import codecs
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.support import controller, domain

SOUND = domain("q35", "<rng model='virtio'/>")
CLASH = domain("q35", "<rng model='virtio'><address type='pci' slot='0x1f'/></rng>")
UNREADABLE = domain("q35", "<rng model='virtio'><address type='pci' slot='1f'/></rng>")
PHBS = domain("pseries", controller(0, "pci-root") + controller(1, "pci-root"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "data", "code"),
    [
        (("solve", "-o", "out"), CLASH, 1),
        (("solve", "-o", "out"), UNREADABLE, 1),
        (("solve", "-o", "out"), b"<domain>", 2),
        (("solve", "--format", "tree", "-o", "out"), CLASH, 1),
        (("solve", "--format", "diff", "-o", "out"), CLASH, 1),
        (("convert", "--to", "multi-domain", "-o", "out"), CLASH, 1),
        (("convert", "--to", "multi-domain", "-o", "out"), b"", 2),
    ],
)
def test_nothing_is_written_on_failure(words: tuple[str, ...], data: bytes, code: int, folder: Path) -> None:
    ended = run(*words, stdin=data)
    assert (ended.code, ended.out) == (code, b"")
    assert list(folder.iterdir()) == []
    (folder / "out").write_text("old")
    assert run(*words, stdin=data).code == code
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("out", "old")]


def test_a_guest_is_solved_in_place_with_its_permissions(folder: Path) -> None:
    guest, link = folder / "guest.xml", folder / "link.xml"
    guest.write_bytes(SOUND)
    guest.chmod(0o640)
    link.symlink_to("guest.xml")
    ended = run("solve", "link.xml", "-o", "link.xml")
    assert (ended.code, ended.out, ended.error) == (0, b"", "")
    assert link.is_symlink()
    assert guest.read_bytes() == run("solve", stdin=SOUND).out
    assert guest.stat().st_mode & 0o777 == 0o640
    assert len(list(folder.iterdir())) == 2


def test_a_new_file_has_the_usual_permissions(folder: Path) -> None:
    run("solve", "-o", "solved.xml", stdin=SOUND)
    (folder / "other").touch()
    assert (folder / "solved.xml").stat().st_mode == (folder / "other").stat().st_mode


def test_a_dash_is_stdout_and_a_pipe_is_written_to(folder: Path) -> None:
    expected = run("solve", stdin=SOUND).out
    assert run("solve", "-o", "-", stdin=SOUND).out == expected
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert run("solve", "-o", "pipe", stdin=SOUND).code == 0
        assert os.read(reader, 1 << 16) == expected
    finally:
        os.close(reader)
    assert (folder / "pipe").is_fifo()


@pytest.mark.skipif(shutil.which("patch") is None, reason="no patch(1)")
@pytest.mark.parametrize(
    "data",
    [
        SOUND,
        SOUND.rstrip(),
        SOUND.replace(b"\n", b"\r\n"),
        SOUND.replace(b"small", "a\u2028b\u0085c".encode()),
        codecs.BOM_UTF8 + SOUND,
    ],
)
def test_a_diff_applied_is_the_solved_guest(data: bytes, folder: Path) -> None:
    (folder / "guest.xml").write_bytes(data)
    diff = run("solve", "--format", "diff", "guest.xml").out
    subprocess.run(["patch", "--binary", "--silent", "guest.xml"], input=diff, check=True, timeout=600)
    assert (folder / "guest.xml").read_bytes() == run("solve", stdin=data).out


def test_a_diff_of_another_encoding_shows_only_what_changes() -> None:
    narrow = run("solve", "--format", "diff", stdin=SOUND).out
    wide = run("solve", "--format", "diff", stdin=codecs.BOM_UTF16_LE + SOUND.decode().encode("utf-16-le")).out
    assert wide == narrow
    solved = run("solve", stdin=run("solve", stdin=SOUND).out)
    assert run("solve", "--format", "diff", stdin=solved.out).out == b""


VERDICT = {"status", "proven", "scheme", "policy", "controllers", "devices", "findings", "stats"}
CONTROLLER = {"index", "model", "name", "domain", "bus", "parent", "address", "added", "line"}
DEVICE = {"path", "line", "kind", "name", "address", "chosen", "implicit"}
FINDING = {"code", "rules", "stage", "message", "minimal", "facts", "repairs"}
FACT = {"text", "file", "line", "column", "role"}


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [(SOUND, "solved", 0), (CLASH, "infeasible", 1), (UNREADABLE, "invalid", 1)],
)
def test_solve_as_json_has_one_shape(data: bytes, status: str, code: int) -> None:
    ended = run("solve", "--format", "json", stdin=data)
    answer = json.loads(ended.out)
    assert (ended.code, ended.error, answer["status"]) == (code, "", status)
    assert set(answer) >= VERDICT
    for key, keys in (("controllers", CONTROLLER), ("devices", DEVICE), ("findings", FINDING)):
        assert all(set(one) >= keys for one in answer[key])
    assert bool(answer["controllers"]) is bool(answer["devices"]) is (status == "solved")
    assert bool(answer["findings"]) is (status != "solved")
    assert all(set(fact) == FACT for one in answer["findings"] for fact in one["facts"])


MEMORY = ("make", "identity", "targets", "multifunction", "zpci")  # what --against reads


def test_batch_lines_are_those_of_solve_with_the_input_in_front(folder: Path) -> None:
    (folder / "guest.xml").write_bytes(SOUND)
    line = json.loads(run("batch", "guest.xml").out)
    assert next(iter(line)) == "input"
    assert line.pop("input") == "guest.xml"
    answer = json.loads(run("solve", "--format", "json", "guest.xml").out)
    for row in (*answer["controllers"], *answer["devices"]):
        for key in MEMORY:
            row.pop(key, None)
    assert line == answer


def test_json_of_no_findings() -> None:
    assert run("check", "--format", "json", stdin=SOUND).text == "[]\n"
    assert run("check", "--format", "jsonl", stdin=SOUND).text == ""
    assert run("check", "--format", "jsonl", stdin=CLASH).text.count("\n") == 1


def test_convert_there_and_back(folder: Path) -> None:
    data = PHBS.replace(
        b"</devices>", b"<rng model='virtio'><address type='pci' bus='0x01' slot='0x02'/></rng></devices>"
    )
    flat = run("solve", stdin=data).out
    assert run("convert", "--to", "flat", stdin=flat).out == flat
    there = run("convert", "--to", "multi-domain", "-o", "md.xml", stdin=flat)
    assert (there.code, there.out, there.error) == (0, b"", "")
    assert b"domain='0x0001' bus='0x00' slot='0x02'" in (folder / "md.xml").read_bytes()
    assert run("convert", "--to", "flat", "md.xml").out == flat


def test_batch_refuses_to_write_two_guests_to_one_file(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "guest.xml").write_bytes(SOUND)
    ended = run("batch", "a/guest.xml", "b/guest.xml", "--write", "solved")
    assert (ended.code, ended.out) == (2, b"")
    assert "a/guest.xml and b/guest.xml would both be written to guest.xml" in ended.error
    assert not (folder / "solved").exists()
    assert run("batch", ".", "--write", "solved").code == 0
    assert (folder / "solved" / "b" / "guest.xml").is_file()


def test_batch_of_files_folders_and_globs_keeps_their_order(folder: Path) -> None:
    for name in ("z.xml", "b/2.xml", "b/1.xml", "b/note.txt", "a/1.xml"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(SOUND)
    words = ("batch", "z.xml", "b", "*/1.xml", "b/note.txt")
    found = [json.loads(line)["input"] for line in run(*words).text.splitlines()]
    assert found == ["z.xml", "b/1.xml", "b/2.xml", "a/1.xml", "b/1.xml", "b/note.txt"]


def test_notes_on_a_plan_are_said() -> None:
    plan = b"machine: {arch: x86_64, type: q35}\nscheme: multi-domain\ndomains: [{name: d, count: 2}]\n"
    ended = run("solve", stdin=plan + b"devices: [{name: n, kind: virtio-net}]\n")
    assert ended.code == 0
    assert ended.error == (
        "<stdin>: note[platform-domains]: no hypervisor can start 2 PCI domains on q35 today; "
        "those that can: cloud-hypervisor, qemu-pseries, qemu-s390x\n"
    )
