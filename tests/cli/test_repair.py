"""check --fix, --diff and --pick."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.support import domain, rng

SOUND = domain("q35", rng("0:0:4.0"))
CLASH = domain("q35", "<!-- mine -->\n\t" + rng("0:0:1f.0") + "\r\n    " + rng())


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A guest with one fault, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "guest.xml"
    path.write_bytes(CLASH)
    return path


def test_diff_is_what_fix_does(file: Path) -> None:
    ended = run("check", "--diff", "guest.xml")
    assert ended.code == 1
    assert file.read_bytes() == CLASH
    assert ended.error == "guest.xml: 1 repaired\n"
    patched = file.with_name("patched.xml")
    patched.write_bytes(CLASH)
    subprocess.run(["patch", "--binary", "patched.xml"], input=ended.out, check=True, capture_output=True)
    fixed = run("check", "--fix", "guest.xml")
    assert (fixed.code, fixed.out) == (0, b"")
    assert file.read_bytes() == patched.read_bytes()
    assert run("check", "guest.xml").code == 0


def test_fix_changes_nothing_else(file: Path) -> None:
    run("check", "--fix", "guest.xml")
    assert file.read_bytes() == CLASH.replace(b"slot='0x1f'", b"slot='0x02'")


def test_pick_chooses_another_repair(file: Path) -> None:
    first = run("check", "--diff", "guest.xml").text
    second = run("check", "--diff", "--pick", "2", "guest.xml").text
    assert first != second
    assert run("check", "--diff", "--pick", "99", "guest.xml").text.startswith("--- guest.xml")


def test_a_sound_file_is_left_alone(file: Path) -> None:
    file.write_bytes(SOUND)
    before = file.stat().st_mtime_ns
    for option in ("--fix", "--diff"):
        ended = run("check", option, "guest.xml")
        assert (ended.code, ended.out, ended.error) == (0, b"", "")
    assert file.stat().st_mtime_ns == before


def test_stdin_is_fixed_to_stdout() -> None:
    ended = run("check", "--fix", stdin=CLASH)
    assert ended.code == 0
    assert ended.out == CLASH.replace(b"slot='0x1f'", b"slot='0x02'")


def test_what_cannot_be_repaired_is_said(file: Path) -> None:
    file.write_bytes(domain("isapc", "<memballoon model='virtio'/>"))
    before = file.read_bytes()
    ended = run("check", "--fix", "guest.xml")
    if ended.code == 1:
        assert "no repair was found for 1" in ended.error
        assert file.read_bytes() == before
    else:
        assert ended.code == 0


def test_a_folder_that_takes_nothing_leaves_the_file_whole(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "guest.xml")

    monkeypatch.setattr("os.replace", full)
    ended = run("check", "--fix", "guest.xml")
    assert ended.code == 2
    assert "No space left on device" in ended.error
    assert file.read_bytes() == CLASH
    assert [path.name for path in file.parent.iterdir()] == ["guest.xml"]
