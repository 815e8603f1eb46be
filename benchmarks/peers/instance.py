"""The planning instances that every peer gets, what an answer is, and a judge of answers that solves nothing."""

from __future__ import annotations

from collections import Counter
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


def slots_for(where: dict[Device, int]) -> dict[Device, Place]:
    """Slots, lowest first, for devices of which only the domain is known; they are all alike."""
    free = {domain: iter(SLOTS) for domain in set(where.values())}
    places = {CONSOLE: CONSOLE_PLACE}
    for device, domain in where.items():
        if device != CONSOLE:
            slot = next(free[domain])
            places[device] = (domain, next(free[domain]) if (domain, slot) == CONSOLE_PLACE else slot)
    return places


def wrong(instance: Instance, answer: Answer) -> list[str]:
    """Everything that is wrong with an optimal answer, but for its being optimal."""
    places, found = answer.places, []
    if set(places) != set(instance.devices):
        return ["not every device has a place"]
    if len(set(places.values())) < len(places):
        found.append("two devices in one slot")
    if any(slot not in SLOTS or not 0 <= domain < instance.domains for domain, slot in places.values()):
        found.append("no such slot")
    if places[CONSOLE] != CONSOLE_PLACE:
        found.append("the console has moved")
    if any(places["card", rank][0] != places["nic", rank][0] for rank in range(instance.pairs)):
        found.append("a pair is apart")
    disks = Counter(domain for (name, _), (domain, _) in places.items() if name == "disk")
    if any(count > instance.most_disks for count in disks.values()):
        found.append("too many disks in a domain")
    if max(Counter(domain for domain, _ in places.values()).values()) != answer.fullest:
        found.append("the fullest domain is another")
    return found
