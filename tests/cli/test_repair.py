"""check --fix, --diff and --pick."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.support import address, domain, rng

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
    assert ended.error == "guest.xml: 1 repaired (1 safely)\n  moved: rng from 0000:00:1f.0 to 0000:00:02.0\n"
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
        assert "1 left" in ended.error
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


IDE = domain("q35", "<disk type='file'><target dev='hda' bus='ide'/></disk>" + rng("0:0:4.0"))
HOST = "<hostdev type='pci'><source><address domain='0' bus='0x41' slot='0' function='{}'/></source>{}</hostdev>"
TWICE = domain("q35", HOST.format(0, "") + HOST.format(0, ""))


def test_a_disk_is_kept_on_another_bus(file: Path) -> None:
    file.write_bytes(IDE)
    ended = run("check", "--fix", "guest.xml")
    assert (ended.code, ended.error) == (0, "guest.xml: 1 repaired (1 safely)\n")
    assert file.read_bytes() == IDE.replace(b"bus='ide'", b"bus='sata'")


def test_what_would_be_lost_is_kept_unless_that_is_asked_for(file: Path) -> None:
    file.write_bytes(TWICE)
    ended = run("check", "--fix", "guest.xml")
    assert (ended.code, file.read_bytes()) == (1, TWICE)
    assert ended.error == (
        "guest.xml: 0 repaired; 1 left\n"
        "  of 1 left, 1 would lose something: --unsafe-fixes makes these repairs as well\n"
    )
    shown = run("check", "--fix", "--diff", "--unsafe-fixes", "guest.xml")
    assert (shown.code, file.read_bytes()) == (1, TWICE)
    assert "\n-" in shown.text
    ended = run("check", "--fix", "--unsafe-fixes", "guest.xml")
    assert ended.error == "guest.xml: 1 repaired (1 with a loss)\n  removed: hostdev 0000:41:00.0\n"
    assert ended.code == 0
    assert file.read_bytes().count(b"<hostdev") == 1


def test_unsafe_fixes_alone_are_wrong_usage(file: Path) -> None:
    assert run("check", "--unsafe-fixes", "guest.xml").code == 2


def test_a_fix_as_json(file: Path) -> None:
    file.write_bytes(TWICE)
    ended = run("check", "--fix", "--diff", "--unsafe-fixes", "--format", "json", "guest.xml")
    (told,) = json.loads(ended.text)
    assert told["repaired"] == {"safe": 0, "moves": 0, "unsafe": 1}
    assert told["removes"] == ["hostdev 0000:41:00.0"]
    assert told["diff"].startswith("--- guest.xml\n")
    assert file.read_bytes() == TWICE


def test_warnings_are_left_alone_unless_they_count_as_errors(file: Path) -> None:
    split = domain("q35", HOST.format(0, address("0:1:0.0")) + HOST.format(1, address("0:2:0.0")))
    file.write_bytes(split)
    assert run("check", "guest.xml").code == 0
    assert run("check", "--error-on-warning", "guest.xml").code == 1
    assert (run("check", "--fix", "guest.xml").code, file.read_bytes()) == (0, split)
    assert run("check", "--fix", "--error-on-warning", "guest.xml").code == 0
    assert file.read_bytes() != split
    assert run("check", "--error-on-warning", "guest.xml").code == 0


def test_a_card_moves_as_a_whole_and_a_disk_before_it(file: Path) -> None:
    card = HOST.format(0, address("0:1:0.0")) + HOST.format(1, address("0:1:0.1"))
    disk = f"<disk type='file'><target dev='vda' bus='virtio'/>{address('0:1:0.0')}</disk>"
    file.write_bytes(domain("q35", card + disk))
    ended = run("check", "--fix", "guest.xml")
    assert ended.code == 0
    assert ended.error.splitlines()[1].startswith("  moved: disk vda from 0000:01:00.0")
