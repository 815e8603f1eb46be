"""A folder of models of the user's own, from every command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import run
from tests.support import domain

RNG = Path(__file__).resolve().parents[2] / "models" / "devices" / "rng.toml"
PLAN = "machine: {arch: x86_64, type: q35}\ndevices:\n  - {name: one, kind: gizmo, count: 2}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Models with a device element that libvirt does not know."""
    own = tmp_path / "own" / "devices"
    own.mkdir(parents=True)
    (own / "gizmo.toml").write_text(RNG.read_text().replace("rng", "gizmo"))
    return own.parent


def test_an_element_of_ones_own_is_placed_last(folder: Path) -> None:
    guest = domain("q35", "<gizmo model='virtio'/><watchdog model='ib700'/>")
    shown = run("show", "--models", str(folder), stdin=guest)
    assert "0000:03:00.0 gizmo, line" in shown.text.splitlines()[-3]
    assert run("check", "--models", str(folder), stdin=guest).code == 0
    assert "libvirt knows no device <gizmo>" in run("check", stdin=guest).text


def test_a_plan_asks_for_it(folder: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    solved = run("solve", "--models", str(folder), str(plan))
    assert solved.code == 0 and solved.text.count("<gizmo model='virtio'>") == 2
    assert run("check", "--models", str(folder), stdin=solved.text.encode()).code == 0


COMMANDS = (
    ("check", "-"),
    ("solve", "-"),
    ("show", "-"),
    ("convert", "--to", "flat", "-"),
    ("models",),
    ("batch", "-"),
    ("verify", "-"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda words: words[0])
def test_a_wrong_file_is_said_by_every_command(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "platforms").mkdir()
    (folder / "platforms" / "mine.toml").write_text("domains = 'many'\n")
    ended = run(command[0], "--models", str(folder), *command[1:], stdin=domain("q35"))
    assert "mine.toml" in ended.error + ended.text
    assert ended.code in (1, 2) and "internal error" not in ended.error
