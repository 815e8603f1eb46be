"""The nearest known word, for every message about an unknown one."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None when nothing is close."""
    from difflib import get_close_matches

    matches = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A question to append to a message, or the list of known words (or something else) when nothing is close.

    Patterns, such as "pc-q35-*", are in the list, but nobody means one.
    """
    names = sorted(known)
    if not names:
        return "there is none here"
    best = nearest(word, [name for name in names if "*" not in name])
    return f'did you mean "{best}"?' if best else otherwise or "one of " + ", ".join(names)


def misspelt(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one is with a slip of the finger: a letter more, less, other or exchanged; else None."""
    best = nearest(word, known)
    if best is None or len(word) < 3 or abs(len(word) - len(best)) > 1:
        return None
    if sorted(word) == sorted(best):
        return best
    longer, shorter = (word, best) if len(word) > len(best) else (best, word)
    if len(longer) > len(shorter):
        dropped = (longer[:at] + longer[at + 1 :] for at in range(len(longer)))
        return best if shorter in dropped else None
    others = sum(one != other for one, other in zip(word, best, strict=True))
    return best if others == 1 and len(word) > 3 else None


def printable(text: str) -> str:
    """What a terminal can show of somebody else's text: whatever would steer it is a question mark."""
    return "".join(one if one.isprintable() else "?" for one in text)
