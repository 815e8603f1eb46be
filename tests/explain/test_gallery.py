"""A gallery of refused guests, each beside what is said of it: read it as one who has a guest down.

To write the texts anew after words have changed, run this file with GALLERY=write in the environment and read the
diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import pcisolve
from pcisolve.api.guest import Guest
from pcisolve.render.findings import full
from pcisolve.verdict.values import FactAt

GALLERY = Path(__file__).parent / "gallery"
GUESTS = sorted(GALLERY.glob("*.xml"))


def told(guest: Guest) -> str:
    """What `pcisolve check` prints."""

    def line(fact: FactAt) -> str:
        return guest.document.line(fact.line)

    return full(guest.explain(), line)


@pytest.fixture(autouse=True)
def in_the_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that files are called by their names alone."""
    monkeypatch.chdir(GALLERY)


@pytest.mark.parametrize("guest", GUESTS, ids=lambda path: path.stem)
def test_every_word(guest: Path) -> None:
    text = told(pcisolve.load(guest.name))
    golden = guest.with_suffix(".txt")
    if os.environ.get("GALLERY") == "write":
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("guest", GUESTS, ids=lambda path: path.stem)
def test_every_repair_holds_and_none_is_larger_than_needed(guest: Path) -> None:
    """Where there is one finding, the guest is sound once its first repair is made."""
    loaded = pcisolve.load(guest.name)
    findings = loaded.explain()
    assert findings
    assert all(one.repairs for one in findings)
    assert loaded.repair().removes == ()
    mended = loaded.repair(unsafe=True)
    assert mended.left == 0
    assert mended.verdict.status == "solved"
    assert pcisolve.load(mended.data).solve().verdict.status == "solved"


def test_the_gallery_is_large() -> None:
    assert len(GUESTS) >= 25
    assert {path.stem for path in GALLERY.glob("*.txt")} == {path.stem for path in GUESTS}


def test_unrelated_faults_are_told_one_by_one() -> None:
    findings = pcisolve.load("fourteen-faults.xml").explain()
    assert len(findings) == 14
    assert all(one.minimal for one in findings)
