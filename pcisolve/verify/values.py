"""What asking the real things brought."""

from __future__ import annotations

from typing import Any, NamedTuple

from pcisolve.core.version import JSON_VERSION

AGREES, DIFFERS, UNDECIDED, SKIPPED = "agrees", "differs", "undecided", "skipped"
EXIT_CODE = {AGREES: 0, DIFFERS: 1, UNDECIDED: 3, SKIPPED: 3}


class Difference(NamedTuple):
    """One thing that pcisolve and the real thing say otherwise.

    Attributes:
        line: where the input speaks of the part, from 1; None where it does not.
        part: the part in words; "" for the verdict itself.
        predicted: what pcisolve says.
        found: what the real thing says.
    """

    line: int | None
    part: str
    predicted: str
    found: str


class Step(NamedTuple):
    """One of those who were asked: libvirt, QEMU, the firmware.

    Attributes:
        who: its name.
        version: as it says itself, "" where it does not.
        state: agrees, differs, undecided (asked, and the answer does not tell) or skipped (not asked).
        message: one sentence.
        differences: in the order of the guest.
    """

    who: str
    version: str
    state: str
    message: str
    differences: tuple[Difference, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As in `verify --format json`."""
        return {**self._asdict(), "differences": [one._asdict() for one in self.differences]}


class Verification(NamedTuple):
    """The steps in order, of which each needs the one before."""

    file: str
    steps: tuple[Step, ...]

    @property
    def state(self) -> str:
        """differs if one does, else undecided if one is or none was asked, else agrees."""
        states = {one.state for one in self.steps}
        if DIFFERS in states:
            return DIFFERS
        return AGREES if AGREES in states and UNDECIDED not in states else UNDECIDED

    @property
    def exit_code(self) -> int:
        """0 agrees, 1 differs, 3 undecided or nobody could be asked."""
        return EXIT_CODE[self.state]

    def to_json(self) -> dict[str, Any]:
        """As in `verify --format json`."""
        steps = [one.to_json() for one in self.steps]
        return {"version": JSON_VERSION, "file": self.file, "state": self.state, "steps": steps}
