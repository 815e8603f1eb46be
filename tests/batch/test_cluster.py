"""A real Dask cluster: a scheduler and two workers, each a process of its own, one of which is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import pcisolve
from tests.batch.fleet import batch, start, write_fleet
from tests.support import domain

pytest.importorskip("distributed")


class Cluster(NamedTuple):
    address: str
    workers: list[subprocess.Popen[bytes]]


def dask(folder: Path, name: str, *words: str) -> subprocess.Popen[bytes]:
    with (folder / f"{name}.log").open("wb") as log:
        command = [sys.executable, "-m", f"distributed.cli.dask_{name.split('-')[0]}", *words]
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    file = tmp_path / "scheduler.json"
    words = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
    processes = [dask(tmp_path, "scheduler", *words)]
    try:
        deadline = time.monotonic() + 600
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        import json

        address = json.loads(file.read_text())["address"]
        mine = ("--no-nanny", "--no-dashboard", "--nthreads", "1", "--local-directory", str(tmp_path / "dask"))
        processes += [dask(tmp_path, f"worker-{number}", address, *mine) for number in (1, 2)]
        yield Cluster(address, processes[1:])
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def compare(folder: Path, cluster: Cluster, number: int) -> None:
    write_fleet(folder / "fleet", number)
    assert batch(folder, "fleet", "-o", "here.jsonl", "--write", "here", "-q")[0] == 1
    words = ("fleet", "-o", "there.jsonl", "--write", "there", "--cluster", cluster.address, "--ledger", "ledger")
    process = start(folder, *words)
    part = folder / "there.jsonl.part"
    while not part.exists() or part.stat().st_size < (folder / "here.jsonl").stat().st_size // 5:
        assert process.poll() is None
        time.sleep(0.02)
    cluster.workers[0].kill()
    _, said = process.communicate(timeout=1200)
    assert process.returncode == 1, said
    assert (folder / "there.jsonl").read_bytes() == (folder / "here.jsonl").read_bytes()
    for path in (folder / "here").rglob("*.xml"):
        assert path.read_bytes() == (folder / "there" / path.relative_to(folder / "here")).read_bytes()


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_line(tmp_path: Path, cluster: Cluster) -> None:
    compare(tmp_path, cluster, 5000)


@pytest.mark.slow
def test_the_library_takes_a_client(cluster: Cluster) -> None:
    from distributed import Client

    guests = [(f"g{number}", domain("q35", f"<!-- {number} -->")) for number in range(50)]
    with Client(cluster.address, set_as_default=False) as client:
        found = list(pcisolve.solve_many(guests, client=client))
    assert found == list(pcisolve.solve_many(guests, workers=1))


def test_a_scheduler_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcisolve.batch.cluster._WAIT", 1)
    from pcisolve.batch.cluster import connect

    with pytest.raises(pcisolve.InputError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:1"):
        connect("tcp://127.0.0.1:1")
    with pytest.raises(pcisolve.InputError, match="no Dask scheduler answers at nonsense"):
        connect("nonsense://")
