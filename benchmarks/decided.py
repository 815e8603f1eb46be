"""Who decides: libvirt's own search or CP-SAT, by command and kind of input, and how often CP-SAT is asked nothing.

python -m benchmarks.decided

Beside the repository's examples it takes the guests of ../shared where that folder is, and large guests made here, in
which libvirt's search gives up.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pcisolve
from benchmarks.peers import guests
from pcisolve.api.options import make_options
from pcisolve.core.errors import InputError

PLANS = (Path("examples/plans"), Path("../shared/corpus/plans"))
GUESTS = (Path("examples"), Path("../shared/corpus/reports"))
_RANDOM = 100
_SECONDS = 5.0  # for each
_OPTIONS = {
    "solve": {},
    "solve --policy libvirt": {"policy": "libvirt"},
    "solve --policy minimal": {"policy": "minimal"},
}
_COLUMNS = ("inputs", "first fit", "CP-SAT", "refused", "of these by CP-SAT", "runs of CP-SAT", "without variables")


class Row(NamedTuple):
    """What was counted for one command and one kind of input."""

    command: str
    inputs: str
    counts: Counter[str]


@contextmanager
def counted(counts: Counter[str]) -> Iterator[None]:
    """Count what CP-SAT is asked."""
    from ortools.sat.python import cp_model

    solve = cp_model.CpSolver.solve

    def counting(self: Any, model: Any, *rest: Any) -> Any:
        counts["runs of CP-SAT"] += 1
        counts["without variables"] += not len(model.proto.variables)
        return solve(self, model, *rest)

    cp_model.CpSolver.solve = counting  # type: ignore[method-assign]
    try:
        yield
    finally:
        cp_model.CpSolver.solve = solve  # type: ignore[method-assign]


def row(command: str, kind: str, texts: list[bytes | str]) -> Row:
    """Solve all of a kind, and count."""
    counts: Counter[str] = Counter()
    options = make_options(**_OPTIONS[command], time_limit=_SECONDS)
    for text in texts:
        asked: Counter[str] = Counter()
        with counted(asked):
            try:
                guest = pcisolve.load(text)
                verdict = guest.solve(options).verdict
            except InputError:
                continue
        counts["inputs"] += 1
        if verdict.status == "solved":
            by_first_fit = verdict.stats.get("decided_by") == "first-fit"
            counts["first fit" if by_first_fit else "CP-SAT"] += 1
        else:
            counts["refused"] += 1
            counts["of these by CP-SAT"] += any("no layout exists" in one.message for one in verdict.notes) or any(
                one.code == "plan-conflict" for one in verdict.findings
            )
        counts += asked
    return Row(command, kind, counts)


def kinds() -> dict[str, list[bytes | str]]:
    """The inputs by kind; a kind that is not there is left out."""
    found: dict[str, list[bytes | str]] = {
        "examples and reports": [str(one) for folder in GUESTS for one in sorted(folder.glob("*.xml"))],
        "random guests": list(guests.corpus(most=_RANDOM)),
        "300 to 1,000 disks": [_large(machine, many) for machine in ("q35", "pc") for many in (300, 600, 1000)],
        "plans": [str(one) for folder in PLANS for one in sorted(folder.glob("**/*.yaml")) if "tiny" not in str(one)],
    }
    return {kind: texts for kind, texts in found.items() if texts}


def _large(machine: str, disks: int) -> bytes:
    names = (f"vd{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(disks))
    devices = "".join(f"<disk type='file' device='disk'><target dev='{name}' bus='virtio'/></disk>" for name in names)
    return guests.guest("large", devices, machine=machine)


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [f"| command | input | {' | '.join(_COLUMNS)} |", f"|---|---|{'---:|' * len(_COLUMNS)}"]
    for one in rows:
        numbers = " | ".join(f"{one.counts[column]:,}" for column in _COLUMNS)
        lines.append(f"| `{one.command}` | {one.inputs} | {numbers} |")
    return "\n".join(lines) + "\n"


def rows(most: int = _RANDOM) -> list[Row]:
    """Count everything, of each kind so many, evenly out of all."""
    return [
        row(command, kind, texts[:: -(-len(texts) // most)])
        for kind, texts in kinds().items()
        for command in (_OPTIONS if kind != "plans" else ["solve"])
    ]


if __name__ == "__main__":
    sys.stdout.write(table(rows()))
