"""The verdicts and layouts of a real libvirt 9.0.0, where its records are beside this checkout."""

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

pytestmark = [pytest.mark.corpus, pytest.mark.slow]
AS_LIBVIRT_9 = make_options(stage="libvirt", libvirt="9.0.0", policy="libvirt")


def _pcixml(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("pcixml", shared / "oracle" / "pcixml.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _solve(data: bytes) -> tuple[str, bytes | None]:
    try:
        result = pcisolve.load(data).solve(AS_LIBVIRT_9)
    except InputError:
        return "invalid", None
    return result.verdict.status, result.xml


def _differs(pcixml: ModuleType, data: bytes, layout: dict[str, Any] | None) -> str:
    status, xml = _solve(data)
    if layout is None:
        return "" if status in ("infeasible", "invalid") else f"{status}, libvirt refuses"
    if xml is None:
        return f"{status}, libvirt accepts"
    return "; ".join(pcixml.diff(layout, pcixml.layout(xml)))


def test_random_guests(shared: Path) -> None:
    pcixml = _pcixml(shared)
    wrong = {}
    with gzip.open(shared / "corpus" / "random" / "cases.jsonl.gz", "rt") as file:
        for line in file:
            row = json.loads(line)
            if row["verdict"] == "reject" and not row["error_class"].startswith("pci:"):
                continue
            layout = row["layout"] if row["verdict"] == "accept" else None
            difference = _differs(pcixml, row["input"].encode(), layout)
            if difference:
                wrong[row["id"]] = difference
    assert wrong == {}


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
