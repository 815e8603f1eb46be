"""The formats of pictures, by name and by the end of a file's name."""

from __future__ import annotations

from typing import Final

from pcisolve.render.picture.picture import Picture

SVG: Final = "svg"
HTML: Final = "html"
DOT: Final = "dot"
MERMAID: Final = "mermaid"
FORMATS: Final = (SVG, HTML, DOT, MERMAID)
_ENDS: Final = {".svg": SVG, ".html": HTML, ".htm": HTML, ".dot": DOT, ".gv": DOT, ".mmd": MERMAID, ".mermaid": MERMAID}


def format_by_name(path: str) -> str:
    """What the end of a file's name asks for; "" for none of the formats."""
    return next((style for end, style in _ENDS.items() if path.lower().endswith(end)), "")


def written(picture: Picture, style: str) -> bytes:
    """A picture in one of FORMATS: the same bytes for the same picture."""
    if style == SVG:
        from pcisolve.render.picture.svg import svg as write
    elif style == HTML:
        from pcisolve.render.picture.html import html as write
    elif style == DOT:
        from pcisolve.render.picture.dot import dot as write
    else:
        from pcisolve.render.picture.mermaid import mermaid as write
    return write(picture).encode()
