"""Small pictures, byte for byte. PICTURES=write in the environment writes them anew: look at each before it is kept.

The pictures of the documents are made by the product, and these tests keep them as it makes them.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.running import run

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).parent / "golden"
IMAGES = ROOT / "docs/images"

SHOWN = {
    "ports": ("show", "--quiet", "tests/render/picture/golden/ports.xml"),
    "faults": ("show", "--quiet", "examples/three-faults.xml"),
    "moves": ("diff", "examples/q35.xml", "examples/q35-next.xml"),
    "conflict": ("show", "--quiet", "examples/plans/impossible/pairs-without-room.yaml"),
}
PICTURES = {
    "guest.svg": ("show", "--quiet", "examples/q35.xml"),
    "conflict.svg": ("show", "--quiet", "examples/three-faults.xml"),
    "moves.svg": ("diff", "examples/q35.xml", "examples/q35-next.xml"),
    "many-domains.svg": ("show", "--quiet", "examples/plans/many-domains.yaml"),
}


def kept(path: Path, data: bytes) -> None:
    """What a file has, or is to have."""
    if os.environ.get("PICTURES") == "write":
        path.write_bytes(data)
    assert path.read_bytes() == data, f"{path.name} is not what is drawn: PICTURES=write"


@pytest.mark.parametrize("style", ["svg", "dot", "mermaid"])
@pytest.mark.parametrize("name", SHOWN)
def test_a_small_picture(name: str, style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    kept(GOLDEN / f"{name}.{style}", run(*SHOWN[name], "--format", style).out)


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_of_the_documents(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    kept(IMAGES / name, run(*PICTURES[name], "--format", "svg").out)
