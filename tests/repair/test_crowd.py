"""Very many faults in one guest: repaired together, and the mended guest is sound."""

from __future__ import annotations

import random

import pytest

import pcisolve
from tests.support import controller, domain, rng, sound

BRIDGES, DEVICES = 8, 180


def crowded(seed: int, bridges: int = BRIDGES) -> bytes:
    """A pc guest with room for all of its devices, of which many ask for a place that is not there or taken."""
    chance = random.Random(seed)
    lines = [controller(n, "pci-bridge", f"0:{(n - 1) // 8:x}:{10 + n % 8:x}.0") for n in range(1, bridges + 1)]
    for n in range(DEVICES):
        bus, slot, function = 1 + n % bridges, 1 + n % 31, 0
        fault = chance.randrange(5)
        if fault == 0:
            slot = 32 + chance.randrange(8)
        elif fault == 1:
            function = 8
        elif fault == 2:
            bus = chance.choice([256, 300])
        elif fault == 3:
            slot = 1 + chance.randrange(3)
        lines.append(chance.choice([rng, sound])(f"0:{bus:x}:{slot:x}.{function:x}"))
    return domain("pc", "\n".join(lines))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_of_very_many_findings_has_a_repair(seed: int) -> None:
    findings = pcisolve.load(crowded(seed)).explain()
    assert sum(1 + len(one.alike) for one in findings) > 100
    assert all(one.repairs for one in findings)
    assert any("its repair was tried together" in note for one in findings for note in one.notes)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_very_many_findings_are_mended_in_the_file(seed: int) -> None:
    mended = pcisolve.load(crowded(seed)).repair()
    assert (mended.left, mended.verdict.status) == (0, "solved")
    assert pcisolve.load(mended.data).solve().verdict.status == "solved"


def test_what_no_repair_is_found_for_is_left_and_the_rest_mended() -> None:
    """The firmware has I/O windows for 8 bridges; 20 of the 28 would have to go, with all that is behind them."""
    mended = pcisolve.load(crowded(1, bridges=28)).repair()
    assert mended.done > 2
    assert [one.code for one in mended.verdict.findings] == ["io-limit"]
    assert mended.left == 1


def test_the_same_crowd_has_the_same_words() -> None:
    assert pcisolve.load(crowded(4)).explain() == pcisolve.load(crowded(4)).explain()
