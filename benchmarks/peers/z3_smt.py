"""z3: a boolean for each device and domain, pseudo-boolean counts, a bound that rises until there is a model."""

from __future__ import annotations

import z3

from benchmarks.peers.instance import (
    CONSOLE,
    INFEASIBLE,
    OPTIMAL,
    SLOTS,
    UNKNOWN,
    Answer,
    Device,
    Instance,
    slots_for,
)


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places, within so many seconds; a rising bound, which is quicker than z3's own optimiser."""
    for bound in range(-(-len(instance.devices) // instance.domains), len(SLOTS) + 1):
        solver = z3.SolverFor("QF_FD")  # finite domains: its fastest for this
        solver.set("timeout", int(seconds * 1000))
        units = [device for device in instance.devices if device[0] != "nic"]  # a pair is one thing of weight 2
        at = {
            (device, domain): z3.Bool(f"{device[0]}-{device[1]}-{domain}")
            for device in units
            for domain in range(instance.domains)
        }
        _state(solver, instance, units, at, bound)
        status = solver.check()
        if status == z3.unknown:
            return Answer(UNKNOWN)
        if status == z3.sat:
            model = solver.model()
            where = {device: domain for (device, domain), one in at.items() if z3.is_true(model[one])}
            where |= {("nic", rank): where["card", rank] for rank in range(instance.pairs)}
            return Answer(OPTIMAL, bound, slots_for({CONSOLE: 0, **where}))
    return Answer(INFEASIBLE)


def _state(
    solver: z3.Solver, instance: Instance, units: list[Device], at: dict[tuple[Device, int], z3.BoolRef], bound: int
) -> None:
    domains = range(instance.domains)
    solver.add(at[CONSOLE, 0])
    for device in units:
        solver.add(z3.PbEq([(at[device, domain], 1) for domain in domains], 1))
    for domain in domains:
        here = [(at[device, domain], 2 if device[0] == "card" else 1) for device in units]
        solver.add(z3.PbLe(here, bound))
        disks = [(at[device, domain], 1) for device in units if device[0] == "disk"]
        if disks:
            solver.add(z3.PbLe(disks, instance.most_disks))
