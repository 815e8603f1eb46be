"""What may be done about any breach: take back one of the facts it points to, or remove the part."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.explain.excerpt import elements
from pcisolve.explain.relax import relaxations
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedy import Remedy, drop
from pcisolve.rules.rule import Telling


def generic(bench: Bench, telling: Telling) -> Iterator[Remedy]:
    """Each fact taken back, in the order in which it is said; then the element at fault itself.

    What a controller is called and which model it is are taken back only where that is the fault; other numbers than
    libvirt's are for the remedies of a rule.
    """
    for position, point in enumerate(telling.points):
        if point.attribute == "function" or (position and point.attribute in ("index", "model")):
            continue
        for number, changes in enumerate(relaxations(bench.problem, point)):
            if number and point.attribute == "busNr":
                break
            yield Remedy(f"fact {position} way {number}", changes)
    for node in elements(telling.points[:1]):
        word = "controller" if node.tag == "controller" else "device"
        yield from drop(node, "", f"remove {word} {node.tag}")
