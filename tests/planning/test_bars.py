"""BARs in a plan: what devices of the host decode counts in the plan's check."""

from __future__ import annotations

import pytest

import pcisolve

PLAN = """machine: {{arch: x86_64, type: q35}}
devices:
  - {{name: gpu, kind: hostdev-pcie, count: 8, bar: {{{}}}}}
"""


def codes(bar: str) -> list[tuple[str, int | None]]:
    verdict = pcisolve.load(PLAN.format(bar).encode(), name="plan.yaml").solve().verdict
    return [(one.code, one.facts[0].line) for one in verdict.findings if one.severity == "error"]


@pytest.mark.parametrize("bar", ["mem32: 16M", "mem32: 64M, mem64: 64G", "mem64: 256G", "mem32: 16MiB"])
def test_what_fits_is_laid_out(bar: str) -> None:
    assert codes(bar) == []


@pytest.mark.parametrize("bar", ["mem32: 128M", "mem32: 16M, mem64: 1G, prefetch: false"])
def test_what_does_not_is_told_with_the_plan_s_line(bar: str) -> None:
    assert codes(bar) == [("memory-below-4g", 3)]


@pytest.mark.parametrize("bar", ["mem32: 17M", "mem32: 4G", "mem64: 0", "mem64: much", "mem64: -1G"])
def test_a_size_is_a_power_of_two(bar: str) -> None:
    assert codes(bar) == [("plan-range", 3)]
