"""The count model: how many parts of a class go onto which bus, and how many controllers are added.

Interchangeable parts are one integer per bus instead of a variable each, so that a thousand alike disks
cost what one costs. Used for --policy minimal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pcisolve.core.address import FUNCTIONS_PER_SLOT
from pcisolve.placing.model import new_model

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


class Supply(NamedTuple):
    """Room on one bus, or (for a model that may be added) on each bus of a kind.

    Attributes:
        name: the bus's controller index, or the model that is added.
        slots: wholly empty slots.
        functions: free functions of slots that root ports share already.
    """

    name: int | str
    slots: int
    functions: int


class Demand(NamedTuple):
    """Alike parts that need a place: how many, and which supplies take them (by position)."""

    name: str
    parts: int
    shares_slot: bool
    takers: tuple[int, ...]


class Counted(NamedTuple):
    """An optimal plan: controllers added by model, and parts by (demand, supply) positions."""

    added: dict[str, int]
    placed: dict[tuple[int, int], int]
    bound: int


def build(
    supplies: Sequence[Supply], demands: Sequence[Demand], limit: int
) -> tuple[cp_model.CpModel, dict[str, Any], dict[tuple[int, int], Any]]:
    """The model, its "how many are added" variables by model name, and its placement variables.

    A demand whose name is a model that may be added grows with the number added: an added controller
    needs a place too.
    """
    model = new_model()
    added = {s.name: model.new_int_var(0, limit, str(s.name)) for s in supplies if isinstance(s.name, str)}
    placed: dict[tuple[int, int], Any] = {}
    for d, demand in enumerate(demands):
        for s in demand.takers:
            placed[d, s] = model.new_int_var(0, demand.parts + limit, "")
        extra = added.get(demand.name, 0)
        model.add(sum(placed[d, s] for s in demand.takers) == demand.parts + extra)
        own = [placed[d, s] for s in demand.takers if supplies[s].name == demand.name]
        if own:
            # A chain of added bridges has to begin on a bus that is there: own buses alone would be a circle.
            others = [placed[d, s] for s in demand.takers if supplies[s].name != demand.name]
            model.add(sum(others) * limit >= added[demand.name]) if others else model.add(added[demand.name] == 0)
    for s, supply in enumerate(supplies):
        times = added[supply.name] if isinstance(supply.name, str) else 1
        _bound(model, supply, times, [(demand, placed[d, s]) for d, demand in enumerate(demands) if s in demand.takers])
    model.minimize(sum(added.values()))
    return model, {str(name): variable for name, variable in added.items()}, placed


def _bound(model: cp_model.CpModel, supply: Supply, times: Any, here: list[tuple[Demand, Any]]) -> None:
    """What is placed on a bus (or on `times` buses of a kind) fits into its slots and free functions."""
    shared = sum(number for demand, number in here if demand.shares_slot)
    whole = sum(number for demand, number in here if not demand.shares_slot)
    shared_slots = model.new_int_var(0, 32, "")
    model.add(shared <= shared_slots * FUNCTIONS_PER_SLOT + supply.functions)
    model.add(whole + shared_slots <= supply.slots * times)
