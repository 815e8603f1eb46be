"""python-constraint2: a domain for each device, pairs as one variable; the bound rises until there is a solution.

Slots are handed out afterwards, as devices of one domain are alike; which device is in which domain is all it searches.
"""

from __future__ import annotations

from collections import Counter

from constraint import FunctionConstraint, OptimizedBacktrackingSolver, Problem

from benchmarks.peers.instance import CONSOLE, INFEASIBLE, OPTIMAL, SLOTS, Answer, Device, Instance, slots_for


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places; it knows no time limit."""
    del seconds
    for bound in range(-(-len(instance.devices) // instance.domains), len(SLOTS) + 1):
        found = _within(instance, bound)
        if found is not None:
            return Answer(OPTIMAL, bound, slots_for(found))
    return Answer(INFEASIBLE)


def _within(instance: Instance, bound: int) -> dict[Device, int] | None:
    problem = Problem(OptimizedBacktrackingSolver())
    units = {device: 1 if device[0] == "disk" else 2 for device in instance.devices if device[0] in ("disk", "card")}
    problem.addVariables(list(units), range(instance.domains))

    def fits(*domains: int) -> bool:
        """Also for the first few, so that the search turns back early."""
        weights = list(units.items())
        load, disks = Counter({0: 1}), Counter()  # the console
        for (device, weight), domain in zip(weights, domains, strict=False):
            load[domain] += weight
            disks[domain] += device[0] == "disk"
        return max(load.values()) <= bound and max(disks.values(), default=0) <= instance.most_disks

    problem.addConstraint(FunctionConstraint(fits), list(units))
    for count in range(1, len(units)):
        problem.addConstraint(FunctionConstraint(fits), list(units)[:count])
    solution = problem.getSolution()
    if solution is None:
        return None
    where = {CONSOLE: 0, **solution}
    return where | {("nic", rank): solution["card", rank] for rank in range(instance.pairs)}
