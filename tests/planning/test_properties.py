"""Whatever a plan wishes for, the answer is a guest that holds or a reason; never a layout that the check refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pcisolve
from tests.planning.plans import solve

MACHINES = {
    "{arch: x86_64, type: q35}": ("flat", "multi-domain"),
    "{arch: x86_64, type: pc}": ("flat",),
    "{arch: aarch64, type: virt}": ("flat", "multi-domain"),
    "{arch: ppc64, type: pseries}": ("flat", "multi-domain"),
}
KINDS = ("virtio-net", "virtio-disk", "e1000", "hostdev-pcie", "qemu-xhci", "rng")


@st.composite
def plans(draw: st.DrawFn) -> str:
    """Plans of up to four groups, with some of everything a plan can wish for."""
    machine = draw(st.sampled_from(sorted(MACHINES)))
    scheme = draw(st.sampled_from(MACHINES[machine]))
    roots = scheme == "flat" and "pseries" not in machine and draw(st.booleans())
    domains = (scheme == "multi-domain" or "pseries" in machine) and draw(st.booleans())
    lines = [f"machine: {machine}", f"scheme: {scheme}"]
    if roots:
        lines.append(f"roots: [{{name: r, count: {draw(st.integers(1, 3))}, numa: 0}}]")
    if domains:
        index = draw(st.sampled_from(("", ", index: 0", ", index: 3")))
        lines.append(f"domains: [{{name: a, count: {draw(st.integers(1, 4))}}}, {{name: b{index}}}]")
    names = "wxyz"[: draw(st.integers(1, 4))]
    lines.append("devices:")
    lines += [draw(devices(name, roots=roots, domains=domains)) for name in names]
    lines.append(f"relations: [{', '.join(draw(st.lists(relations(names), max_size=2)))}]")
    if draw(st.booleans()):
        per = draw(st.sampled_from(("guest", "domain", "root")))
        kind, hot = draw(st.sampled_from(("pcie", "pci"))), draw(st.booleans())
        lines.append(f"spare: [{{kind: {kind}, count: 2, per: {per}, hotplug: {str(hot).lower()}}}]")
    if draw(st.booleans()):
        lines.append(f"limits: {{controllers: {draw(st.integers(1, 60))}}}")
    return "\n".join(lines) + "\n"


@st.composite
def devices(draw: st.DrawFn, name: str, *, roots: bool, domains: bool) -> str:
    """One group."""
    words = [f"name: {name}", f"kind: {draw(st.sampled_from(KINDS))}", f"count: {draw(st.integers(1, 30))}"]
    where = draw(st.sampled_from(("", "root: r" if roots else "", "domain: a" if domains else "")))
    packed = draw(st.sampled_from(("", "", "multifunction: true")))
    isolated = draw(st.sampled_from(("", "", "", "isolation: one")))
    return f"  - {{{', '.join([*words, *(one for one in (where, packed, isolated) if one)])}}}"


@st.composite
def relations(draw: st.DrawFn, names: str) -> str:
    """One relation."""
    groups = ", ".join(draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)))
    unit = draw(st.sampled_from(("domain", "root", "switch", "slot")))
    if draw(st.booleans()):
        return f"{{together: [{groups}], on: {unit}}}"
    return f"{{apart: [{groups}], on: {unit}, at-most: {draw(st.integers(1, 12))}}}"


def holds(text: str) -> None:
    """Solved, and then accepted by `check` and left alone by `solve`; or refused with a reason."""
    answer = solve(text, options=pcisolve.make_options(time_limit=600.0))
    status = answer.verdict.status
    assert status in ("solved", "infeasible", "invalid", "unknown"), text
    if status != "solved":
        assert status == "unknown" or answer.verdict.findings, text
        return
    assert answer.xml is not None
    again = pcisolve.load(answer.xml)
    scheme = pcisolve.make_options(scheme=answer.verdict.scheme)  # no address need name a domain that is empty
    assert again.check(scheme).status == "solved", text
    assert again.solve(scheme).xml == answer.xml, text


@settings(max_examples=10)
@given(plans())
def test_the_answer_holds(text: str) -> None:
    holds(text)


@pytest.mark.slow
@settings(max_examples=60)
@given(plans())
def test_the_answer_holds_at_length(text: str) -> None:
    holds(text)
