"""Notes as text: what to know about an answer that holds."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.verdict.values import Note


def notes(several: Iterable[Note], file: str) -> str:
    """A line per note, and where in the input it belongs."""
    return "".join(_one(note, file) for note in several)


def _one(note: Note, file: str) -> str:
    where = f"{file}:{note.line}: " if note.line is not None else f"{file}: "
    return f"{where}note[{note.code}]: {note.message}\n"
