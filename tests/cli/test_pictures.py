"""Pictures from the command line: which format, which file, which exit code."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.running import measure, run
from tests.support import domain, rng

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
GUEST, FAULTS, NEXT = EXAMPLES / "q35.xml", EXAMPLES / "three-faults.xml", EXAMPLES / "q35-next.xml"


@pytest.mark.parametrize(
    ("name", "begin"), [("a.svg", b"<?xml"), ("a.html", b"<!DOCTYPE html>"), ("a.dot", b"digraph")]
)
def test_the_name_of_the_file_decides(name: str, begin: bytes, tmp_path: Path) -> None:
    ended = run("show", GUEST, "-o", tmp_path / name)
    assert (ended.code, ended.out, ended.error) == (0, b"", "")
    assert (tmp_path / name).read_bytes().startswith(begin)


def test_a_format_wins_over_the_name(tmp_path: Path) -> None:
    assert run("show", GUEST, "--format", "mermaid", "-o", tmp_path / "a.txt").code == 0
    assert (tmp_path / "a.txt").read_text().startswith("flowchart LR\n")


def test_without_a_picture_the_tree_is_as_it_was() -> None:
    assert run("show", GUEST).out == run("show", GUEST, "--format", "tree").out
    assert run("show", GUEST, "-o", "a.txt").code == 2
    assert run("show", "--guest", "--format", "svg", GUEST).code == 2


def test_what_does_not_hold_is_drawn_and_told(tmp_path: Path) -> None:
    ended = run("show", FAULTS, "-o", tmp_path / "a.svg")
    assert ended.code == 1
    assert "error[addr-duplicate]" in ended.error
    assert "at fault" in (tmp_path / "a.svg").read_text()
    assert run("show", "--quiet", FAULTS, "-o", tmp_path / "a.svg").error == ""


def test_findings_as_a_page() -> None:
    ended = run("check", "--format", "html", FAULTS, GUEST)
    assert ended.code == 1
    text = ended.text
    assert "3 findings" in text and "workstation" in text and "backup" in text
    assert run("check", "--format", "svg", GUEST).code == 0
    assert run("check", "--format", "html", "--fix", GUEST).code == 2


def test_an_unusable_file_is_told_and_the_others_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "no.xml").write_text("<domain>")
    ended = run("check", "--format", "svg", tmp_path / "no.xml", GUEST)
    assert ended.code == 2 and "no.xml" in ended.error
    assert b"workstation" in ended.out


def test_two_layouts(tmp_path: Path) -> None:
    assert run("diff", GUEST, NEXT, "-o", tmp_path / "a.html").code == 1
    assert "was here" in (tmp_path / "a.html").read_text()
    assert run("diff", GUEST, GUEST, "--format", "svg").code == 0
    assert run("diff", GUEST, NEXT, "-o", tmp_path / "a.txt").code == 2


def test_one_guest_under_two_versions() -> None:
    versions = ("--libvirt", "9.0.0", "--libvirt", "12.8")
    words = run("diff", *versions, GUEST)
    drawn = run("diff", "--format", "svg", *versions, GUEST)
    assert drawn.code == words.code and "with libvirt 9.0.0" in drawn.text
    assert run("diff", "--format", "svg", *versions, GUEST, NEXT).code == 2
    assert run("diff", "--format", "svg", "--pin", *versions, GUEST).code == 2


def test_several_domains_are_one_picture() -> None:
    ended = run("show", "--format", "svg", stdin=domain("q35", rng()) + domain("pc", rng()))
    root = ElementTree.fromstring(ended.out)
    names = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    assert ended.code == 0 and "pcie.0" in names and "pci.0" in names


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    ended = run("show", GUEST, "-o", tmp_path / "none" / "a.svg")
    assert ended.code == 2 and "No such file" in ended.error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_sixty_four_domains_of_three_hundred_devices(tmp_path: Path) -> None:
    ended = measure(tmp_path, "show", "--quiet", EXAMPLES / "plans/many-domains.yaml", "-o", "a.html")
    assert ended.code == 0 and ended.megabytes < 1024
    assert (tmp_path / "a.html").stat().st_size < 4_000_000
