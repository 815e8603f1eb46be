"""Manual pages: every command and option has its place, and man reads them without a warning."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from pcisolve.cli.main import group
from pcisolve.cli.man import main, pages

PAGES = dict(pages())


def test_every_command_has_a_page() -> None:
    context = click.Context(group, info_name="pcisolve")
    assert {"pcisolve", *(f"pcisolve-{one}" for one in group.list_commands(context)), "pcisolve-hook-libvirt"} <= {
        *PAGES
    }


def test_a_page_has_the_options_of_its_command() -> None:
    context = click.Context(group, info_name="pcisolve")
    check = group.get_command(context, "check")
    assert check is not None
    text = PAGES["pcisolve-check"].replace("\\-", "-")
    assert all(option in text for one in check.params for option in one.opts if option.startswith("--"))
    assert ".SH NAME\npcisolve-check - Everything that is wrong" in text
    assert "pcisolve check --fix --diff guest.xml" in text


def test_nothing_of_the_text_is_taken_for_a_request() -> None:
    known = {"TH", "SH", "B", "BR", "TP", "PP", "nf", "fi"}
    for text in PAGES.values():
        assert {*re.findall(r"(?m)^[.'](\S*)", text)} <= known
        assert "\b" not in text


def test_they_are_written_into_a_folder_and_are_always_the_same(tmp_path: Path) -> None:
    assert main([str(tmp_path / "man1")]) == 0
    assert {path.stem: path.read_text() for path in (tmp_path / "man1").iterdir()} == PAGES == dict(pages())


def test_a_folder_that_cannot_be_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert main([str(tmp_path / "file")]) == 2
    assert "File exists" in capsys.readouterr().err
    assert main([]) == 2


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_warns_of_nothing() -> None:
    for name, text in PAGES.items():
        words = ["groff", "-man", "-Tutf8", "-ww", "-K", "utf8", "-rLL=100n"]
        ended = subprocess.run(words, input=text, capture_output=True, text=True, check=False, timeout=60)
        assert (ended.returncode, ended.stderr) == (0, ""), name
