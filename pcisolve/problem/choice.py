"""What a first-fit run comes to."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import NamedTuple

from pcisolve.core.address import Address
from pcisolve.problem.parts import Controller, Part, ZpciIds


class Place(NamedTuple):
    """A slot and function on the bus that the controller with index `provider` provides."""

    provider: int
    slot: int
    function: int


class Failure(NamedTuple):
    """The search gave up on a part; the rule says why."""

    rule: str
    part: Part


class Kept(NamedTuple):
    """What stays as it was in an earlier layout, of parts whose address the input leaves open (--policy stable).

    Attributes:
        places: where they stay; they are there before anything is searched for.
        targets: the <target> options of controllers, which are filled in as they were.
        multifunction: the parts whose address said multifunction='on'.
        zpci: the zPCI ids of parts, which they keep even where the address changes.
    """

    places: Mapping[Part, Place] = {}
    targets: Mapping[Controller, Mapping[str, int]] = {}
    multifunction: Set[Part] = frozenset()
    zpci: Mapping[Part, ZpciIds] = {}


class Choice:
    """Places by part, controllers added, and every value libvirt fills in.

    `places` holds explicit and chosen places; `moved` the explicit addresses that growth changes
    (rule explicit-bus-bumped), by what they become; `chipset` the parts the chipset step has placed, whose
    zPCI ids libvirt forgets with their old address; `kept` what stays as it was.
    """

    def __init__(self, kept: Kept = Kept()) -> None:  # noqa: B008  # nobody changes it
        self.kept = kept
        self.places: dict[Part, Place] = {}
        self.chipset: set[Part] = set()
        self.added: list[Controller] = []
        self.moved: dict[Part, Place] = {}
        self.failures: list[Failure] = []
        self.multifunction: set[Part] = set()
        self.targets: dict[Controller, dict[str, int]] = {}
        self.zpci: dict[Part, ZpciIds] = {}
        self.addresses: dict[Part, Address] = {}
