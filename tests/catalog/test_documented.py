"""docs/adding-a-machine.md names every key that the shipped models use."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "adding-a-machine.md").read_text("utf-8")


@pytest.mark.parametrize("folder", ["machines", "controllers", "devices", "platforms"])
def test_every_key(folder: str) -> None:
    section = PAGE.split(f"## {folder}/*.toml")[1].split("\n## ")[0]
    named = set(re.findall(r"[\w-]+", " ".join(re.findall(r"`([^`]+)`", section))))
    used = {key for path in (ROOT / "models" / folder).glob("*.toml") for key in tomllib.loads(path.read_text("utf-8"))}
    assert used - named == set()
