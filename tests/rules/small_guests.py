"""Tiny guests, right and wrong ones, and every small change of where their parts are."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.firstfit.values import fill_values
from pcisolve.problem.choice import Choice, Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.rule import Question
from tests.support import QUIET, Steps, balloon, controller, domain, rng, sound, steps

ROOT = controller(5, "pcie-root")
PORT = "pcie-root-port"
GUESTS = {
    "q35 ports": ("q35", controller(1, PORT) + controller(2, PORT) + balloon("0:1:0.0") + rng()),
    "q35 flat mistakes": ("q35", controller(1, PORT) + balloon("0:1:1.0") + rng("0:0:1f.0") + sound("0:0:1f.2")),
    "q35 duplicate index": ("q35", controller(1, PORT) + controller(1, PORT, "0:0:3.0") + balloon()),
    "q35 no model": ("q35", "<controller type='pci' index='1'/>" + balloon("0:1:0.0")),
    "q35 unknown model": ("q35", "<controller type='pci' index='1' model='port'/>" + balloon("0:1:0.0")),
    "q35 switch": (
        "q35",
        controller(1, PORT) + controller(2, "pcie-switch-upstream-port") + controller(3, "pcie-switch-downstream-port"),
    ),
    "q35 stranded": ("q35", controller(1, "pcie-switch-downstream-port") + balloon("0:0:3.0")),
    "q35 expander": ("q35", controller(1, "pcie-expander-bus") + controller(2, PORT, "0:1:0.0") + balloon("0:2:0.0")),
    "q35 narrow window": (
        "q35",
        controller(1, "pcie-expander-bus", inside="<target busNr='254'/>")
        + controller(2, PORT, "0:1:0.0")
        + controller(3, PORT, "0:1:1.0"),
    ),
    "pc functions": (
        "pc",
        "<rng model='virtio'><acpi index='1'/><address type='pci' slot='3' multifunction='off'/></rng>"
        "<rng model='virtio'><acpi index='1'/><address type='pci' slot='4' function='1'/></rng>"
        + controller(1, "pci-bridge"),
    ),
    "q35 wrong expander": ("q35", controller(1, "pci-expander-bus", inside="<target busNr='0'/>")),
    "q35 iommu": ("q35", controller(1, PORT) + "<iommu model='virtio'/>" + balloon("0:1:0.0")),
    "q35 sata": ("q35", "<controller type='sata' index='0'/>" + balloon("0:0:1f.2") + rng("0:0:1f.2")),
    "q35 two roots, flat": ("q35", ROOT + balloon("0:0:3.0")),
    "q35 settings": ("q35", controller(1, PORT, inside="<target chassis='256' busNr='3'><node>1</node></target>")),
    "pc bridges": ("pc", controller(1, "pci-bridge") + controller(2, "pci-bridge", "0:1:3.0") + balloon("0:2:1.0")),
    "pc bridge order": ("pc", controller(1, "pci-bridge", "0:2:3.0") + controller(2, "pci-bridge") + sound()),
    "pc itself": ("pc", controller(1, "pci-bridge", "0:1:3.0") + rng("0:1:3.0") + sound("0:1:3.1")),
    "pc expander": ("pc", controller(1, "pci-expander-bus") + controller(2, "pci-bridge", "0:1:0.0") + sound()),
    "pc ide": ("pc", "<controller type='ide' index='0'/><controller type='ide' index='1'/>" + balloon("0:0:1.1")),
    "pseries hosts": ("pseries", controller(1, "pci-root") + controller(2, "pci-root") + balloon("0:2:1.0") + rng()),
    "virt": ("virt", controller(1, PORT) + controller(2, PORT) + balloon() + rng("0:2:0.0")),
    "s390": ("s390", controller(1, "pci-bridge") + balloon("0:1:1.0") + rng("0:1:1.1")),
    "s390 ids": (
        "s390",
        "".join(
            f"<rng model='virtio'><address type='pci'><zpci uid='{uid}' fid='1'/></address></rng>" for uid in (0, 3)
        ),
    ),
    "isapc": ("isapc", balloon()),
    "domains": (
        "q35",
        ROOT + controller(6, PORT, "5:0:1.0") + controller(7, PORT, "0:0:1.0") + balloon("5:6:0.0") + rng("0:7:0.0"),
    ),
    "domains, below": (
        "q35",
        ROOT
        + controller(3, PORT, "5:0:1.0")
        + controller(4, "pcie-switch-upstream-port", "5:3:0.0")
        + balloon("5:0:3.0"),
    ),
    "domains, itself": ("q35", ROOT + controller(7, PORT, "5:7:0.0") + balloon("5:0:3.0")),
    "domains, circle": (
        "q35",
        ROOT + controller(7, PORT, "5:8:0.0") + controller(8, PORT, "5:7:0.0") + balloon("5:0:3.0"),
    ),
    "domains, lookups": (
        "q35",
        ROOT + controller(7, PORT, "5:0:1.0") + balloon("0:7:0.0") + rng("4:7:0.0") + rng("5:9:0.0") + sound("0:5:1.0"),
    ),
    "domains, not root 0": ("q35", controller(0, PORT) + ROOT + balloon("5:0:3.0")),
    "domains, open": ("q35", ROOT + controller(6, PORT) + controller(7, PORT) + balloon("5:0:3.0") + rng()),
    "domains, pseries": (
        "pseries",
        controller(5, "pci-root") + controller(6, "pci-bridge", "5:0:1.0") + rng("5:6:1.0"),
    ),
}
SPOTS = ((0, 0), (1, 0), (1, 1), (31, 0))


def small_guest(name: str) -> Steps:
    """A guest of the family, up to its first-fit layout; no USB controller and no balloon but its own."""
    machine, devices = GUESTS[name]
    quiet = QUIET.removesuffix("<memballoon model='none'/>") if "memballoon" in devices else QUIET
    return steps(domain(machine, quiet + devices))


def moved(problem: Problem, before: Choice, part: Part, place: Place) -> tuple[Question, Layout]:
    """The same layout with one part elsewhere, and the question whose cases belong to it."""
    choice = Choice()
    choice.added, choice.chipset, choice.moved = before.added, before.chipset, before.moved
    choice.failures = [one for one in before.failures if one.rule in ("alg-find", "no-pci-buses")]
    choice.places = {**before.places, part: place}
    fill_values(problem, choice)
    return Question(problem, choice), Layout(problem, choice)


def variations(guest: Steps) -> Iterator[tuple[Question, Layout]]:
    """The first-fit layout, then every layout in which one part sits at another small place."""
    yield guest.question, guest.layout
    choice = guest.question.choice
    for part, place in choice.places.items():
        for one in guest.question.controllers:
            for slot, function in SPOTS:
                other = Place(one.index, slot, function)
                if other != place:
                    yield moved(guest.problem, choice, part, other)
