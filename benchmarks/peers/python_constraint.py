"""python-constraint2: a domain's disks and pairs are one variable, sums are watched as they grow; the bound rises."""

from __future__ import annotations

from constraint import FunctionConstraint, OptimizedBacktrackingSolver, Problem

from benchmarks.peers.instance import INFEASIBLE, OPTIMAL, SLOTS, Answer, Instance, least_asked, places_of

Counts = tuple[int, int]


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places; it knows no time limit."""
    del seconds
    for bound in range(least_asked(instance), len(SLOTS) + 1):
        counts = _within(instance, bound)
        if counts is not None:
            return Answer(OPTIMAL, bound, places_of(counts))
    return Answer(INFEASIBLE)


def _choices(instance: Instance, room: int) -> list[Counts]:
    """What a domain may have, the fullest first."""
    most = range(min(instance.most_disks, room), -1, -1)
    return [(disks, pairs) for disks in most for pairs in range((room - disks) // 2, -1, -1)]


def _within(instance: Instance, bound: int) -> list[Counts] | None:
    problem = Problem(OptimizedBacktrackingSolver())
    names = list(range(instance.domains))
    for name in names:
        problem.addVariable(name, _choices(instance, bound - (name == 0)))

    def fits(*counts: Counts) -> bool:
        """For the first few domains: neither too many, nor so few that the others cannot take the rest."""
        disks = instance.disks - sum(one for one, _ in counts)
        pairs = instance.pairs - sum(one for _, one in counts)
        left = instance.domains - len(counts)
        return disks >= 0 and pairs >= 0 and disks <= left * instance.most_disks and disks + 2 * pairs <= left * bound

    for count in range(1, len(names) + 1):
        problem.addConstraint(FunctionConstraint(fits), names[:count])
    solution = problem.getSolution()
    return None if solution is None else [solution[name] for name in names]
