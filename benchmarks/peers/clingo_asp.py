"""clingo: answer set programming; numbers of disks and of pairs for each domain, and the bound is minimised."""

from __future__ import annotations

import clingo

from benchmarks.peers.instance import INFEASIBLE, OPTIMAL, SLOTS, UNKNOWN, Answer, Instance, least_asked, places_of

_PROGRAM = """
domain(0..domains-1).
{ disks(D,0..most_disks) } = 1 :- domain(D).
{ pairs(D,0..slots/2) } = 1 :- domain(D).
:- #sum { N,D : disks(D,N) } != disks.
:- #sum { N,D : pairs(D,N) } != pairs.
{ bound(lowest..slots) } = 1.
console(0,1). console(D,0) :- domain(D), D > 0.
:- bound(B), domain(D), #sum { N,disk : disks(D,N); 2*N,pair : pairs(D,N); N,console : console(D,N) } > B.
% all domains but the first are alike
:- disks(D,N), disks(D+1,M), D > 0, N < M.
:- disks(D,N), disks(D+1,N), pairs(D,P), pairs(D+1,Q), D > 0, P < Q.
#minimize { B : bound(B) }.
#show disks/2. #show pairs/2. #show bound/1.
"""


def solve(instance: Instance, seconds: float) -> Answer:
    """The best places, within so many seconds, on one core."""
    words = {"domains": instance.domains, "disks": instance.disks, "pairs": instance.pairs}
    words |= {"most_disks": instance.most_disks, "slots": len(SLOTS), "lowest": least_asked(instance)}
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
    found: dict[tuple[str, int], int] = {}
    for symbol in symbols:
        numbers = [one.number for one in symbol.arguments]
        found[symbol.name, numbers[0] if len(numbers) > 1 else 0] = numbers[-1]
    counts = [(found["disks", domain], found["pairs", domain]) for domain in range(instance.domains)]
    return Answer(OPTIMAL, found["bound", 0], places_of(counts))
