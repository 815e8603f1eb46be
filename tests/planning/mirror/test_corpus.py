"""The hosts of the corpus, mirrored whole: the table of docs/hosts.md says what is kept. DOCS=write writes it anew."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from pcisolve.host.classes import word
from pcisolve.host.read import read
from tests.planning.mirror.test_mirrored import plan, relations, told
from tests.planning.plans import solve

PAGE = Path(__file__).resolve().parents[3] / "docs" / "hosts.md"
KINDS = ("gpu", "nic", "nvme", "storage")
HEAD = "| host | gpu | nic | nvme | storage | controllers | pairs | kept |\n|---|---|---|---|---|---|---|---|\n"
pytestmark = pytest.mark.corpus


def row(path: Path) -> str:
    """A host's line of the table, by the pairs one by one."""
    counted = Counter(word(one) for one in read(path).functions if not one.is_bridge)
    there = [kind for kind in KINDS if counted[kind]]
    answer = solve(plan(path, f"{{class: [{', '.join(there)}]}}"))
    assert answer.layout is not None, told(answer)
    pairs = relations(path, answer)
    kept = sum(here == guest for here, guest in pairs.values())
    assert (kept == len(pairs)) == (not told(answer))
    numbers = [*(counted[kind] for kind in KINDS), len(answer.layout.controllers), len(pairs), kept]
    return f"| {path.name} | {' | '.join(str(number) for number in numbers)} |\n"


def test_the_table_says_what_is_kept(shared: Path) -> None:
    hosts = shared / "corpus" / "hosts"
    if not hosts.is_dir():
        pytest.skip("no hosts")
    rows = [row(path) for path in sorted(hosts.iterdir()) if path.suffix != ".md"]
    text = PAGE.read_text(encoding="utf-8")
    begin = text.index(HEAD) + len(HEAD)
    end = begin
    while text.startswith("|", end):
        end = text.index("\n", end) + 1
    if os.environ.get("DOCS") == "write":
        PAGE.write_text(text[:begin] + "".join(rows) + text[end:], encoding="utf-8")
        return
    assert text[begin:end] == "".join(rows)
