"""What was repaired, as text: how much, every part that was removed or moved, and what was left."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pcisolve.verdict.mended import Mended
from pcisolve.verdict.values import MOVES, SAFE, UNSAFE

_DONE: Final = {SAFE: "safely", MOVES: "moving other parts", UNSAFE: "with a loss"}
_HELD: Final = {MOVES: "would move other parts", UNSAFE: "would lose something"}


def summary(name: str, mended: Mended) -> str:
    """Lines about one file; none where nothing was wrong."""
    return "".join(f"{line}\n" for line in _lines(name, mended))


def _lines(name: str, mended: Mended) -> Iterator[str]:
    if not (mended.done or mended.left):
        return
    how = [f"{count} {_DONE[safety]}" for safety, count in mended.repaired.items() if count]
    said = f"{mended.done} repaired" + (f" ({', '.join(how)})" if mended.done else "")
    yield f"{name}: {said}; {mended.left} left" if mended.left else f"{name}: {said}"
    for removed in mended.removes:
        yield f"  removed: {removed}"
    for move in mended.moves:
        yield f"  moved: {move.name} from {move.before} to {move.after}"
    held = sum(mended.held.values())
    if held:
        what = " and ".join(f"{count} {_HELD[safety]}" for safety, count in mended.held.items() if count)
        yield f"  of {mended.left} left, {what}: --unsafe-fixes makes these repairs as well"
    elif mended.left:
        yield f"  no repair was found for {mended.left}"
