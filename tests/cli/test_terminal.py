"""What people see on a terminal: colors, lines that fit, and where input is read from. With a pseudo-terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.cli.running import run

ROOT = Path(__file__).resolve().parent.parent.parent
GUEST, FAULTS = ROOT / "examples" / "q35.xml", ROOT / "examples" / "three-faults.xml"
MANY = ROOT / "examples" / "plans" / "many-domains.yaml"
ESCAPE = "\x1b["
TOO_LONG = 120  # seconds after which a command hangs


def on_terminal(*words: str | Path, columns: int = 80, typed: bytes = b"", **environment: str) -> tuple[int, str]:
    """Exit code and what a terminal shows of `pcisolve WORDS`; `typed` must end in Ctrl-D where input is read."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    world = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    command = [sys.executable, "-m", "pcisolve", *map(str, words)]
    process = subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env={**world, "TERM": "xterm", **environment}, cwd=ROOT
    )
    os.close(slave)
    if typed:
        os.write(master, typed)
    shown = b""
    while True:
        try:
            more = os.read(master, 1 << 16)
        except OSError:  # Linux: the other end is closed
            break
        if not more:
            break
        shown += more
    os.close(master)
    return process.wait(TOO_LONG), shown.decode().replace("\r\n", "\n")


def bare(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_tree_has_colors_that_say_nothing_by_themselves() -> None:
    code, shown = on_terminal("show", GUEST, columns=200)
    assert code == 0
    assert ESCAPE in shown
    assert bare(shown) == run("show", GUEST).text


@pytest.mark.parametrize("words", [("show", GUEST), ("check", FAULTS), ("check", "--diff", FAULTS)])
@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}])
def test_no_colors_where_none_are_wanted(words: tuple[str, Path], environment: dict[str, str]) -> None:
    _, shown = on_terminal(*words, **environment)
    assert shown
    assert ESCAPE not in shown


@pytest.mark.parametrize(
    "words", [("show", GUEST), ("check", FAULTS), ("check", "--diff", FAULTS), ("solve", "--format", "diff", GUEST)]
)
def test_colors_are_forced_into_a_pipe(words: tuple[str, ...]) -> None:
    forced, plain = (run(*words, NO_COLOR="", TERM="xterm", FORCE_COLOR=one) for one in ("1", ""))
    assert ESCAPE in forced.text
    assert ESCAPE not in plain.text
    assert bare(forced.text) == plain.text
    dumb = run(*words, NO_COLOR="", TERM="dumb", FORCE_COLOR="1")
    assert dumb.text == plain.text


@pytest.mark.parametrize("columns", [50, 60, 80])
def test_lines_are_as_wide_as_the_terminal(columns: int) -> None:
    _, shown = on_terminal("show", MANY, columns=columns)
    assert max(map(len, bare(shown).splitlines())) <= columns
    piped = run("show", MANY).text
    assert re.sub(r"[|`\s-]", "", bare(shown)) == re.sub(r"[|`\s-]", "", piped)


def test_reading_a_terminal_is_said() -> None:
    guest = b"<domain type='kvm'><name>g</name></domain>\n"
    _, shown = on_terminal("check", typed=guest + b"\x04")
    assert "pcisolve: reading standard input\n" in shown
    assert run("check", stdin=guest).error.count("reading") == 0


def test_a_large_plan_is_a_short_tree_and_all_of_it_is_there() -> None:
    folded, whole = run("show", MANY).text, run("show", "--all", MANY).text
    assert len(folded.splitlines()) < 50
    assert len(whole.splitlines()) == 21697
    one = run("show", "--domain", "3f", "--depth", "0", MANY)
    assert re.fullmatch(r"pcie\.63 pcie-root, domain 003f, [\d,]+ below\n", one.text)
    assert run("show", "--domain", "0001-000a", "--all", MANY).text.count("pcie-root,") == 10


@pytest.mark.parametrize("domain", ["x", "2-1", "123456789"])
def test_what_is_no_domain_is_refused(domain: str) -> None:
    assert run("show", "--domain", domain, GUEST).code == 2


def test_a_domain_that_is_not_there_is_said() -> None:
    ended = run("show", "--domain", "7", GUEST)
    assert ended.code == 2
    assert ended.error == "pcisolve: there is no such PCI domain (expected 0000 with --domain)\n"
    assert run("show", "--depth", "1", "--format", "svg", GUEST).code == 2
