"""What libvirt 9.0.0 refuses for a PCI reason: a finding at the element at fault, and a repair that holds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import pcisolve
from pcisolve.api.guest import make_options

OPTIONS = make_options(stage="libvirt", libvirt="9.0.0")
SHARE = 0.99


def refused(shared: Path) -> Iterator[bytes]:
    """The guests that a real libvirt refuses for a PCI reason."""
    with gzip.open(shared / "corpus" / "random" / "cases.jsonl.gz", "rt") as lines:
        for line in lines:
            case = json.loads(line)
            if case["verdict"] == "reject" and case["error_class"].startswith("pci:"):
                yield case["input"].encode()


@pytest.mark.corpus
@pytest.mark.slow
def test_what_is_refused_is_explained_and_mended(shared: Path) -> None:
    guests = list(refused(shared))
    repaired = sound = 0
    for data in guests:
        guest = pcisolve.load(data)
        findings = guest.explain(OPTIONS)
        assert findings
        assert all(one.facts for one in findings)
        repaired += any(one.repairs for one in findings)
        sound += guest.repair(OPTIONS).verdict.status == "solved"
    assert repaired >= SHARE * len(guests)
    assert sound >= SHARE * len(guests)
