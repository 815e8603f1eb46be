"""OR-Tools is loaded without pandas, and nobody who has both misses anything."""

from __future__ import annotations

import subprocess
import sys

import pytest

SOLVES = """
import sys
{before}
from pcisolve.placing.lean import load
load()
from ortools.sat.python import cp_model
model = cp_model.CpModel()
number = model.new_int_var(0, 5, "number")
model.add(number >= 3)
model.minimize(number)
solver = cp_model.CpSolver()
assert solver.solve(model) == cp_model.OPTIMAL and solver.value(number) == 3
"""
WITH_PANDAS = """
import pandas
series = model.new_int_var_series("several", pandas.Index([1, 2, 3]), 0, 3)
assert isinstance(series, pandas.Series) and len(series) == 3
"""


def run(code: str) -> None:
    pytest.importorskip("pandas", reason="this OR-Tools does without pandas")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=600)


def test_it_solves_without_pandas() -> None:
    run(SOLVES.format(before="") + "assert 'pandas.core' not in sys.modules")


@pytest.mark.parametrize("before", ["", "import pandas", "from ortools.sat.python import cp_model"])
def test_pandas_works_as_ever_for_who_wants_it(before: str) -> None:
    run(SOLVES.format(before=before) + WITH_PANDAS)
