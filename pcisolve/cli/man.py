"""The manual pages: python -m pcisolve.cli.man DIR writes pcisolve.1 and a page for each command.

They say what --help says, in the macros of man(7); without a date, so that the same version gives the same bytes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pcisolve.cli.main import group
from pcisolve.core.files import write_atomically
from pcisolve.core.version import VERSION


def pages() -> Iterator[tuple[str, str]]:
    """The name of each page, without .1, and its text; commands of commands have pages of their own."""
    yield from _pages(group, click.Context(group, info_name="pcisolve"))


def main(words: list[str]) -> int:
    """Write the pages into the folder that is named; the exit code."""
    if len(words) != 1 or words[0].startswith("-"):
        print("usage: python -m pcisolve.cli.man DIR", file=sys.stderr)
        return 2
    folder = Path(words[0])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages():
            write_atomically(str(folder / f"{name}.1"), text.encode())
    except OSError as error:
        print(f"{error.filename or folder}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def _pages(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    inner = _inner(command, context)
    path = context.command_path.split(" ")
    yield "-".join(path), "\n".join(_page(command, context, [name for name, _ in inner])) + "\n"
    for name, one in inner:
        yield from _pages(one, click.Context(one, info_name=name, parent=context))


def _inner(command: click.Command, context: click.Context) -> list[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        return []
    found = ((name, command.get_command(context, name)) for name in command.list_commands(context))
    return [(name, one) for name, one in found if one is not None]


def _page(command: click.Command, context: click.Context, inner: list[str]) -> Iterator[str]:
    name = context.command_path.replace(" ", "-")
    help_ = (command.help or "").partition("\f")[0]
    first = " ".join(help_.strip().partition("\n\n")[0].split())
    yield f'.TH "{_text(name.upper())}" "1" "" "pcisolve {VERSION}" "pcisolve"'
    yield from (".SH NAME", f"{_text(name)} \\- {_text(first.rstrip('.'))}")
    usage = " ".join(command.collect_usage_pieces(context))
    yield from (".SH SYNOPSIS", f".B {_text(context.command_path)}", _line(usage), ".SH DESCRIPTION", *_help(help_))
    yield ".SH OPTIONS"
    for one in command.get_params(context):
        record = one.get_help_record(context)
        if record is not None:
            yield from (".TP", f".B {_text(record[0])}", _line(record[1]))
    others = [*(f"{name}-{one}" for one in inner), *([name.rpartition("-")[0]] if context.parent else [])]
    yield from (".SH SEE ALSO", ",\n".join(f".BR {_text(one)} (1)" for one in others).replace(",\n", " ,\n"))


def _help(text: str) -> Iterator[str]:
    """Paragraphs are filled, but for those after a line with \\b alone."""
    for paragraph in text.strip().split("\n\n"):
        lines = paragraph.splitlines()
        yield ".PP"
        if lines and lines[0].strip() == "\b":
            yield from (".nf", *(_line(one) for one in lines[1:]), ".fi")
        else:
            yield from (_line(one.strip()) for one in lines)


def _line(text: str) -> str:
    """A line of text: what begins like a request is none."""
    text = _text(text)
    return f"\\&{text}" if text.startswith((".", "'")) else text


def _text(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
