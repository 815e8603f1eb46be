"""Imported for its side effect: OR-Tools is loaded, before a process is forked that will need it."""

from __future__ import annotations

from pcisolve.placing.lean import load

load()
