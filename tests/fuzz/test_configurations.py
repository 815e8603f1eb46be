"""What damaged configuration files do: nothing but one clear error, or an answer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.fuzz.budget import seeds
from tests.fuzz.damage import damaged
from tests.support import domain

EXAMPLE = (Path(__file__).resolve().parents[2] / "examples" / "fleet.toml").read_bytes()
WHOLE = EXAMPLE + b'qemu = "7.2"\nselect = ["start-*"]\n'


@pytest.mark.parametrize("seed", seeds(100))
def test_a_damaged_configuration(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("guest.xml").write_bytes(domain("q35", "<rng model='virtio'/>"))
    Path("pcisolve.toml").write_bytes(damaged(WHOLE, random.Random(seed)))
    ended = run("check", "guest.xml")
    assert ended.code in (0, 1, 2)
    assert "internal error" not in ended.error
    if ended.code == 2:
        assert ended.error.startswith("pcisolve: pcisolve.toml:")
        assert ended.error.count("\n") == 1
