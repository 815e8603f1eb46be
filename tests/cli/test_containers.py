"""Files that hold several domains, or one in something else, or that are packed, on the command line."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.support import controller, domain, rng

GOOD = domain("q35", rng()).decode().rstrip("\n")
BAD = domain("q35", rng("0:0:3.0") + rng("0:0:3.0")).decode().rstrip("\n")
TWO = f"<?xml version='1.0'?>\n{GOOD}\n<!-- between -->\n\n<?xml version='1.0'?>\n{GOOD}\n"
LINES = GOOD.count("\n") + 1
SNAPSHOT = f"<domainsnapshot>\n  <name>s</name>\n  {GOOD}\n</domainsnapshot>\n"
PACKERS: list[tuple[str, Callable[[bytes], bytes], Callable[[bytes], bytes]]] = [
    (".gz", gzip.compress, gzip.decompress),
    (".bz2", bz2.compress, bz2.decompress),
    (".xz", lzma.compress, lzma.decompress),
]
packed = pytest.mark.parametrize(("suffix", "pack", "unpack"), PACKERS)


def test_solve_completes_each_in_its_place() -> None:
    alone = run("solve", stdin=GOOD.encode()).text
    both = run("solve", stdin=TWO.encode())
    assert (both.code, both.error) == (0, "")
    assert both.text == TWO.replace(GOOD, alone.removesuffix("\n"))
    assert run("solve", stdin=both.out).out == both.out


def test_solve_in_a_wrapper_changes_nothing_around(tmp_path: Path) -> None:
    file = tmp_path / "s.xml"
    file.write_bytes(SNAPSHOT.encode("utf-16"))
    assert run("solve", file, "-o", file).code == 0
    text = file.read_bytes().decode("utf-16")
    assert text.startswith("<domainsnapshot>\n  <name>s</name>\n  <domain") and text.endswith(
        "</domain>\n</domainsnapshot>\n"
    )
    assert text.count("pcie-root-port") > 3
    assert run("check", file).code == 0


def test_nothing_is_printed_when_one_has_no_answer(tmp_path: Path) -> None:
    ended = run("solve", stdin=f"{GOOD}\n{BAD}\n".encode())
    assert (ended.code, ended.text) == (1, "")
    assert f'<stdin>: domain 2 of 2 ("small"), at line {LINES + 1}\n' in ended.error
    assert f"<stdin>:{LINES + 6}:" in ended.error or f"<stdin>:{LINES + 5}:" in ended.error
    output = tmp_path / "out.xml"
    assert run("solve", "-o", output, stdin=f"{BAD}\n{GOOD}\n".encode()).code == 1
    assert not output.exists()


def test_json_is_one_object_or_a_list() -> None:
    assert json.loads(run("solve", "--format", "json", stdin=SNAPSHOT.encode()).out)["status"] == "solved"
    ended = run("solve", "--format", "json", stdin=f"{GOOD}\n{BAD}\n".encode())
    answers = json.loads(ended.out)
    assert ended.code == 1
    assert [one["status"] for one in answers] == ["solved", "infeasible"]
    assert answers[1]["findings"][0]["facts"][0]["line"] > LINES


@pytest.mark.parametrize("words", [("show",), ("solve", "--format", "tree"), ("solve", "--format", "table")])
def test_each_is_shown_below_its_name(words: tuple[str, ...]) -> None:
    ended = run(*words, stdin=TWO.encode())
    assert ended.code == 0
    assert [line for line in ended.text.splitlines() if ": domain " in line] == [
        '<stdin>: domain 1 of 2 ("small"), at line 2',
        f'<stdin>: domain 2 of 2 ("small"), at line {LINES + 5}',
    ]
    assert ": domain " not in run(*words, stdin=SNAPSHOT.encode()).text


def test_a_diff_is_of_the_whole_file() -> None:
    text = run("solve", "--format", "diff", stdin=SNAPSHOT.encode()).text
    assert text.startswith("--- <stdin>\n+++ <stdin> (solved)\n")
    assert "+    <controller type='pci' index='0' model='pcie-root'" in text.replace("      ", "    ")
    old = [line[1:] for line in text.splitlines()[2:] if line[:1] in " -"]
    assert set(old) <= set(SNAPSHOT.splitlines())


def test_convert_takes_each() -> None:
    solved = run("solve", stdin=TWO.encode()).out
    ended = run("convert", "--to", "multi-domain", stdin=solved)
    assert ended.code == 0
    assert run("convert", "--to", "flat", stdin=ended.out).out == solved


@pytest.mark.parametrize("words", [("diff", "FILE", "-"), ("verify", "FILE"), ("solve", "--against", "FILE", "FILE")])
def test_where_one_is_wanted(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = tmp_path / "two.xml"
    file.write_text(TWO)
    ended = run(*(str(file) if word == "FILE" else word for word in words), stdin=GOOD.encode())
    assert ended.code == 2
    assert f"{file}:{LINES + 5}:1: 2 domains in one file; the second begins here" in ended.error


def test_diff_reads_wrappers_and_packed_files(tmp_path: Path) -> None:
    file = tmp_path / "s.xml.gz"
    file.write_bytes(gzip.compress(SNAPSHOT.encode()))
    assert run("diff", file, "-", stdin=GOOD.encode()).code == 0
    answer = tmp_path / "a.json.xz"
    answer.write_bytes(lzma.compress(run("solve", "--format", "json", stdin=GOOD.encode()).out))
    assert run("diff", file, answer).code == 0


@packed
def test_a_packed_file(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes]
) -> None:
    file, output = tmp_path / f"guest.xml{suffix}", tmp_path / f"out.xml{suffix}"
    file.write_bytes(pack(GOOD.encode()))
    solved = run("solve", stdin=GOOD.encode()).out
    assert run("check", file).code == run("show", file).code == 0
    assert run("solve", file).out == solved
    assert run("solve", stdin=pack(GOOD.encode())).out == solved
    assert run("solve", file, "-o", output).code == 0
    assert unpack(output.read_bytes()) == solved
    assert run("solve", file, "-o", tmp_path / "plain.xml").code == 0
    assert (tmp_path / "plain.xml").read_bytes() == solved
    assert run("convert", "--to", "flat", output).out == solved


@packed
def test_a_packed_plan(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes]
) -> None:
    plan = b"machine: {arch: x86_64, type: q35}\ndevices:\n  - {name: a, kind: virtio-rng}\n"
    file = tmp_path / f"plan.yaml{suffix}"
    file.write_bytes(pack(plan))
    assert run("solve", file).out == run("solve", stdin=plan).out


@packed
def test_packed_files_that_cannot_be_used(
    tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes], unpack: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / f"guest.xml{suffix}"
    for data, said in (
        (pack(GOOD.encode())[:-6], "is cut short"),
        (pack(pack(GOOD.encode())), "packed twice"),
        (pack(bytes(1 << 24)) * 8, "unpacks to more than 64 MiB"),
        (pack(b""), "the input is empty"),
        (pack(b"<network/>"), "this is a libvirt network"),
    ):
        file.write_bytes(data)
        for words in (["check", file], ["solve", file], ["show", file], ["diff", file, file]):
            ended = run(*words)
            assert ended.code == 2
            assert said in ended.error and str(file) in ended.error
            assert ended.error.count("\n") == 1


def test_a_controller_in_a_second_list(tmp_path: Path) -> None:
    text = domain("q35", controller(1, "pcie-root-port")).decode()
    text = text.replace("</devices>", "</devices>\n<devices>" + rng("0:1:0.0") + "</devices>")
    assert run("check", stdin=text.encode()).code == 0
