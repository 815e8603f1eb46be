"""Where the open parts of a guest may be: buses that exist or may be added, and classes of alike parts.

Alike buses are one host, and alike parts one class, so that two thousand disks cost what one costs. What is fixed
(addresses of the input, the chipset's own places) is taken out of the hosts' room beforehand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.problem.parts import Controller, Part

PORT, CONTROLLER, ENDPOINT = "port", "controller", "endpoint"


class Host:
    """Alike buses: of controllers that exist, or of one model that may be added below a root.

    Attributes:
        number: its position among the hosts.
        site: the number of the root or expander it is at, or below.
        model: what provides such a bus.
        members: the controllers that exist; () where they may be added.
        optional: the members are there because first fit added them; the layout may do without.
        above: the number of the host that optional members are plugged into.
        slots: slots of each bus that nothing fixed is in.
        functions: free functions of slots that fixed root ports share (of all members).
        most: how many of them there may be.
        floats: its one member may be below other sites too, each of which has a host for it.
    """

    __slots__ = (
        "above",
        "floats",
        "functions",
        "members",
        "model",
        "most",
        "number",
        "optional",
        "site",
        "slots",
    )

    def __init__(self, number: int, site: int, model: ControllerModel, members: Sequence[Controller] = ()) -> None:
        self.number, self.site, self.model = number, site, model
        self.members = tuple(members)
        self.optional = self.floats = False
        self.above: int | None = None
        self.slots = model.max_slot - model.min_slot + 1
        self.functions = 0
        self.most = len(self.members)

    @property
    def added(self) -> bool:
        """Whether these are controllers that may be added."""
        return not self.members

    @property
    def hotplug(self) -> bool:
        """Whether endpoints may be plugged in while the guest runs."""
        return self.members[0].hotplug if self.members else self.model.hotplug


class PartClass(NamedTuple):
    """Alike open parts.

    Attributes:
        parts: in the order in which libvirt serves them.
        role: PORT (shares slots with its like), CONTROLLER or ENDPOINT.
        unasked: hosts where libvirt's own search would put them, by number.
        written: hosts where it accepts them with an address.
        reference: where first fit has them: how many, by host.
        express: libvirt would put them on PCI Express.
        shares: whether one may be a function of a slot with others.
        io: hosts on which each has I/O ports.
    """

    parts: tuple[Part, ...]
    role: str
    unasked: frozenset[int]
    written: frozenset[int]
    reference: dict[int, int]
    express: bool
    shares: bool
    io: frozenset[int]

    @property
    def placed(self) -> int:
        """How many of them first fit has placed."""
        return sum(self.reference.values())


class Space(NamedTuple):
    """A guest as hosts and classes.

    Attributes:
        growth: models that may be added below a root.
        usual: the names of those that libvirt's own search adds.
        tops: the root or expander of each site; a further site is for roots that may be added.
        written: whether controllers are added wherever libvirt accepts them with an address, not only where it would.
        domains: sites by PCI domain.
        given: indexes that are in use whatever is decided.
        least: controllers there have to be, so that no index is left out.
        filled: hosts with a fixed bridge on them that gets a window of I/O ports in any case.
        io: hosts with a fixed device on them that has I/O ports.
        loose: open controllers are counted where first fit has them, as they are too many: nothing is proved by it.
    """

    hosts: list[Host]
    classes: list[PartClass]
    growth: list[ControllerModel]
    usual: frozenset[str]
    written: bool
    tops: list[Controller]
    domains: list[list[int]]
    given: frozenset[int]
    least: int
    filled: frozenset[int]
    io: frozenset[int]
    loose: bool
