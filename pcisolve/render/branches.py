"""The branches of a tree in plain text: what every picture of a topology in text is drawn with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def branches(top: Iterable[T], below: Callable[[T], Sequence[T]], label: Callable[[T], str]) -> Iterator[str]:
    """A line for each of `top` and all that is below, in order. `below` is asked once for each, from the top down.

    Without recursion: a hostile input may be deep.
    """
    trail = [("", iter(_marked(list(top))))]
    while trail:
        indent, items = trail[-1]
        found = next(items, None)
        if found is None:
            trail.pop()
            continue
        mark, item = found
        yield f"{indent}{mark} {label(item)}"
        inner = below(item)
        if inner:
            trail.append((indent + ("|  " if mark == "|-" else "   "), iter(_marked(inner))))


def _marked(items: Sequence[T]) -> list[tuple[str, T]]:
    """Each with what stands before it: the last one ends its branch."""
    last = len(items) - 1
    return [("`-" if number == last else "|-", one) for number, one in enumerate(items)]
