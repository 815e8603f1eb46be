"""A batch that is ended at any moment loses no line and doubles none."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
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
    """The worker processes of a batch: copies of itself."""
    return children(pid)


def recorded(folder: Path) -> int:
    """How many answers are in the ledger."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(folder / "ledger", timeout=60)) as file:
        return int(file.execute("SELECT count(*) FROM answers").fetchone()[0])
    return 0


def killed_and_resumed(folder: Path, kills: int, most: int) -> tuple[int, int]:
    """Kill a batch again and again, the first time when the ledger has answers, later at any size of the output.

    Args:
        most: bytes of output at which it is killed at the latest.

    Returns:
        How many answers the ledger had in the end, and how many a last batch took from it.
    """
    chance, part = random.Random(6), folder / "out.jsonl.part"
    for number in range(kills):
        process = start(folder, *WORDS)
        least = chance.randrange(most)
        while process.poll() is None and not (part.exists() and part.stat().st_size > least):
            time.sleep(0.005)
        while number == 0 and process.poll() is None and not recorded(folder):
            time.sleep(0.02)
        process.kill()
        process.communicate()
    rows = recorded(folder)
    code, said = batch(folder, *(word for word in WORDS if word != "-q"), "--summary")
    assert code == 1
    known = [line.split()[0] for line in said.splitlines() if line.endswith("answered from the ledger")]
    return rows, int(known[0].replace(",", "")) if known else 0


def is_as_if_undisturbed(folder: Path, number: int, kills: int) -> None:
    lines, files = undisturbed(folder, number)
    assert lines.count(b"\n") == number
    rows, known = killed_and_resumed(folder, kills, len(lines))
    assert 0 < rows <= known
    assert (folder / "out.jsonl").read_bytes() == lines
    assert {name: data for name, data in everything_below(folder / "solved").items() if name.endswith("xml")} == files


@pytest.mark.slow
def test_killed_and_resumed_it_gives_the_same_bytes(tmp_path: Path) -> None:
    is_as_if_undisturbed(tmp_path, 300, 3)


@pytest.mark.slow
def test_killed_ten_times_over_five_thousand_files(tmp_path: Path) -> None:
    is_as_if_undisturbed(tmp_path, 5000, 10)


def test_workers_killed_from_outside_cost_nothing(tmp_path: Path) -> None:
    lines, _ = undisturbed(tmp_path, 1000)
    process = start(tmp_path, *WORDS)
    killed = 0
    while process.poll() is None and killed < 2:  # a chunk that takes three workers with it is given up
        time.sleep(0.005)
        try:
            working = workers(process.pid)
        except FileNotFoundError:
            continue
        for pid in working[-1:]:
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


def test_a_batch_is_its_own_process_and_its_workers(tmp_path: Path) -> None:
    """No further process imports everything once more, and none is left when the batch is killed."""
    write_fleet(tmp_path / "fleet", 1000)
    process = start(tmp_path, "fleet", "-o", "out.jsonl", "--workers", "3")
    seen: list[int] = []
    while process.poll() is None and len(seen) < 3:
        seen = children(process.pid) or seen
        time.sleep(0.005)
    assert len(seen) == 3
    process.kill()
    process.wait()
    for _ in range(200):
        if not any(Path(f"/proc/{pid}/exe").exists() for pid in seen):
            break
        time.sleep(0.05)
    else:
        raise AssertionError("a worker outlives its batch")
    assert batch(tmp_path, "fleet", "-o", "out.jsonl", "--workers", "3")[0] == 1  # the output is nobody's any more
