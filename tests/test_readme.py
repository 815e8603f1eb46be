"""The examples of README.md and docs/ are true: each command prints what they say it prints.

A ```console block is a session. Every line "$ ..." is run by bash beside a copy of examples/ (so that
"examples/q35.xml" names the shipped file), and the lines up to the next "$ " must be its output, stdout and stderr
as a terminal shows them, byte for byte. A line that ends in a backslash goes on in the next one. "$ echo $?" right
after another one must show its exit code.
All blocks of a file share one folder: a later one may read what an earlier one wrote.
To write the output anew after words have changed, run this file with DOCS=write in the environment and read the diff.
"""

from __future__ import annotations

import difflib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))) if path.is_file()]
TOO_LONG = 600  # seconds for one command: it hangs


class Step(NamedTuple):
    """A command of a session and the output that the document promises."""

    line: int
    command: str
    output: str


def sessions(text: str) -> list[list[Step]]:
    """The ```console blocks of a document, each as its steps."""
    blocks: list[list[Step]] = []
    fence = ""
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if not fence and bare.startswith("```"):
            fence = bare
            if fence == "```console":
                blocks.append([])
        elif bare == "```":
            fence = ""
        elif fence == "```console":
            add_line(blocks[-1], number, line)
    return blocks


def add_line(block: list[Step], number: int, line: str) -> None:
    """A line is a new command, the rest of one, or output of the last one."""
    if line.startswith("$ "):
        block.append(Step(number, line[2:], ""))
    elif not block:
        raise ValueError(f"line {number}: output before the first command of a console block")
    elif block[-1].command.endswith("\\"):
        block[-1] = block[-1]._replace(command=f"{block[-1].command}\n{line}")
    else:
        block[-1] = block[-1]._replace(output=f"{block[-1].output}{line}\n")


def faults(block: list[Step], folder: Path, path: str) -> list[str]:
    """What a session promises and does not keep; `path` is where commands are looked for."""
    return [difference(step, output) for step, output in outputs(block, folder, path) if output != step.output]


def outputs(block: list[Step], folder: Path, path: str) -> list[tuple[Step, str]]:
    """What each command of a session really prints."""
    found = []
    code = 0
    for step in block:
        if step.command == "echo $?":
            found.append((step, f"{code}\n"))
            continue
        code, output = run(step.command, folder, path)
        found.append((step, output))
    return found


def written_anew(text: str, found: list[tuple[Step, str]]) -> str:
    """A document with the output that its commands really print."""
    lines = text.splitlines(keepends=True)
    for step, output in reversed(found):
        begin = step.line + step.command.count("\n")
        lines[begin : begin + len(step.output.splitlines())] = output.splitlines(keepends=True)
    return "".join(lines)


def run(command: str, folder: Path, path: str) -> tuple[int, str]:
    """Exit code and output of a command line, in a terminal-like but colourless world."""
    world = {**os.environ, "PATH": path, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "100", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env=world,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        timeout=TOO_LONG,
        check=False,
    )
    return done.returncode, done.stdout


def difference(step: Step, output: str) -> str:
    lines = difflib.unified_diff(
        step.output.splitlines(), output.splitlines(), "the document says", "the command prints", lineterm=""
    )
    return "\n".join([f"line {step.line}: $ {step.command}", *lines])


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder in which the commands of a document may read the examples and write."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    return tmp_path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_are_true(document: Path, desk: Path) -> None:
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    text = document.read_text("utf-8")
    if os.environ.get("DOCS") == "write":
        document.write_text(written_anew(text, [one for block in sessions(text) for one in outputs(block, desk, here)]))
        return
    found = [fault for block in sessions(text) for fault in faults(block, desk, here)]
    assert not found, "\n\n".join([f"{document.relative_to(ROOT)} is not true:", *found])


@pytest.mark.skipif(ROOT / "README.md" not in DOCUMENTS, reason="no README.md yet")
def test_readme_has_examples() -> None:
    steps = [step for block in sessions((ROOT / "README.md").read_text("utf-8")) for step in block]
    assert any(step.command.startswith("pcisolve ") for step in steps)


SAMPLE = """
```console
$ pcisolve one \\
    two
said: one two

$ echo $?
3
$ cd nowhere 2>/dev/null
$ pcisolve three 2>/dev/null | tr a-z A-Z
SAID: THREE
```
```text
$ pcisolve not run
```
"""


@pytest.fixture
def fake(tmp_path: Path) -> str:
    """A search path whose pcisolve says its arguments and exits with 3."""
    script = tmp_path / "bin" / "pcisolve"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\necho "said: $*"\necho >&2\nexit 3\n')
    script.chmod(0o755)
    return f"{script.parent}{os.pathsep}{os.environ['PATH']}"


def test_true_sample_has_no_faults(tmp_path: Path, fake: str) -> None:
    (block,) = sessions(SAMPLE)
    assert [step.line for step in block] == [3, 7, 9, 10]
    assert [fault.splitlines()[0] for fault in faults(block, tmp_path, fake)] == []


@pytest.mark.parametrize(
    ("true", "false", "line"),
    [("said: one two", "said: one  two", 3), ("3\n$ cd", "0\n$ cd", 7), ("SAID: THREE", "said: three", 10)],
)
def test_false_sample_is_found(tmp_path: Path, fake: str, true: str, false: str, line: int) -> None:
    (block,) = sessions(SAMPLE.replace(true, false))
    (fault,) = faults(block, tmp_path, fake)
    assert fault.startswith(f"line {line}: $ ")


def test_output_needs_a_command() -> None:
    with pytest.raises(ValueError, match="line 2"):
        sessions("```console\nlost\n```\n")
