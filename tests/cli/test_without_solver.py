"""What works where OR-Tools is not installed, and what is said where it is needed: every command as a process of its
own, in which neither it nor what comes with it can be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import HAS_JSONSCHEMA
from tests.cli.schemas import assert_valid
from tests.support import balloon, controller, domain, rng

ROOT = Path(__file__).resolve().parents[2]
MISSING = (
    "pcisolve: this takes a search by OR-Tools, which is not installed "
    "(expected the package ortools, which pip install pcisolve installs)\n"
)
NOT_SEARCHED = "whether another layout holds was not searched for: OR-Tools is not installed"
_BLOCKED = """
import sys
from importlib.machinery import PathFinder
class Without:
    @staticmethod
    def find_spec(name, path=None, target=None):
        here = name.partition(".")[0] not in ("ortools", "constraint", "pandas", "numpy")
        return PathFinder.find_spec(name, path, target) if here else None
sys.meta_path[sys.meta_path.index(PathFinder)] = Without
"""
_RUN = f"{_BLOCKED}\nfrom pcisolve.cli.start import main\nmain()\n"

SOUND = domain("q35", rng())
CLASH = domain("q35", rng("0:0:5.0") + balloon("0:0:5.0"))
# More than libvirt has ports for; with several devices in a slot there is room.
CROWDED = domain("q35", "".join(rng() for _ in range(300)))
# An address wants bus 7, and only one of two controllers without an index may have that number.
OPEN = domain("q35", controller(None, "pcie-root-port") + controller(None, "pcie-root-port") + rng("0:7:0.0"))
PLAN = b"platform: qemu-x86\ndevices: [{name: disk, kind: virtio-disk, count: 2}]\n"


@pytest.fixture
def guests(tmp_path: Path) -> Path:
    for name, content in (("sound", SOUND), ("clash", CLASH), ("crowded", CROWDED), ("open", OPEN)):
        (tmp_path / f"{name}.xml").write_bytes(content)
    (tmp_path / "plan.yaml").write_bytes(PLAN)
    return tmp_path


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        [sys.executable, "-c", _RUN, *words],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "80", "PATH": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "Traceback" not in ended.stderr and "internal error" not in ended.stderr
    if HAS_JSONSCHEMA:
        assert_valid([*words], ended.stdout.encode())
    return ended


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "sound.xml"), ""),
        (("show", "sound.xml"), "0000:03:00.0 rng"),
        (("show", "-o", "sound.svg", "sound.xml"), ""),
        (("solve", "sound.xml"), "bus='0x01'"),
        (("solve", "--against", "sound.xml", "sound.xml"), "bus='0x01'"),
        (("convert", "--to", "multi-domain", "sound.xml"), "<domain"),
        (("diff", "sound.xml", "sound.xml"), ""),
        (("diff", "--libvirt", "9.0.0", "--libvirt", "12.8", "sound.xml"), ""),
        (("batch", "--workers", "1", "sound.xml"), '"status":"solved"'),
        (("rule", "addr-duplicate"), "addr-duplicate"),
        (("models",), "pcie-root-port"),
        (("schema", "solve"), "json-schema.org"),
        (("plan-schema",), "json-schema.org"),
        (("completions", "bash"), "_PCISOLVE_COMPLETE"),
        (("--help",), "check"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_what_needs_no_search_works(words: tuple[str, ...], said: str, guests: Path) -> None:
    ended = run(guests, *words)
    assert (ended.returncode, ended.stderr if words[0] not in ("batch", "check") else "") == (0, "")
    assert said in ended.stdout


@pytest.mark.parametrize("words", [("check",), ("check", "--fix", "--diff")], ids=" ".join)
def test_a_fault_is_told_as_ever_with_its_repairs(words: tuple[str, ...], guests: Path) -> None:
    world = {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "80"}
    command = [sys.executable, "-m", "pcisolve", *words, "clash.xml"]
    here = subprocess.run(command, cwd=guests, env=world, capture_output=True, text=True, check=False, timeout=120)
    ended = run(guests, *words, "clash.xml")
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, here.stdout, here.stderr)
    assert "0000:00:06.0" in ended.stdout or "slot='0x06'" in ended.stdout


def test_check_says_that_it_has_not_searched_for_another_layout(guests: Path) -> None:
    ended = run(guests, "check", "crowded.xml")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert NOT_SEARCHED in ended.stdout
    (finding,) = json.loads(run(guests, "check", "--format", "json", "crowded.xml").stdout)
    assert NOT_SEARCHED in finding["notes"]


@pytest.mark.parametrize(
    "words",
    [
        ("solve", "crowded.xml"),
        ("solve", "--policy", "minimal", "sound.xml"),
        ("solve", "--scheme", "multi-domain", "open.xml"),
        ("solve", "plan.yaml"),
        ("check", "plan.yaml"),
        ("check", "--scheme", "multi-domain", "open.xml"),
        ("show", "plan.yaml"),
    ],
    ids=" ".join,
)
def test_what_needs_a_search_says_in_one_sentence_what_is_missing(words: tuple[str, ...], guests: Path) -> None:
    ended = run(guests, *words)
    assert (ended.returncode, ended.stderr) == (2, MISSING)


def test_a_batch_says_so_of_each_input_and_goes_on(guests: Path) -> None:
    ended = run(guests, "batch", "--workers", "1", "crowded.xml", "plan.yaml", "sound.xml")
    answers = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [one["status"] for one in answers] == ["invalid", "invalid", "solved"]
    assert all("which is not installed" in str(one) for one in answers[:2])


def test_the_library_raises_it_as_an_unusable_input() -> None:
    code = (
        f"{_BLOCKED}\nimport pcisolve\nguest = pcisolve.load({SOUND!r})\nprint(guest.solve().verdict.status)\n"
        "try:\n    guest.solve(pcisolve.make_options(policy='minimal'))\n"
        "except pcisolve.InputError as error:\n    print(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (ended.stdout, ended.stderr) == (f"solved\n{MISSING.removeprefix('pcisolve: ')}", "")
