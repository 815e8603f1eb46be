"""Completion in the real shells, where they are installed: keys are typed, and the line is read."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import sys
import time
from pathlib import Path

import pytest

STARTS = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "--interactive"],
}
SETUPS = {
    "bash": "PS1='> '; bind 'set bell-style none'; eval \"$(pcisolve completions bash)\"; echo rea''dy\n",
    "zsh": "PS1='> '; autoload -Uz compinit; compinit -u -D; eval \"$(pcisolve completions zsh)\"; echo rea''dy\n",
    "fish": "pcisolve completions fish | source; echo rea''dy\n",
}
TYPED = [
    ("pcisolve chec", "pcisolve check"),
    ("pcisolve check gue", "pcisolve check guest one.xml"),
    ("pcisolve solve -o gue", "pcisolve solve -o guest one.xml"),
    ("pcisolve rule addr-dupl", "pcisolve rule addr-duplicate"),
    ("pcisolve check --format sar", "pcisolve check --format sarif"),
    ("pcisolve solve --platform qemu-ps", "pcisolve solve --platform qemu-pseries"),
]


def screen(shell: str, folder: Path, typed: str, wanted: str) -> str:
    """What the terminal shows after these keys and a tab, without colors and quoting; at most 30 seconds are waited."""
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(folder)
        os.environ.update(TERM="dumb", PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}", COLUMNS="200")
        os.execvp(shell, [shell, *STARTS[shell]])
    try:
        os.write(terminal, SETUPS[shell].encode())
        read_until(terminal, "ready")
        os.write(terminal, f"{typed}\t".encode())
        return read_until(terminal, wanted)
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


def read_until(terminal: int, wanted: str) -> str:
    raw, end = b"", time.monotonic() + 30
    shown = ""
    while wanted not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            raw += os.read(terminal, 65536)
            text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07|\\", "", raw.decode(errors="replace"))
            shown = re.sub(r"'|\r", "", text)
    return shown


@pytest.mark.parametrize("shell", STARTS)
def test_words_complete_and_files_complete_as_ever(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "guest one.xml").touch()
    for typed, wanted in TYPED:
        assert wanted in screen(shell, tmp_path, typed, wanted), typed
