"""Against the records of real QEMU and real firmware: every fault found, no sound guest refused, every bus number."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.verdict.values import SOLVED

pytestmark = [pytest.mark.corpus, pytest.mark.slow]
# SeaBIOS numbers the buses of these and halts right after, for lack of I/O ports; the record ends with the numbers.
HALTED = {"gen-1245", "gen-2088"}
STAGE = {"qemu": "qemu", "firmware": "guest", "guest": "guest"}


def _rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        return [json.loads(line) for line in lines]


def _is_sound(row: dict[str, Any]) -> bool:
    boot = row.get("boot")
    return row["qemu"] == "ok" and bool(boot) and boot["numbered"] and not boot["hidden"] and row["id"] not in HALTED


RECORDS = {"boot": ("9.0.0", "7.2", 3_000), "new": ("12.8.0", "11.1", 400)}


@pytest.mark.parametrize("folder", RECORDS)
def test_recorded_starts_and_boots(shared: Path, folder: str) -> None:
    libvirt, qemu, least = RECORDS[folder]
    path = shared / "corpus" / folder / "stages.jsonl.gz"
    if not path.exists():
        pytest.skip("no such records")
    numbers = 0
    for row in _rows(path):
        guest = pcisolve.load(row["xml"].encode())
        at_qemu = guest.check(make_options(stage="qemu", libvirt=libvirt, qemu=qemu), layout=False)
        assert (at_qemu.status == SOLVED) == (row["qemu"] == "ok"), row["id"]
        if row["qemu"] == "ok" and row.get("boot"):
            verdict = guest.check(make_options(libvirt=libvirt, qemu=qemu))
            codes = {one.code for one in verdict.findings}
            # Firmware lists a device without function 0, Linux never saw one: then nothing is known about the rest.
            assert bool(codes) != _is_sound(row) or "guest-function0-missing" in codes, row["id"]
            seen = {f"pci.{one.index}": one.guest.secondary for one in verdict.controllers}
            for name, (secondary, _) in row["boot"]["buses"].items() if not codes else ():
                assert seen.get(name, secondary) == secondary, (row["id"], name)
                numbers += name in seen
    assert numbers > least


def test_findings_are_reported_at_the_stage_that_fails(shared: Path) -> None:
    folder = shared / "corpus/findings"
    rows = _rows(folder / "index.jsonl")
    for row in rows:
        verdict = pcisolve.load(folder / f"{row['id']}.xml").check(make_options(libvirt="9.0.0", qemu="7.2"))
        stages = {one.stage for one in verdict.findings}
        first = min(stages, key=("libvirt", "qemu", "guest").index, default="")
        assert first == STAGE[row["stage"]], (row["id"], row["class"], stages)
    assert len(rows) == 80
