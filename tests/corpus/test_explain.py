"""What libvirt 9.0.0 refuses for a PCI reason: a finding at the element at fault, and a repair that holds."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import pcisolve
from pcisolve.api.options import make_options

OPTIONS = make_options(stage="libvirt", libvirt="9.0.0")
SHARE = 0.99
SAFE_SHARE = 0.82  # what can be mended without taking or moving anything


def refused(shared: Path) -> Iterator[bytes]:
    """The guests that a real libvirt refuses for a PCI reason."""
    with gzip.open(shared / "corpus" / "random" / "cases.jsonl.gz", "rt") as lines:
        for line in lines:
            case = json.loads(line)
            if case["verdict"] == "reject" and case["error_class"].startswith("pci:"):
                yield case["input"].encode()


def devices(data: bytes) -> Counter[str]:
    """How many there are of each sort of device and controller."""
    found = pcisolve.load(data).document.root.first("devices")
    return Counter(f"{one.tag} {one.get('type') if one.tag == 'controller' else ''}" for one in found.children)


@pytest.mark.corpus
@pytest.mark.slow
def test_what_is_refused_is_explained_and_mended(shared: Path) -> None:
    guests = list(refused(shared))
    repaired = safe = sound = 0
    for data in guests:
        guest = pcisolve.load(data)
        findings = guest.explain(OPTIONS)
        assert findings
        assert all(one.facts for one in findings)
        repaired += any(one.repairs for one in findings)
        mended = guest.repair(OPTIONS)
        safe += mended.verdict.status == "solved"
        assert not devices(data) - devices(mended.data)
        sound += guest.repair(OPTIONS, unsafe=True).verdict.status == "solved"
    assert repaired >= SHARE * len(guests)
    assert safe >= SAFE_SHARE * len(guests)
    assert sound >= SHARE * len(guests)
