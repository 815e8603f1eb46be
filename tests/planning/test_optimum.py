"""The optimum of random small plans is that of an independent model: every assignment tried by python-constraint2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from constraint import Problem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.planning.plans import small_models, solve

ROOT_SLOTS, BRIDGE_SLOTS = 3, 2
PORTS = 8


class Small(NamedTuple):
    """A small plan: sizes of the groups a, b, c; domains; relations; spare slots per domain; a limit."""

    sizes: tuple[int, ...]
    domains: int
    apart: tuple[tuple[int, ...], int] | None
    together: tuple[int, ...] | None
    pairs: bool
    spare: int
    limit: int | None

    def text(self, arch: str, machine: str) -> str:
        """As a plan file."""
        names = "abc"
        lines = [f"machine: {{arch: {arch}, type: {machine}}}", "scheme: multi-domain"]
        lines += [f"domains: [{{name: d, count: {self.domains}}}]", "devices:"]
        lines += [f"  - {{name: {names[n]}, kind: virtio-net, count: {size}}}" for n, size in enumerate(self.sizes)]
        relations = []
        if self.apart is not None:
            groups = ", ".join(names[n] for n in self.apart[0])
            relations.append(f"{{apart: [{groups}], on: domain, at-most: {self.apart[1]}}}")
        if self.together is not None:
            relations.append(f"{{together: [{', '.join(names[n] for n in self.together)}], on: domain}}")
        if self.pairs:
            relations.append("{together: [a, b], on: domain, pairwise: true}")
        lines.append(f"relations: [{', '.join(relations)}]")
        if self.spare:
            lines.append(f"spare: [{{kind: pcie, count: {self.spare}, per: domain, hotplug: true}}]")
        if self.limit is not None:
            lines.append(f"limits: {{controllers: {self.limit}}}")
        lines.append("prefer: [controllers, spread]")
        return "\n".join(lines) + "\n"


@st.composite
def smalls(draw: st.DrawFn) -> Small:
    """Plans of at most eight devices on at most three domains."""
    sizes = tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    groups = st.lists(st.integers(0, len(sizes) - 1), min_size=1, max_size=2, unique=True).map(tuple)
    pairs = len(sizes) > 1 and sizes[0] == sizes[1] and draw(st.booleans())
    return Small(
        sizes=sizes,
        domains=draw(st.integers(1, 3)),
        apart=draw(st.none() | st.tuples(groups, st.integers(1, 3))),
        together=draw(st.none() | groups),
        pairs=pairs,
        spare=draw(st.integers(0, 2)),
        limit=draw(st.none() | st.integers(2, 9)),
    )


def assignments(small: Small) -> Iterator[list[Counter[int]]]:
    """For each group how many devices each domain has, for every way that the relations allow."""
    problem = Problem()
    devices = [(group, rank) for group, size in enumerate(small.sizes) for rank in range(size)]
    problem.addVariables(devices, range(small.domains))
    if small.pairs:
        for rank in range(small.sizes[0]):
            problem.addConstraint(lambda one, other: one == other, [(0, rank), (1, rank)])
    for solution in problem.getSolutions():
        counts = [Counter(solution[one] for one in devices if one[0] == group) for group in range(len(small.sizes))]
        if small.together is not None and len({d for group in small.together for d in counts[group]}) > 1:
            continue
        if small.apart is not None:
            groups, most = small.apart
            if any(sum(counts[group][d] for group in groups) > most for d in range(small.domains)):
                continue
        yield counts


def conventional(slots: int) -> int | None:
    """Fewest bridges below a conventional root for so many slots: each takes one and gives BRIDGE_SLOTS."""
    return max(0, -(-(slots - ROOT_SLOTS) // (BRIDGE_SLOTS - 1)))


def express(slots: int) -> int | None:
    """Fewest ports and switches below an express root with PORTS ports: a switch takes a port and gives 32 slots."""
    if slots <= PORTS:
        return slots
    return min(
        (slots + 2 * switches for switches in range(1, PORTS + 1) if slots - 32 * switches + switches <= PORTS),
        default=None,
    )


def brute(small: Small, below: object) -> tuple[int, int] | None:
    """The fewest controllers, and then the fewest devices of the fullest domain; None when nothing fits."""
    found = []
    for counts in assignments(small):
        loads = [sum(one[d] for one in counts) for d in range(small.domains)]
        added = [below(load + small.spare) for load in loads]  # type: ignore[operator]
        if None not in added:
            found.append((small.domains + sum(added), max(loads)))
    found = [one for one in found if small.limit is None or one[0] <= small.limit]
    return min(found, default=None)


@pytest.fixture(scope="module")
def small_pseries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_models(
        tmp_path_factory.mktemp("pseries"), {"pci-root": (1, ROOT_SLOTS), "pci-bridge": (1, BRIDGE_SLOTS)}
    )


@pytest.fixture(scope="module")
def small_virt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_models(tmp_path_factory.mktemp("virt"), {"pcie-root": (1, 1)})


def agrees(small: Small, text: str, models: Path, below: object) -> None:
    answer = solve(text, models)
    best = brute(small, below)
    if best is None:
        assert answer.verdict.status == "infeasible", text
        assert answer.verdict.findings[0].minimal
    else:
        assert answer.verdict.status == "solved" and answer.verdict.proven, (text, answer.verdict.findings)
        assert tuple(value for _, value, _ in answer.levels) == best, text


QUICK = settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LONG = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@QUICK
@given(small=smalls())
def test_conventional_optimum(small: Small, small_pseries: Path) -> None:
    agrees(small, small.text("ppc64", "pseries"), small_pseries, conventional)


@QUICK
@given(small=smalls())
def test_express_optimum(small: Small, small_virt: Path) -> None:
    agrees(small, small.text("aarch64", "virt"), small_virt, express)


@pytest.mark.slow
@LONG
@given(small=smalls())
def test_conventional_optimum_at_length(small: Small, small_pseries: Path) -> None:
    agrees(small, small.text("ppc64", "pseries"), small_pseries, conventional)


@pytest.mark.slow
@LONG
@given(small=smalls())
def test_express_optimum_at_length(small: Small, small_virt: Path) -> None:
    agrees(small, small.text("aarch64", "virt"), small_virt, express)
