"""Plans, checks, explains and repairs the PCI topology of virtual machines.

    import pcisolve
    result = pcisolve.load("guest.xml").solve()
    print(result.verdict.status)

Read: load, load_all, Guest.from_libvirt. Ask: Guest.solve, check, explain, repair, convert, survey, draw. Compare:
diff, moves, pin. Many at once: solve_many. Options come from make_options; what cannot be used raises InputError.

Calls share nothing but the models that were read, and may be made in several threads at once. Names are imported when
first used, so that `import pcisolve` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pcisolve.core.version import VERSION as __version__

if TYPE_CHECKING:
    from pcisolve.api.guest import Guest, Result
    from pcisolve.api.guests import Guests, load, load_all
    from pcisolve.api.options import make_options
    from pcisolve.api.plan import PlannedGuest, PlannedResult
    from pcisolve.api.rule_text import RuleText, rule_text
    from pcisolve.batch.many import Solved, solve_many
    from pcisolve.core.errors import InputError, Location, SolverMissing
    from pcisolve.core.shortage import Shortage
    from pcisolve.ops.difference import diff
    from pcisolve.ops.moves import moves, pin
    from pcisolve.problem.problem import Options
    from pcisolve.verdict.difference import Difference
    from pcisolve.verdict.mended import Mended
    from pcisolve.verdict.rows import Row
    from pcisolve.verdict.survey import Survey
    from pcisolve.verdict.values import EditAt, FactAt, Finding, Note, PlacedController, PlacedDevice, Repair, Verdict

__all__ = [
    "Difference",
    "EditAt",
    "FactAt",
    "Finding",
    "Guest",
    "Guests",
    "InputError",
    "Location",
    "Mended",
    "Note",
    "Options",
    "PlacedController",
    "PlacedDevice",
    "PlannedGuest",
    "PlannedResult",
    "Repair",
    "Result",
    "Row",
    "RuleText",
    "Shortage",
    "Solved",
    "SolverMissing",
    "Survey",
    "Verdict",
    "__version__",
    "diff",
    "load",
    "load_all",
    "make_options",
    "moves",
    "pin",
    "rule_text",
    "solve_many",
]

_HOMES = {
    "Difference": "pcisolve.verdict.difference",
    "EditAt": "pcisolve.verdict.values",
    "FactAt": "pcisolve.verdict.values",
    "Finding": "pcisolve.verdict.values",
    "Guest": "pcisolve.api.guest",
    "Guests": "pcisolve.api.guests",
    "InputError": "pcisolve.core.errors",
    "Location": "pcisolve.core.errors",
    "Mended": "pcisolve.verdict.mended",
    "Note": "pcisolve.verdict.values",
    "Options": "pcisolve.problem.problem",
    "PlacedController": "pcisolve.verdict.values",
    "PlacedDevice": "pcisolve.verdict.values",
    "PlannedGuest": "pcisolve.api.plan",
    "PlannedResult": "pcisolve.api.plan",
    "Repair": "pcisolve.verdict.values",
    "Result": "pcisolve.api.guest",
    "Row": "pcisolve.verdict.rows",
    "RuleText": "pcisolve.api.rule_text",
    "Shortage": "pcisolve.core.shortage",
    "Solved": "pcisolve.batch.many",
    "SolverMissing": "pcisolve.core.errors",
    "Survey": "pcisolve.verdict.survey",
    "Verdict": "pcisolve.verdict.values",
    "diff": "pcisolve.ops.difference",
    "load": "pcisolve.api.guests",
    "load_all": "pcisolve.api.guests",
    "make_options": "pcisolve.api.options",
    "moves": "pcisolve.ops.moves",
    "pin": "pcisolve.ops.moves",
    "rule_text": "pcisolve.api.rule_text",
    "solve_many": "pcisolve.batch.many",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pcisolve' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
