"""pcisolve fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import run

Q35 = Path(__file__).parents[2] / "examples" / "q35.xml"


def test_fits() -> None:
    ended = run("fit", Q35, "--add", "virtio-net=2", "--policy", "libvirt")
    assert ended.code == 0
    assert ended.text.splitlines()[0] == "2 virtio-net: fits"


def test_json_and_the_guest_that_is_written(tmp_path: Path) -> None:
    before = Q35.read_bytes()
    ended = run("fit", Q35, "--add", "virtio-net=1", "--add=virtio-net=1", "--format", "json", "-o", tmp_path / "x.xml")
    answer = json.loads(ended.out)
    assert (ended.code, answer["status"], len(answer["placed"])) == (0, "solved", 2)
    assert Q35.read_bytes() == before
    assert run("check", tmp_path / "x.xml").code == 0
    assert run("solve", "--check", tmp_path / "x.xml").code == 0  # nothing is left open


def test_does_not_fit(tmp_path: Path) -> None:
    words = ["--add", "virtio-net=300", "--policy", "libvirt", "-o", tmp_path / "x.xml"]
    ended = run("fit", Q35, *words)
    assert ended.code == 1
    assert ended.text.startswith("300 virtio-net: does not fit\n")
    assert not (tmp_path / "x.xml").exists()


def test_guest_that_does_not_hold() -> None:
    ended = run("fit", Q35.with_name("three-faults.xml"), "--add", "virtio-net=1")
    assert (ended.code, ended.text) == (1, "the guest itself does not hold\n")
    assert "error[" in ended.error


def test_undecided() -> None:
    ended = run("fit", Q35, "--add", "virtio-net=4000", "--time-limit", "0.001", "--format", "json")
    assert ended.code == 3
    assert json.loads(ended.out)["status"] == "unknown"


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("gpu", "expected KIND=COUNT"),
        ("virtio-net=x", "expected KIND=COUNT"),
        ("virtio-nett=1", 'did you mean "virtio-net"?'),
        ("virtio-net=0", "expected a count from 1"),
    ],
)
def test_bad_words(word: str, said: str) -> None:
    ended = run("fit", Q35, "--add", word)
    assert ended.code == 2
    assert said in " ".join(ended.error.split())
    assert "Traceback" not in ended.error


def test_plan_is_no_guest() -> None:
    ended = run("fit", Q35.parent / "plans" / "gpu-node.yaml", "--add", "virtio-net=1")
    assert ended.code == 2
    assert "a domain XML" in ended.error
