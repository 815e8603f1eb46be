"""How `pcisolve` ends: exit codes, one line on stderr, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from tests.cli.running import measure, run
from tests.support import domain

SOUND = domain("q35", "<rng model='virtio'/>")
CLASH = domain("q35", "<rng model='virtio'><address type='pci' slot='0x1f'/></rng>")
READERS = [("solve",), ("check",), ("show",), ("convert", "--to", "flat")]


@pytest.mark.parametrize("words", READERS)
def test_no_file_and_a_dash_are_stdin(words: tuple[str, ...]) -> None:
    for more in ((), ("-",)):
        ended = run(*words, *more, stdin=SOUND)
        assert (ended.code, ended.error) == (0, "")
        refused = run(*words, *more, stdin=b"<domain>")
        assert (refused.code, refused.out) == (2, b"")
        assert refused.error.startswith("pcisolve: <stdin>:1:9: not well-formed XML: ")


@pytest.mark.parametrize("words", READERS)
def test_findings_are_exit_1_and_quiet_is_quiet(words: tuple[str, ...]) -> None:
    ended = run(*words, stdin=CLASH)
    assert ended.code == 1
    said = ended.text if words == ("check",) else ended.error
    assert said.startswith("error[addr-duplicate]: rng is at 0000:00:1f.0, where ")
    assert "<stdin>:6:45\n" in said
    silent = run(*words, "--quiet", stdin=CLASH)
    assert (silent.code, silent.out, silent.error) == (1, b"", "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Usage: pcisolve [OPTIONS] COMMAND [ARGS]..."),
        (("chekc",), 'no command "chekc"; did you mean "check"?'),
        (
            ("zzz",),
            'no command "zzz"; one of batch, check, completions, convert, diff, fit, hook, host, lsp, models, '
            "plan-schema, rule, schema, show, solve, verify",
        ),
        (("--bogus",), "No such option"),
        (("solve", "a", "b"), "unexpected extra argument (b)"),
        (("solve", "--scheme", "both"), "'both' is not one of 'auto', 'flat', 'multi-domain'"),
        (("solve", "--time-limit", "0"), "0.0 is not in the range x>=0.001"),
        (("check", "--stage", "host"), "'host' is not one of 'libvirt', 'qemu', 'guest'"),
        (("check", "--libvirt", "9.x"), '"9.x" is not a libvirt version such as 9.0.0'),
        (("models", "--libvirt", "9.0.0.1"), '"9.0.0.1" is not a libvirt version such as 9.0.0'),
        (("check", "--bus-bits", "9"), "'9' is not one of '0', '8'"),
        (("convert",), "Missing option '--to'"),
        (("batch",), "Missing argument 'PATHS...'"),
        (("batch", "--workers", "0", "."), "0 is not in the range 1<=x<=1024"),
        (("rule", "index-unik"), 'pcisolve: no rule "index-unik"; did you mean "index-unique"?'),
        (("models", "pseris"), 'pcisolve: no model "pseris"; did you mean "pseries"?'),
    ],
)
def test_wrong_usage_is_exit_2_and_says_what_would_be_right(words: tuple[str, ...], message: str) -> None:
    ended = run(*words, stdin=SOUND)
    assert (ended.code, ended.out) == (2, b"")
    assert message in ended.error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("solve", "none.xml"), "none.xml: No such file or directory (expected a readable file)"),
        (("check", "."), ".: Is a directory (expected a readable file)"),
        (("show", "a\0b"), "a\0b: not a name that a file can have (expected a readable file)"),
        (("solve", "-o", "none/solved.xml"), "No such file or directory"),
        (("batch", "none.xml"), "none.xml: no such file, directory or match (expected a file, a directory or a glob)"),
        (("batch", "*.toml"), "*.toml: no such file, directory or match"),
        (("check", "--models", "none"), "none: No such file or directory (expected a folder of model files)"),
        (("models", "--models", "none"), "none: No such file or directory (expected a folder of model files)"),
    ],
)
def test_files_that_are_not_there(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as here:
        here.chdir(tmp_path)
        ended = run(*words, stdin=SOUND)
    assert (ended.code, ended.out) == (2, b"")
    assert ended.error.startswith("pcisolve: ")
    assert message in ended.error
    assert ended.error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_defect_is_one_line_too() -> None:
    with mock.patch("pcisolve.api.guest.Guest.solve", side_effect=RuntimeError("oops")):
        ended = run("solve", stdin=SOUND)
    assert (ended.code, ended.out) == (2, b"")
    assert ended.error == "pcisolve: internal error (RuntimeError: oops); please report it\n"


def test_an_interrupted_command_is_no_finding() -> None:
    with mock.patch("pcisolve.api.guest.Guest.solve", side_effect=KeyboardInterrupt):
        assert run("solve", stdin=SOUND).code == 130


@pytest.mark.parametrize("words", [("--help",), ("rule",), ("solve", "-"), ("show", "-"), ("models",)])
def test_when_nobody_reads_on_it_is_no_finding(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "pcisolve", *words]
    try:
        ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, input=SOUND, timeout=600, check=False)
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("words", [("rule",), ("solve", "-"), ("show", "-")])
def test_a_full_disk_is_exit_2(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "pcisolve", *words]
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, input=SOUND, timeout=600, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"pcisolve: No space left on device")


def test_closed_stdin_and_stdout() -> None:
    with mock.patch("sys.stdin", None):
        from pcisolve.core.errors import InputError
        from pcisolve.libvirt.container import read_path

        with pytest.raises(InputError, match="standard input is closed"):
            read_path("-")
    from pcisolve.cli.common import emit

    with mock.patch("sys.stdout", None), pytest.raises(OSError, match="standard output is closed"):
        emit(b"", None)


def test_python_m_pcisolve_is_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "guest.xml").write_bytes(SOUND)
    ended = measure(folder, "solve", "guest.xml")
    assert (ended.code, ended.error) == (0, "")
    assert ended.out == run("solve", stdin=SOUND).out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pcisolve so", ["solve"]),
        ("pcisolve c", ["check", "convert", "completions"]),
        ("pcisolve solve --policy m", ["minimal"]),
        ("pcisolve check --format j", ["json", "jsonl", "junit"]),
        ("pcisolve rule addr-dup", ["addr-duplicate"]),
        ("pcisolve rule plan-ki", ["plan-kind"]),
        ("pcisolve models pcie-root-p", ["pcie-root-port"]),
        ("pcisolve check --without addr-dup", ["addr-duplicate"]),
        ("pcisolve check --platform qemu-ps", ["qemu-pseries"]),
        ("pcisolve solve --libvirt old", ["oldest"]),
    ],
)
def test_shell_completion(typed: str, offered: list[str]) -> None:
    number = str(len(typed.split()) - 1)
    ended = run(_PCISOLVE_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=number)
    assert ended.code == 0
    assert ended.text.splitlines() == [f"plain,{word}" for word in offered]


@pytest.mark.parametrize(
    "typed", ["check g", "solve g", "solve -o g", "diff g", "show g", "batch g", "solve --against g"]
)
def test_files_are_left_to_the_shell(typed: str) -> None:
    words = f"pcisolve {typed}"
    ended = run(_PCISOLVE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1))
    assert ended.text.splitlines() == ["file,g"]


def test_shell_completion_script() -> None:
    assert run("completions", "zsh").text.startswith("#compdef pcisolve\n")
    assert run(_PCISOLVE_COMPLETE="zsh_source").text.startswith("#compdef pcisolve\n")
