"""Planned guests that QEMU can run: real libvirt takes them as they are, and real QEMU starts and numbers them so."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pcisolve.api.guests import load

PLANS = Path(__file__).resolve().parents[2] / "examples" / "plans"
PYTHON = "/usr/bin/python3"  # the one that has the libvirt module
pytestmark = [pytest.mark.corpus, pytest.mark.slow]

# Plans, and what is changed in them so that today's libvirt knows the scheme.
GUESTS = {
    "numa-pairs": ("", ""),
    "on-top": ("", ""),
    "gpu-node": ("scheme: multi-domain", "scheme: flat"),
    "pseries-disks": ("devices:", "scheme: flat\ndevices:"),
}


def probe(shared: Path, script: str, *words: str) -> dict[str, Any]:
    """What a real libvirt or QEMU says; skipped where there is none."""
    run = subprocess.run(
        [PYTHON, str(shared / "oracle" / script), *words], capture_output=True, text=True, timeout=1200
    )
    if "No module named" in run.stderr or not run.stdout.strip():
        pytest.skip(f"no libvirt or QEMU to ask: {run.stderr[-200:]}")
    found: dict[str, Any] = json.loads(run.stdout)
    return found


@pytest.fixture(params=sorted(GUESTS))
def planned(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The XML of a plan."""
    old, new = GUESTS[request.param]
    plan = tmp_path / "plan.yaml"
    text = (PLANS / f"{request.param}.yaml").read_text().replace(old, new, 1) if old else ""
    plan.write_text(text or (PLANS / f"{request.param}.yaml").read_text().replace("../", f"{PLANS.parent}/"))
    xml = tmp_path / "planned.xml"
    xml.write_bytes(load(plan).solve().xml or b"")
    return xml


def test_libvirt_accepts_and_changes_no_address(planned: Path, shared: Path) -> None:
    said = probe(shared, "live_oracle.py", str(planned))
    assert said["verdict"] == "accept", said.get("error")
    mine = {one.index: one.address for one in load(planned).check().controllers}
    theirs = {one["index"]: one["addr"] for one in said["layout"]["controllers"] if one["type"] == "pci"}
    assert set(mine) == set(theirs)
    for index, address in mine.items():
        at = theirs[index]
        assert (address is None) == (at is None)
        if address is not None and isinstance(at, str):
            assert at.split("/")[0].lower().endswith(address.split(":", 1)[1].lower()), (index, address, at)


@pytest.mark.parametrize("planned", ["gpu-node", "numa-pairs"], indirect=True)  # what a small machine can start
def test_qemu_starts_it_and_its_firmware_numbers_every_bus(planned: Path, shared: Path) -> None:
    said = probe(shared, "qemu_probe.py", "--boot", "20", str(planned))
    assert said["start"] == "ok", said.get("error")
    assert said["mismatch"] == [] and said["boot"]["numbered"]
    assert said["boot"]["mismatch"] == [] and said["boot"]["hidden"] == []
