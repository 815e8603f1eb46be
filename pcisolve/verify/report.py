"""A verification as text: a line for each who was asked, and one for each difference."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.verify.values import AGREES, DIFFERS, Difference, Step, Verification

_MOST = 20  # differences of a step that are named


def full(verification: Verification) -> str:
    """Text that ends with the outcome."""
    lines = [line for step in verification.steps for line in _step(step, verification.file)]
    outcome = {AGREES: "all who were asked agree with pcisolve", DIFFERS: "not all agree with pcisolve"}
    lines.append(f"{verification.file}: {outcome.get(verification.state, 'undecided')}")
    return "\n".join(lines) + "\n"


def _step(step: Step, file: str) -> Iterator[str]:
    who = f"{step.who} {step.version}".rstrip()
    yield f"{step.state}: {who} {step.message}" if step.state != "skipped" else f"skipped: {who}: {step.message}"
    for one in step.differences[:_MOST]:
        yield f"  {_difference(one, file)}"
    if len(step.differences) > _MOST:
        yield f"  and {len(step.differences) - _MOST:,} more"


def _difference(one: Difference, file: str) -> str:
    where = f"{file}:{one.line}: " if one.line is not None else ""
    part = f"{one.part}: " if one.part else ""
    return f"{where}{part}pcisolve says {one.predicted}; found: {one.found}"
