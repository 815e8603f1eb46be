"""Plans, checks, explains and repairs the PCI topology of virtual machines.

    import pcisolve
    result = pcisolve.load("guest.xml").solve()
    print(result.verdict.status)

Names are imported when first used, so that `import pcisolve` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pcisolve.core.version import VERSION as __version__

if TYPE_CHECKING:
    from pcisolve.api.guest import Guest, Result
    from pcisolve.api.guests import Guests, load, load_all
    from pcisolve.api.options import make_options
    from pcisolve.batch.many import Solved, solve_many
    from pcisolve.core.errors import InputError
    from pcisolve.ops.difference import diff
    from pcisolve.ops.moves import moves, pin
    from pcisolve.verdict.difference import Difference
    from pcisolve.verdict.values import Finding, Verdict

__all__ = [
    "Difference",
    "Finding",
    "Guest",
    "Guests",
    "InputError",
    "Result",
    "Solved",
    "Verdict",
    "__version__",
    "diff",
    "load",
    "load_all",
    "make_options",
    "moves",
    "pin",
    "solve_many",
]

_HOMES = {
    "Guest": "pcisolve.api.guest",
    "Guests": "pcisolve.api.guests",
    "Result": "pcisolve.api.guest",
    "Difference": "pcisolve.verdict.difference",
    "diff": "pcisolve.ops.difference",
    "load": "pcisolve.api.guests",
    "load_all": "pcisolve.api.guests",
    "make_options": "pcisolve.api.options",
    "moves": "pcisolve.ops.moves",
    "pin": "pcisolve.ops.moves",
    "InputError": "pcisolve.core.errors",
    "Solved": "pcisolve.batch.many",
    "solve_many": "pcisolve.batch.many",
    "Finding": "pcisolve.verdict.values",
    "Verdict": "pcisolve.verdict.values",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'pcisolve' has no attribute {name!r}")
