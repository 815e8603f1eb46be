"""An empty CP-SAT model.

A class inside a function, since ortools is imported only where it is needed; the compiler of the other modules
(setup.py) has no such classes.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pcisolve.placing.lean import load

if TYPE_CHECKING:
    from ortools.sat.python import cp_model


def new_model() -> cp_model.CpModel:
    """An empty model, without the old camelCase names of its methods, which take longer to add than many a model.

    Afterwards `from ortools.sat.python import cp_model` is quick.

    Raises:
        SolverMissing: OR-Tools is not installed.
    """
    return _model_class()()


@cache
def _model_class() -> type[cp_model.CpModel]:
    load()
    from ortools.sat.python import cp_model

    class Model(cp_model.CpModel):
        def _add_pre_pep8_methods(self) -> None:
            """Called by CpModel.__init__ of OR-Tools 9.15; nothing here uses these names."""

    return Model
