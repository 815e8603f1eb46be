"""clingo: answer set programming, a choice of one domain for each device, counts, and the bound as an optimisation."""

from __future__ import annotations

import clingo

from benchmarks.peers.instance import CONSOLE, INFEASIBLE, OPTIMAL, SLOTS, UNKNOWN, Answer, Device, Instance, slots_for

_PROGRAM = """
domain(0..domains-1). unit(console,0,1).
unit(disk,0..disks-1,1) :- disks > 0.
unit(card,0..pairs-1,2) :- pairs > 0.
{ at(G,R,D) : domain(D) } = 1 :- unit(G,R,_).
at(console,0,0).
:- domain(D), #count { R : at(disk,R,D) } > most_disks.
{ bound(B) : B = lowest..slots } = 1.
:- bound(B), domain(D), #sum { W,G,R : at(G,R,D), unit(G,R,W) } > B.
#minimize { B : bound(B) }.
#show at/3. #show bound/1.
"""


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places, within so many seconds, on one core."""
    lowest = -(-len(instance.devices) // instance.domains)
    if lowest > len(SLOTS):
        lowest = len(SLOTS)  # no bound is enough; clingo has to find that out
    words = {"domains": instance.domains, "disks": instance.disks, "pairs": instance.pairs}
    words |= {"most_disks": instance.most_disks, "slots": len(SLOTS), "lowest": lowest}
    control = clingo.Control([f"-c{name}={value}" for name, value in words.items()] + ["--opt-strategy=usc"])
    control.add("base", [], _PROGRAM)
    control.ground([("base", [])])
    best: list[clingo.Symbol] = []
    with control.solve(async_=True, on_model=lambda model: _keep(best, model)) as handle:
        if not handle.wait(seconds):
            handle.cancel()
            return Answer(UNKNOWN)
        result = handle.get()
    if result.unsatisfiable:
        return Answer(INFEASIBLE)
    return _read(best, instance) if result.exhausted else Answer(UNKNOWN)


def _keep(best: list[clingo.Symbol], model: clingo.Model) -> None:
    best[:] = model.symbols(shown=True)


def _read(symbols: list[clingo.Symbol], instance: Instance) -> Answer:
    where: dict[Device, int] = {CONSOLE: 0}
    fullest = 0
    for symbol in symbols:
        numbers = [one.number for one in symbol.arguments[-2:] if one.type == clingo.SymbolType.Number]
        if symbol.name == "bound":
            fullest = numbers[0]
        elif symbol.arguments[0].name != "console":
            where[symbol.arguments[0].name, numbers[0]] = numbers[1]
    where |= {("nic", rank): where["card", rank] for rank in range(instance.pairs)}
    return Answer(OPTIMAL, fullest, slots_for(where))
