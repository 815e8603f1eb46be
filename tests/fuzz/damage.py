"""Bytes with something changed."""

from __future__ import annotations

import random
from typing import Final

ODD: Final = (
    b"\0",
    b"\xff",
    b"\xc0\x80",
    b"&",
    b"<",
    b'"',
    b"'",
    b"{",
    b"[",
    b": ",
    b"- ",
    b"\n",
    b"\t",
    b"\xef\xbb\xbf",
)


def damaged(data: bytes, luck: random.Random) -> bytes:
    """One to four pieces lost, doubled, moved, or overwritten."""
    for _ in range(luck.randint(1, 4)):
        begin = luck.randint(0, len(data))
        end = min(len(data), begin + luck.choice((1, 1, 2, 8, 100)))
        piece = data[begin:end]
        match luck.randrange(5):
            case 0:
                data = data[:begin] + data[end:]
            case 1:
                data = data[:end] + piece * luck.choice((1, 2, 50)) + data[end:]
            case 2:
                data = data[:begin] + luck.choice(ODD) + data[end:]
            case 3:
                data = data[:begin] + luck.randbytes(len(piece)) + data[end:]
            case _:
                data = data[:begin]
    return data


def lines_damaged(text: str, luck: random.Random, words: tuple[str, ...]) -> str:
    """Lines lost, doubled, moved or indented, and words in place of others."""
    lines = text.splitlines()
    for _ in range(luck.randint(1, 4)):
        at = luck.randrange(len(lines)) if lines else 0
        match luck.randrange(6) if lines else 0:
            case 0:
                lines[at : at + 1] = []
            case 1:
                lines.insert(luck.randint(0, len(lines)), lines[at])
            case 2:
                lines.insert(luck.randint(0, len(lines)), lines.pop(at))
            case 3:
                lines[at] = " " * luck.randint(0, 4) + lines[at]
            case _:
                pieces = lines[at].replace(",", " , ").replace("}", " }").replace("{", "{ ").split(" ")
                pieces[luck.randrange(len(pieces))] = luck.choice(words)
                lines[at] = " ".join(pieces)
    return "\n".join(lines) + "\n"
