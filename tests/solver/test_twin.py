"""python-constraint2, with a model of its own, finds what CP-SAT finds on tiny guests."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pcisolve
from pcisolve.api.options import make_options
from tests.solver.twin import MODELS, Spot, Thing, fewest_added, is_feasible
from tests.support import QUIET, controller, domain, rng, sound

CHILDREN = {
    "q35": sorted(set(MODELS) - {"pci-root", "pcie-root", "pci-expander-bus"}),
    "pc": ["pci-bridge", "pci-expander-bus", "dmi-to-pci-bridge", "pcie-root-port"],
}
# libvirt adds a port of its own for these where they have no address: that is growth.
NEVER_OPEN = ("pcie-switch-upstream-port", "pcie-to-pci-bridge")
LIBVIRT = make_options(stage="libvirt", policy="libvirt")
MINIMAL = make_options(stage="libvirt", policy="minimal", keep="hotplug")


def _address(spot: Spot | None) -> str:
    return "" if spot is None else f"0:{spot[0]:x}:{spot[1]:x}.{spot[2]:x}"


def as_xml(machine: str, things: list[Thing]) -> bytes:
    """The same guest for pcisolve."""
    devices = []
    for one in things:
        if one.model:
            devices.append(controller(one.number, one.model, _address(one.asked)))
        else:
            devices.append((sound if one.kind == "pci" else rng)(_address(one.asked)))
    return domain(machine, QUIET + "".join(devices))


def _spot(highest: int) -> st.SearchStrategy[Spot]:
    slot_function = st.sampled_from(((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (3, 0), (31, 1), (31, 2)))
    spot = st.builds(lambda bus, rest: (bus, *rest), st.integers(0, highest), slot_function)
    return spot.filter(lambda one: one[:2] != (0, 0))


@st.composite
def fixed_guests(draw: st.DrawFn) -> tuple[str, list[Thing]]:
    """Nothing to add: every device has an address on a bus that is there, right or wrong."""
    machine = draw(st.sampled_from(("q35", "q35", "pc")))
    models = draw(st.lists(st.sampled_from(CHILDREN[machine]), max_size=4))
    things = []
    for index, model in enumerate(models, start=1):
        spots = _spot(len(models)) if model in NEVER_OPEN else st.one_of(st.none(), st.none(), _spot(len(models)))
        things.append(Thing(MODELS[model].needs, draw(spots), index, model))
    kinds = ("pci",) if machine == "pc" else ("pci", "pcie")
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=4)):
        things.append(Thing(kind, draw(_spot(len(models)))))
    return machine, things


@settings(max_examples=300)
@given(fixed_guests())
def test_same_feasibility(guest: tuple[str, list[Thing]]) -> None:
    verdict = pcisolve.load(as_xml(*guest)).solve(LIBVIRT).verdict
    assert verdict.status == ("solved" if is_feasible(*guest) else "infeasible")
    assert verdict.stats["added"] == 0


@st.composite
def growing_guests(draw: st.DrawFn) -> tuple[str, list[Thing]]:
    """Devices without an address, and some of the controllers they need."""
    machine = draw(st.sampled_from(("q35", "q35", "pc")))
    models = ("pcie-root-port", "pcie-root-port", "pci-bridge") if machine == "q35" else ("pci-bridge",)
    things = []
    if machine == "q35" and draw(st.booleans()):
        things += [Thing("port", None, 1, models[0]), Thing("pcie-to-pci", (1, 0, 0), 2, "pcie-to-pci-bridge")]
    for index in range(len(things) + 1, len(things) + 1 + draw(st.integers(0, 2))):
        things.append(Thing("port" if machine == "q35" else "bridge", None, index, models[0]))
    kinds = ("pci",) if machine == "pc" else ("pci", "pcie", "pcie")
    things += [Thing(kind) for kind in draw(st.lists(st.sampled_from(kinds), max_size=5))]
    return machine, things


@settings(max_examples=150)
@given(growing_guests())
def test_no_better_optimum(guest: tuple[str, list[Thing]]) -> None:
    guest_file = pcisolve.load(as_xml(*guest))
    minimal, libvirt = guest_file.solve(MINIMAL).verdict, guest_file.solve(LIBVIRT).verdict
    assert minimal.status == libvirt.status == "solved"
    assert minimal.proven
    assert fewest_added(*guest, limit=libvirt.stats["added"]) == minimal.stats["added"]


@pytest.mark.parametrize(
    ("things", "expected"),
    [
        ([Thing("pcie")], 1),
        ([Thing("pcie"), Thing("pcie")], 2),
        ([Thing("pci")], 2),
        ([Thing("pci"), Thing("pci"), Thing("pcie")], 3),
        ([Thing("port", None, 1, "pcie-root-port"), Thing("pci"), Thing("pcie")], 2),
    ],
)
def test_what_the_twin_itself_finds(things: list[Thing], expected: int) -> None:
    """The twin is worth comparing with only if it is right where the answer is plain."""
    assert fewest_added("q35", things, limit=5) == expected


OPEN_INDEXES = controller(0, "pci-root") + controller(5, "pci-root") + controller(None, "pci-bridge", "5:0:1.0")
OPEN_INDEXES += rng("5:9:2.0")  # on a bus that only the open index can provide


@pytest.mark.parametrize(
    ("policy", "data"),
    [
        ("libvirt", domain("pseries", OPEN_INDEXES)),
        ("minimal", domain("q35", "".join(rng() for _ in range(20)))),
    ],
)
def test_the_time_limit_is_unknown_and_never_infeasible(policy: str, data: bytes) -> None:
    options = make_options(policy=policy, time_limit=1e-9)
    result = pcisolve.load(data).solve(options)
    assert result.verdict.status == "unknown"
    assert (result.xml, result.verdict.findings, result.verdict.exit_code) == (None, (), 3)
