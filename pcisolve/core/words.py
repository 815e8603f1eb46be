"""The nearest known word, for every message about an unknown one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None when nothing is close."""
    from difflib import get_close_matches

    matches = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to append to a message, or the list of known words when nothing is close."""
    names = sorted(known)
    best = nearest(word, names)
    if best is None and not names:
        return "there is none here"
    return f'did you mean "{best}"?' if best else "one of " + ", ".join(names)
