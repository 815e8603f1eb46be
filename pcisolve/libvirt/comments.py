"""Comments to pcisolve: `<!-- pcisolve: ignore[rule, ...] reason -->` above the element that it is about."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final

from pcisolve.core.errors import InputError, Location
from pcisolve.core.ignore import Ignore
from pcisolve.libvirt.scanner import Span, comments

MARK: Final = "pcisolve:"
MAX_COMMENTS: Final = 1_000  # each is looked at for each finding
_MAX_RULES: Final = 100
_FORM: Final = re.compile(r"pcisolve:[ \t\r\n]*ignore\[([^\]]{0,10000})\]")


def ignores(text: str, spans: Sequence[Span], place: Callable[[int], Location]) -> tuple[Ignore, ...]:
    """The comments to pcisolve in a document, in its order; `place` says where an offset into the text is.

    Raises:
        InputError: there are more than MAX_COMMENTS.
    """
    begins = [span.begin for span in spans]
    found: list[Ignore] = []
    for begin, end in comments(text):
        said = text[begin + 4 : end - 3].strip()
        if not said.startswith(MARK):
            continue
        where = place(begin)
        if len(found) == MAX_COMMENTS:
            raise InputError(f"more than {MAX_COMMENTS:,} comments to pcisolve", expected="fewer", location=where)
        first = bisect_left(begins, end)
        last = first - 1
        if first < len(spans):
            last = bisect_left(begins, spans[first].close_end) - 1
        found.append(Ignore(where.line, _rules(said), first, last))
    return tuple(found)


def _rules(said: str) -> tuple[str, ...]:
    form = _FORM.match(said)
    if form is None:
        return ()
    names = [name.strip(" \t\r\n") for name in form[1].split(",")]
    return tuple(dict.fromkeys(name for name in names if name))[:_MAX_RULES]
