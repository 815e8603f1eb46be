"""--connect: the domains of a running libvirt, through the real virsh and its test driver where it is installed."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path
from unittest import mock

import pytest
from click import UsageError

from pcisolve.cli.connected import confirm, define, domain_xml, without_secrets
from pcisolve.core.errors import InputError
from tests.cli.running import run

# The test driver reads its domains from a file, and forgets what was defined when virsh ends.
NODE = """<node><domain type='test'>
  <name>--vm</name>
  <uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>
  <memory>65536</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices>{}</devices>
</domain></node>
"""
NEEDS_VIRSH = pytest.mark.skipif(shutil.which("virsh") is None, reason="virsh is not installed")


def connection(folder: Path, devices: str) -> str:
    (folder / "node.xml").write_text(NODE.format(devices))
    return f"test://{folder}/node.xml"


@NEEDS_VIRSH
def test_the_default_domain_of_the_test_driver_is_checked_and_solved() -> None:
    checked = run("check", "--connect", "test:///default", "test")
    assert checked.code == 0, checked.error
    solved = run("solve", "--connect", "test:///default", "test", "--format", "json", "--libvirt", "9.0.0")
    assert solved.code in (0, 2)
    if solved.code == 2:  # its domain is of type test, which is no QEMU
        assert "test (test:///default)" in solved.error


@NEEDS_VIRSH
def test_what_virsh_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    for words in (("test:///default", "nobody"), ("nonsense:///x", "vm")):
        ended = run("check", "--connect", *words)
        assert (ended.code, ended.out) == (2, b"")
        assert ended.error.startswith(f"pcisolve: {words[0]}: virsh dumpxml: failed to ")


@NEEDS_VIRSH
def test_a_domain_whose_name_looks_like_an_option(tmp_path: Path) -> None:
    ended = run("check", "--connect", connection(tmp_path, ""), "--", "--vm")
    assert ended.code == 0, ended.error


@NEEDS_VIRSH
def test_a_domain_is_defined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    uri = connection(tmp_path, "")
    xml = domain_xml(uri, "--vm", secrets=True)
    define(uri, "--vm", xml)
    assert capsys.readouterr().err == "--vm: defined; its next start has the new layout\n"
    with pytest.raises(InputError, match="virsh define: "):
        define(uri, "--vm", b"<domain/>")


def test_nothing_is_defined_unasked() -> None:
    assert confirm("?", yes=True)
    with mock.patch.object(sys, "stdin", io.StringIO("y\n")), pytest.raises(UsageError, match="say --yes"):
        confirm("?", yes=False)


def test_passwords_are_not_shown() -> None:
    assert without_secrets(b"<graphics passwd='a\"b' port='1' passwd=\"c\"/>") == (
        b"<graphics passwd='...' port='1' passwd='...'/>"
    )


def test_without_virsh_it_is_said_what_is_missing(tmp_path: Path) -> None:
    ended = run("solve", "--connect", "test:///default", "test", PATH=str(tmp_path))
    assert (ended.code, ended.out) == (2, b"")
    said = "pcisolve: --connect needs virsh, which is not installed (expected the package libvirt-clients)\n"
    assert ended.error == said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("solve", "--connect", "test:///default"), "--connect goes with the name of a domain"),
        (("solve", "--define", "vm"), "--define goes with --connect URI"),
        (("solve", "--yes", "vm"), "--yes goes with --define"),
        (("solve", "--connect", "u", "--define", "-o", "x", "vm"), "--define goes without --output"),
        (("check", "--connect", "u", "--fix", "vm"), "neither --fix, --diff nor pictures"),
        (("check", "--connect", "u"), "--connect goes with names of domains"),
    ],
)
def test_what_does_not_go_together(words: tuple[str, ...], said: str) -> None:
    ended = run(*words)
    assert (ended.code, ended.out) == (2, b"") and said in ended.error
