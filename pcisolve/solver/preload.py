"""Imported for its side effect: OR-Tools is loaded, before a process is forked that will need it."""

from __future__ import annotations

from contextlib import suppress

from pcisolve.core.errors import SolverMissing
from pcisolve.placing.lean import load

with suppress(SolverMissing):  # an input that needs it says so
    load()
