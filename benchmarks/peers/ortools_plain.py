"""OR-Tools CP-SAT with one boolean for each device and address: the model that comes to mind first."""

from __future__ import annotations

from ortools.sat.python import cp_model

from benchmarks.peers.instance import CONSOLE, CONSOLE_PLACE, INFEASIBLE, OPTIMAL, SLOTS, UNKNOWN, Answer, Instance


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places, within so many seconds, on one core."""
    model = cp_model.CpModel()
    addresses = [(domain, slot) for domain in range(instance.domains) for slot in SLOTS]
    at = {(device, place): model.new_bool_var("") for device in instance.devices for place in addresses}
    for device in instance.devices:
        model.add_exactly_one(at[device, place] for place in addresses)
    for place in addresses:
        model.add_at_most_one(at[device, place] for device in instance.devices)
    model.add(at[CONSOLE, CONSOLE_PLACE] == 1)
    fullest = model.new_int_var(0, len(SLOTS), "")
    for domain in range(instance.domains):
        here = {device: sum(at[device, (domain, slot)] for slot in SLOTS) for device in instance.devices}
        model.add(sum(here.values()) <= fullest)
        model.add(sum(one for (name, _), one in here.items() if name == "disk") <= instance.most_disks)
        for rank in range(instance.pairs):
            model.add(here["card", rank] == here["nic", rank])
    model.minimize(fullest)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Answer(INFEASIBLE)
    if status != cp_model.OPTIMAL:
        return Answer(UNKNOWN)
    places = {device: place for (device, place), one in at.items() if solver.value(one)}
    return Answer(OPTIMAL, solver.value(fullest), places)
