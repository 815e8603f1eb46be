"""The verdicts and layouts of real libvirts, 9.0.0, 11.3.0 and 12.8.0, where their records are beside this checkout."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.core.errors import InputError
from pcisolve.problem.problem import Options

pytestmark = [pytest.mark.corpus, pytest.mark.slow]
AS_LIBVIRT_9 = make_options(stage="libvirt", libvirt="9.0.0", policy="libvirt")
NEWER = {"cases": "12.8", "features": "12.8", "cases-11.3": "11.3"}


def _pcixml(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("pcixml", shared / "oracle" / "pcixml.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _solve(data: bytes, options: Options) -> tuple[str, bytes | None]:
    try:
        result = pcisolve.load(data).solve(options)
    except InputError:
        return "invalid", None
    return result.verdict.status, result.xml


def _differs(pcixml: ModuleType, data: bytes, layout: dict[str, Any] | None, options: Options = AS_LIBVIRT_9) -> str:
    status, xml = _solve(data, options)
    if layout is None:
        return "" if status in ("infeasible", "invalid") else f"{status}, libvirt refuses"
    if xml is None:
        return f"{status}, libvirt accepts"
    return "; ".join(pcixml.diff(layout, pcixml.layout(xml)))


def _wrong(shared: Path, path: Path, options: Options) -> dict[str, str]:
    """What differs in recorded guests, by id; what is refused for other reasons than PCI is left out."""
    pcixml = _pcixml(shared)
    wrong = {}
    with gzip.open(path, "rt") as file:
        for line in file:
            row = json.loads(line)
            if row["verdict"] == "reject" and not row["error_class"].startswith("pci:"):
                continue
            layout = row["layout"] if row["verdict"] == "accept" else None
            difference = _differs(pcixml, row["input"].encode(), layout, options)
            if difference:
                wrong[row["id"]] = difference
    return wrong


def test_random_guests(shared: Path) -> None:
    assert _wrong(shared, shared / "corpus" / "random" / "cases.jsonl.gz", AS_LIBVIRT_9) == {}


@pytest.mark.parametrize("name", NEWER)
def test_newer_versions(shared: Path, name: str) -> None:
    path = shared / "corpus" / "new" / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("no records of newer versions")
    assert _wrong(shared, path, AS_LIBVIRT_9._replace(libvirt=make_options(libvirt=NEWER[name]).libvirt)) == {}


def test_libvirts_own_suite(shared: Path) -> None:
    pcixml = _pcixml(shared)
    suite = shared / "corpus" / "libvirt-suite"
    wrong = {}
    for line in (suite / "index.jsonl").read_text().splitlines():
        row = json.loads(line)
        rejected = row["kind"] == "reject" and row["live"] == "reject"
        if not rejected and not (row["kind"] == "assign" and row["oracle"] == "xml2xml" and row["live_equal"]):
            continue
        layout = None if rejected else pcixml.layout((suite / row["expected"]).read_bytes())
        difference = _differs(pcixml, (suite / row["input"]).read_bytes(), layout)
        if difference:
            wrong[row["id"]] = difference
    assert wrong == {}
