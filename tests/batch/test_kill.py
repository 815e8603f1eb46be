"""A batch that is ended at any moment loses no line and doubles none."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.batch.fleet import batch, start, write_fleet
from tests.cli.running import run

WORDS = ("fleet", "-o", "out.jsonl", "--ledger", "ledger", "--write", "solved", "--workers", "2", "-q")


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def undisturbed(folder: Path, number: int) -> tuple[bytes, dict[str, bytes]]:
    write_fleet(folder / "fleet", number)
    code, said = batch(folder, "fleet", "-o", "whole.jsonl", "--write", "whole", "--workers", "2", "-q")
    assert (code, said) == (1, "")
    return (folder / "whole.jsonl").read_bytes(), everything_below(folder / "whole")


def children(pid: int) -> list[int]:
    """The processes below a process, at any depth."""
    below = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            below += [int(child), *children(int(child))]
    return below


def workers(pid: int) -> list[int]:
    """The processes that the server of workers has made."""
    servers = [one for one in children(pid) if b"forkserver" in Path(f"/proc/{one}/cmdline").read_bytes()]
    return [worker for one in servers for worker in children(one)]


def killed_and_resumed(folder: Path, kills: int, longest: float) -> int:
    """Kill a batch again and again, then let it end; how many answers the last one took from the ledger."""
    chance = random.Random(6)
    for _ in range(kills):
        process = start(folder, *WORDS)
        time.sleep(chance.uniform(0.2, longest))
        process.kill()
        process.communicate()
    code, said = batch(folder, *(word for word in WORDS if word != "-q"), "--summary")
    assert code == 1
    known = [line.split()[0] for line in said.splitlines() if line.endswith("answered from the ledger")]
    return int(known[0].replace(",", "")) if known else 0


@pytest.mark.slow
def test_killed_and_resumed_it_gives_the_same_bytes(tmp_path: Path) -> None:
    lines, files = undisturbed(tmp_path, 300)
    known = killed_and_resumed(tmp_path, 2, 0.7)
    assert known > 0
    assert (tmp_path / "out.jsonl").read_bytes() == lines
    assert {name: data for name, data in everything_below(tmp_path / "solved").items() if name.endswith("xml")} == files


@pytest.mark.slow
def test_killed_ten_times_over_five_thousand_files(tmp_path: Path) -> None:
    lines, files = undisturbed(tmp_path, 5000)
    assert lines.count(b"\n") == 5000
    assert killed_and_resumed(tmp_path, 10, 2.5) > 0
    assert (tmp_path / "out.jsonl").read_bytes() == lines
    assert {name: data for name, data in everything_below(tmp_path / "solved").items() if name.endswith("xml")} == files


def test_workers_killed_from_outside_cost_nothing(tmp_path: Path) -> None:
    lines, _ = undisturbed(tmp_path, 1000)
    process = start(tmp_path, *WORDS)
    killed = 0
    while process.poll() is None:
        time.sleep(0.05)
        try:
            working = workers(process.pid)
        except FileNotFoundError:
            break
        for pid in working[-1:]:
            if killed < 3:
                os.kill(pid, signal.SIGKILL)
                killed += 1
    assert process.communicate()[1] == ""
    assert killed
    assert (tmp_path / "out.jsonl").read_bytes() == lines


def test_a_full_disk_is_told_and_the_ledger_goes_on(tmp_path: Path) -> None:
    lines, _ = undisturbed(tmp_path, 100)
    code, said = batch(tmp_path, "fleet", "-o", "out.jsonl", "--workers", "2", limit=60_000)
    assert (code, said) == (2, "pcisolve: File too large: out.jsonl\n")
    code, said = batch(tmp_path, *WORDS, limit=60_000)
    assert (code, said.count("\n")) == (2, 1)
    assert not (tmp_path / "out.jsonl").exists()
    code, said = batch(tmp_path, *WORDS)
    assert (code, said) == (1, "")
    assert (tmp_path / "out.jsonl").read_bytes() == lines


@pytest.mark.slow
def test_a_full_disk_below_the_ledger(tmp_path: Path) -> None:
    lines, _ = undisturbed(tmp_path, 100)
    code, said = batch(tmp_path, "fleet", "-o", "/dev/null", "--ledger", "ledger", "--workers", "2", limit=16_384)
    assert code == 2
    assert said.startswith("pcisolve: ")
    assert said.endswith(": ledger\n")
    assert batch(tmp_path, *WORDS) == (1, "")
    assert (tmp_path / "out.jsonl").read_bytes() == lines


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    write_fleet(tmp_path / "fleet", 3)
    (tmp_path / "solved").write_text("no folder")
    code, said = batch(tmp_path, *WORDS)
    assert (code, said) == (2, "pcisolve: File exists: solved\n")


@pytest.mark.slow
def test_a_ledger_knows_options_content_and_whether_xml_was_asked_for(tmp_path: Path) -> None:
    write_fleet(tmp_path / "fleet", 30)

    def known(*words: str | Path) -> int:
        paths = (tmp_path / "fleet", "-o", tmp_path / "out", "--ledger", tmp_path / "ledger")
        said = run("batch", *paths, "--summary", *words).error
        return sum(int(line.split()[0]) for line in said.splitlines() if line.endswith("from the ledger"))

    assert known() == 0
    assert known() == 30
    first = (tmp_path / "out").read_bytes()
    assert known("--libvirt", "9.0.0") == 0
    solved = sum(json.loads(line)["status"] == "solved" for line in first.splitlines())
    assert known("--write", tmp_path / "solved") == 30 - solved
    assert known("--write", tmp_path / "solved") == 30
    file = tmp_path / "fleet" / "000" / "00003.xml"
    file.write_bytes(file.read_bytes() + b"<!-- changed -->")
    assert known() == 29
    (tmp_path / "fleet" / "000" / "00004.xml").rename(tmp_path / "fleet" / "00004.xml")
    assert known() == 30
    assert b'/fleet/00004.xml"' in (tmp_path / "out").read_bytes()


def test_what_is_no_ledger_is_not_written_to(tmp_path: Path) -> None:
    write_fleet(tmp_path / "fleet", 2)
    (tmp_path / "ledger").write_text("a letter, " * 1000)
    code, said = batch(tmp_path, *WORDS)
    assert (code, said.startswith("pcisolve: ledger is not a ledger of this version of pcisolve")) == (2, True)
    assert (tmp_path / "ledger").read_text() == "a letter, " * 1000
