"""A shape for each kind of box, so that no colour has to tell them apart."""

from __future__ import annotations

from typing import Final

from pcisolve.render.picture.picture import ARGUMENT, CONTROLLER, DEVICE, GROUP, ROOT, WISH

# For screen readers and where only text can be: the same shapes as characters.
LETTER: Final = {
    ROOT: "\u25a0",
    CONTROLLER: "\u25c6",
    DEVICE: "\u25cf",
    ARGUMENT: "\u25b2",
    GROUP: "\u25a1",
    WISH: "\u2606",
}
WORD: Final = {
    ROOT: "root",
    CONTROLLER: "controller",
    DEVICE: "device",
    ARGUMENT: "qemu:commandline",
    GROUP: "group",
    WISH: "wish",
}


def symbol(kind: str, x: float, y: float, r: float) -> str:
    """The shape around a point, as an SVG element; "" for an unknown kind."""
    if kind == DEVICE:
        return f'<circle class="icon" cx="{x}" cy="{y}" r="{r}"/>'
    i = r - 2.5  # the hole in it
    paths = {
        ROOT: f"M{x - r} {y - r}h{2 * r}v{2 * r}h-{2 * r}z",
        CONTROLLER: f"M{x} {y - r - 1}l{r + 1} {r + 1}l-{r + 1} {r + 1}l-{r + 1}-{r + 1}z",
        ARGUMENT: f"M{x} {y - r}l{r} {2 * r}h-{2 * r}z",
        GROUP: f"M{x - r} {y - r}h{2 * r}v{2 * r}h-{2 * r}zm1.5 1.5v{2 * r - 3}h{2 * r - 3}v-{2 * r - 3}z",
        WISH: f"M{x - r} {y}l{r}-{r}l{r} {r}l-{r} {r}zm2.5 0l{i} {i}l{i}-{i}l-{i}-{i}z",
    }
    return f'<path class="icon" d="{paths[kind]}"/>' if kind in paths else ""
