"""The one way an input is refused: what is wrong, where, and what was expected."""

from __future__ import annotations

from typing import NamedTuple


class Location(NamedTuple):
    """A place in an input file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class InputError(Exception):
    """An input that cannot be used at all (exit code 2).

    Attributes:
        message: what is wrong, in one sentence.
        expected: what would have been right, or "".
        location: where; None when the input has no lines (a missing file).
    """

    def __init__(self, message: str, *, expected: str = "", location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.location = location

    def __str__(self) -> str:
        where = f"{self.location}: " if self.location else ""
        hint = f" (expected {self.expected})" if self.expected else ""
        return f"{where}{self.message}{hint}"


class SolverMissing(InputError):
    """What was asked for takes a search, and OR-Tools is not installed (docs/install.md)."""

    def __init__(self) -> None:
        super().__init__(
            "this takes a search by OR-Tools, which is not installed",
            expected="the package ortools, which pip install pcisolve installs",
        )
