"""OR-Tools' cp_model without pandas, which is two thirds of its import (240 ms), for two names in its annotations.

While it is imported, a stand-in has these names. Afterwards its pandas is the real one, loaded when it is first used,
so that a program beside us loses nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Final

from pcisolve.core.errors import SolverMissing

if TYPE_CHECKING:
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec

_PANDAS: Final = "pandas"
_CP_MODEL: Final = "ortools.sat.python.cp_model"
_ONE_AT_A_TIME: Final = Lock()  # the stand-in is there for every thread


def load() -> None:
    """Import cp_model, if it is not there yet; `from ortools.sat.python import cp_model` is quick then.

    Raises:
        SolverMissing: OR-Tools is not installed.
    """
    if _CP_MODEL in sys.modules:
        return
    try:
        with _ONE_AT_A_TIME:
            _load()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "ortools":
            raise
        raise SolverMissing from None


def _load() -> None:
    if _CP_MODEL in sys.modules:  # another thread was quicker
        return
    from importlib.util import find_spec

    spec = None if _PANDAS in sys.modules else find_spec(_PANDAS)
    if spec is None or spec.loader is None:
        import_module(_CP_MODEL)
        return
    sys.modules[_PANDAS] = _stand_in()
    try:
        loaded: ModuleType | None = import_module(_CP_MODEL)
    except (AttributeError, ImportError):  # an OR-Tools that needs more of it
        loaded = None
    finally:
        del sys.modules[_PANDAS]
    if loaded is None:
        import_module(_CP_MODEL)
    else:
        vars(loaded)["pd"] = _when_used(spec, spec.loader)


def _when_used(spec: ModuleSpec, loader: Loader) -> ModuleType:
    """A module that is loaded when something in it is asked for; importlib's own recipe."""
    from importlib.util import LazyLoader, module_from_spec

    spec.loader = lazy = LazyLoader(loader)
    sys.modules[spec.name] = module = module_from_spec(spec)
    lazy.exec_module(module)
    return module


def _stand_in() -> ModuleType:
    names = {name: type(name, (), {}) for name in ("Index", "Series")}
    module = ModuleType(_PANDAS)
    vars(module).update(names)
    return module
