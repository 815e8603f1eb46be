"""OR-Tools CP-SAT with numbers instead of devices: how many disks and pairs a domain has."""

from __future__ import annotations

from ortools.sat.python import cp_model

from benchmarks.peers.instance import INFEASIBLE, OPTIMAL, SLOTS, UNKNOWN, Answer, Instance, places_of


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places, within so many seconds, on one core."""
    model, domains = cp_model.CpModel(), range(instance.domains)
    disks = [model.new_int_var(0, instance.most_disks, "") for _ in domains]
    pairs = [model.new_int_var(0, len(SLOTS) // 2, "") for _ in domains]
    fullest = model.new_int_var(0, len(SLOTS), "")
    model.add(sum(disks) == instance.disks)
    model.add(sum(pairs) == instance.pairs)
    for domain in domains:
        model.add(disks[domain] + 2 * pairs[domain] + (domain == 0) <= fullest)  # the console is in domain 0
    model.minimize(fullest)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Answer(INFEASIBLE)
    if status != cp_model.OPTIMAL:
        return Answer(UNKNOWN)
    counts = [(solver.value(disks[domain]), solver.value(pairs[domain])) for domain in domains]
    return Answer(OPTIMAL, solver.value(fullest), places_of(counts))
