"""What libvirt and KubeVirt call: their arguments, what they read and how they take the exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pcisolve
from tests.cli.running import run
from tests.support import balloon, domain, rng

SOUND = domain("q35", rng())
CLASH = domain("q35", rng("0:0:5.0") + balloon("0:0:5.0"))
VMI = '{"kind": "VirtualMachineInstance", "metadata": {"name": "vm", "namespace": "ns"}}'


def test_kubevirt_gets_the_solved_domain_and_nothing_else_on_stdout() -> None:
    ended = run("hook", "kubevirt", "--vmi", VMI, "--domain", SOUND.decode())
    assert (ended.code, ended.error) == (0, "")
    assert ended.out == pcisolve.load(SOUND).solve().xml


def test_kubevirt_gets_no_domain_that_does_not_hold() -> None:
    ended = run("hook", "kubevirt", "--vmi", VMI, "--domain", CLASH.decode())
    assert (ended.code, ended.out) == (1, b"")
    assert "error[addr-duplicate]" in ended.error and "ns/vm:6:" in ended.error


@pytest.mark.parametrize(
    ("vmi", "xml", "said"),
    [
        ("{", SOUND.decode(), "--vmi is not JSON of an object (expected a VirtualMachineInstance)"),
        ("[" * 100_000, SOUND.decode(), "--vmi is not JSON"),
        (VMI, "<domain>", "ns/vm:1:9: not well-formed XML"),
        ("{}", "", "domain:1:1: the input is empty"),
        (VMI, "<domain type='xen'><devices/></domain>", "pcisolve: ns/vm:"),
    ],
)
def test_kubevirt_arguments_that_cannot_be_used(vmi: str, xml: str, said: str) -> None:
    ended = run("hook", "kubevirt", "--vmi", vmi, "--domain", xml)
    assert (ended.code, ended.out) == (2, b"")
    assert ended.error.startswith("pcisolve: ") and said in ended.error


def test_kubevirt_calls_a_script_of_its_name(tmp_path: Path) -> None:
    script = tmp_path / "onDefineDomain"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m pcisolve hook kubevirt "$@"\n')
    script.chmod(0o755)
    words = ["onDefineDomain", "--vmi", VMI, "--domain", SOUND.decode()]
    path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    ended = subprocess.run(words, env=path, capture_output=True, check=False, timeout=120)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout == pcisolve.load(SOUND).solve().xml


def test_libvirt_starts_what_holds_and_refuses_the_rest() -> None:
    sound = run("hook", "libvirt", "vm", "prepare", "begin", "-", stdin=SOUND)
    assert (sound.code, sound.out, sound.error) == (0, b"", "")
    refused = run("hook", "libvirt", "vm", "prepare", "begin", "-", stdin=CLASH)
    assert (refused.code, refused.out) == (1, b"")
    assert "error[addr-duplicate]" in refused.error and "vm:6:" in refused.error
    quiet = run("hook", "libvirt", "-q", "vm", "prepare", "begin", "-", stdin=CLASH)
    assert quiet.code == 1 and quiet.error


@pytest.mark.parametrize("operation", ["start begin", "started begin", "stopped end", "release end", "migrate begin"])
def test_libvirt_other_operations_are_passed(operation: str) -> None:
    ended = run("hook", "libvirt", "vm", *operation.split(), "-", stdin=CLASH)
    assert (ended.code, ended.out, ended.error) == (0, b"", "")


def test_libvirt_refuses_what_cannot_be_read() -> None:
    ended = run("hook", "libvirt", "vm", "prepare", "begin", "-", stdin=b"<domain>")
    assert (ended.code, ended.out) == (2, b"") and ended.error.startswith("pcisolve: vm:1:9: ")


def test_a_named_configuration_counts(tmp_path: Path) -> None:
    own = tmp_path / "site.toml"
    own.write_text('ignore = ["addr-duplicate"]\n')
    words = ("hook", "kubevirt", "--config", str(own), "--vmi", VMI, "--domain", CLASH.decode())
    assert run(*words).code == 0
