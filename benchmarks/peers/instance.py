"""The planning instances that every peer gets, and what an answer is."""

from __future__ import annotations

from itertools import count, islice
from typing import NamedTuple

SLOTS = range(1, 32)  # of a PCI root bus; slot 0 is taken
OPTIMAL, INFEASIBLE, UNKNOWN = "optimal", "infeasible", "unknown"
CONSOLE = ("console", 0)  # has its place: domain 0, slot 5
CONSOLE_PLACE = (0, 5)

Device = tuple[str, int]  # its group and rank
Place = tuple[int, int]  # PCI domain and slot


class Instance(NamedTuple):
    """A guest of several PCI domains: disks, cards each with the NIC of its rank in one domain, and a console.

    To be found: a domain and slot for every device, so that the fullest domain has as few devices as possible.

    Attributes:
        domains: how many PCI domains there are, each of one bus.
        disks: how many.
        pairs: how many cards, and NICs.
        most_disks: how many disks one domain may have.
    """

    domains: int
    disks: int
    pairs: int
    most_disks: int

    @property
    def devices(self) -> list[Device]:
        """All of them, the console first."""
        groups = (("disk", self.disks), ("card", self.pairs), ("nic", self.pairs))
        return [CONSOLE, *((name, rank) for name, count in groups for rank in range(count))]


class Answer(NamedTuple):
    """What a peer found: a word, the fullest domain's devices, and where everything is."""

    status: str
    fullest: int = 0
    places: dict[Device, Place] = {}  # noqa: RUF012  # nobody changes it


def instance(devices: int, domains: int) -> Instance:
    """One of so many devices, a third of them in pairs."""
    pairs = devices // 6
    disks = devices - 1 - 2 * pairs
    return Instance(domains, disks, pairs, -(-disks // domains) + 1)


def too_much(domains: int) -> Instance:
    """One device more than there are slots."""
    return instance(len(SLOTS) * domains + 1, domains)


def least_asked(instance: Instance) -> int:
    """The lowest bound that is worth a question; at most one that all slots allow, so that a solver is asked at all."""
    return min(-(-len(instance.devices) // instance.domains), len(SLOTS))


def places_of(counts: list[tuple[int, int]]) -> dict[Device, Place]:
    """Devices and slots, lowest first, for the disks and pairs of each domain; they are all alike."""
    where: dict[Device, int] = {CONSOLE: 0}
    disks, pairs = count(), count()
    for domain, (some, couples) in enumerate(counts):
        where |= {("disk", next(disks)): domain for _ in range(some)}
        for rank in islice(pairs, couples):
            where |= {("card", rank): domain, ("nic", rank): domain}
    return slots_for(where)


def slots_for(where: dict[Device, int]) -> dict[Device, Place]:
    """Slots, lowest first, for devices of which only the domain is known; they are all alike."""
    free = {domain: iter(SLOTS) for domain in set(where.values())}
    places = {CONSOLE: CONSOLE_PLACE}
    for device, domain in where.items():
        if device != CONSOLE:
            slot = next(free[domain])
            places[device] = (domain, next(free[domain]) if (domain, slot) == CONSOLE_PLACE else slot)
    return places
