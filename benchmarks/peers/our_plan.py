"""pcisolve on the same instance: a plan file in, a complete guest out, every rule checked."""

from __future__ import annotations

from collections import Counter

import pcisolve
from benchmarks.peers.instance import CONSOLE, INFEASIBLE, OPTIMAL, UNKNOWN, Answer, Device, Instance, Place

_PLAN = """\
machine: {{arch: ppc64, type: pseries}}
platform: any
scheme: multi-domain
domains: [{{name: d, count: {domains}}}]
devices:
  - {{name: console, kind: virtio-serial, address: "0000:00:05.0"}}
{groups}relations:
{relations}limits: {{controllers: {domains}}}
prefer: [spread]
"""
_GROUP = {"controller": "console", "disk": "disk", "hostdev": "card", "interface": "nic"}


def plan(instance: Instance) -> bytes:
    """The plan file."""
    groups, relations = "", f"  - {{apart: [disk], on: domain, at-most: {instance.most_disks}}}\n"
    kinds = (("disk", "virtio-disk", instance.disks), ("card", "hostdev-pcie", instance.pairs))
    for name, kind, count in (*kinds, ("nic", "virtio-net", instance.pairs)):
        if count:
            groups += f"  - {{name: {name}, kind: {kind}, count: {count}}}\n"
    if instance.pairs:
        relations += "  - {together: [card, nic], on: domain, pairwise: true}\n"
    return _PLAN.format(domains=instance.domains, groups=groups, relations=relations).encode()


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places, within so many seconds, on one core."""
    verdict = pcisolve.load(plan(instance)).solve(pcisolve.make_options(time_limit=seconds)).verdict
    if verdict.status != "solved":
        return Answer(INFEASIBLE if verdict.status == "infeasible" else UNKNOWN)
    if not verdict.proven:
        return Answer(UNKNOWN)
    ranks: Counter[str] = Counter()
    places: dict[Device, Place] = {}
    for one in verdict.devices:
        name = _GROUP[one.kind]
        domain, _, rest = one.address.split(":")
        places[name, ranks[name]] = (int(domain, 16), int(rest.split(".")[0], 16))
        ranks[name] += 1
    domains = sorted({domain for domain, _ in places.values()} | {one.domain for one in verdict.controllers})
    places = {device: (domains.index(domain), slot) for device, (domain, slot) in places.items()}
    assert CONSOLE in places
    return Answer(OPTIMAL, max(Counter(domain for domain, _ in places.values()).values()), places)
