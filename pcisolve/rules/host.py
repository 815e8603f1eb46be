"""Devices of the host that are given to the guest."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Part
from pcisolve.rules.rule import Point, Question, Rule, Telling, name_of


class HostDeviceOnce(Rule[tuple[Part, ...]]):
    """One device of the host is given to a guest once."""

    placeless = True

    id = "hostdev-duplicate"
    common = True
    source = "libvirt src/conf/domain_postparse.c, tried with 9.0.0"
    allows = (
        "q35: <hostdev mode='subsystem' type='pci'><source><address bus='6' slot='1'/></source></hostdev>"
        "<hostdev mode='subsystem' type='pci'><source><address bus='6' slot='2'/></source></hostdev>",
    )
    forbids = (
        "q35: <hostdev mode='subsystem' type='pci'><source><address bus='6' slot='1'/></source></hostdev>"
        "<hostdev mode='subsystem' type='pci'><source><address bus='6' slot='1'/></source></hostdev>",
    )

    def cases(self, question: Question) -> list[tuple[Part, ...]]:
        holders: dict[tuple[str, ...], list[Part]] = {}
        for kind in ("interface", "hostdev"):
            for part in question.problem.by_kind(kind):
                host = _host_device(part)
                if host is not None:
                    holders.setdefault(host, []).append(part)
        return [tuple(parts) for parts in holders.values() if len(parts) > 1]

    def check(self, layout: Layout, case: tuple[Part, ...]) -> bool:
        return len({_host_device(part) for part in case}) == len(case)

    def tell(self, question: Question, case: tuple[Part, ...]) -> Telling:
        host = _host_device(case[0]) or ()
        points = [_host_point(case[-1]), *(_host_point(part, "has it already") for part in case[:-1])]
        return Telling(f"the host device {' '.join(host)} is given to the guest {len(case)} times", tuple(points))


def _host_point(part: Part, role: str = "") -> Point:
    node = part.view.find("source/address") or part.node or part.view
    return Point(node, "", role)


def _host_device(part: Part) -> tuple[str, ...] | None:
    """What identifies the host's device, in normal form."""
    if part.host is not None:
        return ("pci", str(part.host))
    uuid = part.view.get("source/address/uuid") if part.view.get("type") == "mdev" else None
    return ("mdev", uuid.lower()) if uuid else None


class HostAddress(Rule[Part]):
    """The address of a host device has a bus of 8, a slot of 5 and a function of 3 bits; its domain has 32.

    Whatever scheme the guest uses: these are numbers of the host.
    """

    placeless = True

    id = "host-address"
    source = "libvirt src/util/virpci.c virPCIDeviceAddressIsValid, tried with 9.0.0; rfc-dep-bus-8bit"
    allows = ("q35: <hostdev type='pci'><source><address bus='0xff' slot='0x1f'/></source></hostdev>",)
    forbids = ("q35: <hostdev type='pci'><source><address bus='0x100' slot='0'/></source></hostdev>",)

    def cases(self, question: Question) -> Iterable[Part]:
        return [part for part in question.problem.parts if part.host is not None]

    def check(self, layout: Layout, case: Part) -> bool:
        return case.host is None or (case.host.bus < 256 and case.host.slot < 32 and case.host.function < 8)

    def tell(self, question: Question, case: Part) -> Telling:
        message = f"{name_of(case)} names the host device {case.host}; bus, slot and function are at most ff, 1f and 7"
        return Telling(message, (_host_point(case),))


RULES: tuple[Rule[Part] | Rule[tuple[Part, ...]], ...] = (HostDeviceOnce(), HostAddress())
