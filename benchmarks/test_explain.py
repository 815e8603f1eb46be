"""A conflict planted in a guest of 960 devices, and in one of 16,000 controllers over 64 domains.

Run with `make bench`. Goals on one core, in process: a minimal explanation in 0.3 s and with repairs 0.5 s beyond the
check that finds the fault; in the large guest 2 s with the check.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.planted import PLANTED, many_domains
from pcisolve.catalog.catalog import NEWEST, load_catalog
from pcisolve.explain.conflicts import gather
from pcisolve.explain.minimal import proved
from pcisolve.explain.trials import Outcome, Trials, outcome_of
from pcisolve.libvirt.container import read
from pcisolve.ops.refuse import Refused
from pcisolve.problem.problem import Options
from pcisolve.solver.judge import judge

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

CATALOG = load_catalog(None, NEWEST)
OPTIONS = Options(stage="libvirt")
GUESTS = {**PLANTED, "16,000 controllers": many_domains}


def _outcome(name: str) -> Outcome:
    document = read(GUESTS[name]())
    document.spans  # noqa: B018  # where lines are is found once, whoever asks first
    outcome = outcome_of(judge(document.root, document, CATALOG, OPTIONS))
    assert outcome is not None
    return outcome


@pytest.mark.parametrize("name", GUESTS)
def test_explain(benchmark: BenchmarkFixture, name: str) -> None:
    outcome = _outcome(name)
    problem = outcome.question.problem
    proofs = benchmark(lambda: [proved(problem, one, Trials(problem)) for one in gather(outcome.told)])
    assert any(one is not None for one in proofs)


@pytest.mark.parametrize("name", GUESTS)
def test_explain_and_repair(benchmark: BenchmarkFixture, name: str) -> None:
    outcome = _outcome(name)
    findings = benchmark(lambda: Refused(outcome).findings())
    assert findings
    assert all(one.repairs for one in findings)


def test_check_of_16_000_controllers(benchmark: BenchmarkFixture) -> None:
    document = read(many_domains())
    judged = benchmark.pedantic(judge, (document.root, document, CATALOG, OPTIONS), rounds=3)
    assert judged.broken
