"""Judges every answer and every refusal, and solves nothing itself but by a table of sums."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import pcisolve
from benchmarks.peers.instance import CONSOLE, CONSOLE_PLACE, INFEASIBLE, OPTIMAL, SLOTS, Answer, Instance

_PARTS = {
    "console": "<controller type='virtio-serial' index='0'>{}</controller>",
    "disk": "<disk type='file' device='disk'><target dev='{name}' bus='virtio'/>{}</disk>",
    "card": "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='{high}' slot='{low}' function='0'/>"
    "</source>{}</hostdev>",
    "nic": "<interface type='user'><model type='virtio'/>{}</interface>",
}


def wrong(instance: Instance, answer: Answer) -> list[str]:
    """Everything that is wrong with an answer; an unknown one says nothing that could be."""
    best = least(instance)
    if answer.status == INFEASIBLE:
        return [] if best is None else [f"refused, though {best} devices in the fullest domain are enough"]
    if answer.status != OPTIMAL:
        return []
    found = _misplaced(instance, answer)
    if not found:
        found += [] if answer.fullest == best else [f"{answer.fullest} is not the least, which is {best}"]
        found += _broken(instance, answer)
    return found


@lru_cache(maxsize=64)
def least(instance: Instance) -> int | None:
    """How many devices the fullest domain has at least; None where there is no layout at all."""
    return next((bound for bound in range(1, len(SLOTS) + 1) if _fits(instance, bound)), None)


def _fits(instance: Instance, bound: int) -> bool:
    """Domain by domain: the most pairs that the domains so far can take, for each number of disks in them."""
    most = {0: 0}
    for domain in range(instance.domains):
        room, now = bound - (domain == 0), dict[int, int]()
        for disks, pairs in most.items():
            for more in range(min(instance.most_disks, room, instance.disks - disks) + 1):
                total = pairs + (room - more) // 2
                now[disks + more] = max(now.get(disks + more, 0), total)
        most = now
    return most.get(instance.disks, -1) >= instance.pairs


def _misplaced(instance: Instance, answer: Answer) -> list[str]:
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


def guest(instance: Instance, answer: Answer) -> bytes:
    """The guest of an answer: every device at its address."""
    lines = [f"<controller type='pci' index='{one}' model='pci-root'/>" for one in range(instance.domains)]
    for (name, rank), (domain, slot) in sorted(answer.places.items()):
        address = f"<address type='pci' domain='{domain:#06x}' bus='0x00' slot='{slot:#04x}' function='0x0'/>"
        names = {"name": "vd" + "".join(chr(97 + rank // 26**at % 26) for at in (2, 1, 0))}
        lines.append(_PARTS[name].format(address, **names, high=hex(1 + rank // 32), low=hex(rank % 32)))
    return (
        "<domain type='kvm'><name>judged</name><memory>1048576</memory>"
        f"<os><type arch='ppc64' machine='pseries'>hvm</type></os><devices>{''.join(lines)}"
        "<controller type='usb' model='none'/><memballoon model='none'/></devices></domain>"
    ).encode()


def _broken(instance: Instance, answer: Answer) -> list[str]:
    """What pcisolve's rules say of the guest, which its check tells without solving."""
    options = pcisolve.make_options(scheme="multi-domain")
    verdict = pcisolve.load(guest(instance, answer)).check(options)
    chosen = [one.name for one in verdict.devices if one.chosen and not one.implicit]
    return [one.message for one in verdict.findings if one.severity == "error"] + [
        f"{one} was left out" for one in chosen
    ]
