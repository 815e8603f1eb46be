"""pcisolve schema."""

from __future__ import annotations

import json

import click

from pcisolve.cli.common import emit
from pcisolve.core.words import did_you_mean
from pcisolve.render.schemas import SCHEMAS, schema_of

_PLAN = ("plan", "plan files")


@click.command("schema")
@click.argument("name", default="")
@click.option("--output", "-o", metavar="FILE", help="write there instead of to stdout (replaced whole)")
def command(name: str, output: str | None) -> None:
    """The JSON Schema of an output or of a file that pcisolve reads; without NAME, which there are.

    \b
    Examples:
      pcisolve schema check
      pcisolve schema config -o pcisolve.schema.json
    """
    known = dict([*((one, about) for one, (about, _) in SCHEMAS.items()), _PLAN])
    if not name:
        emit("".join(f"{one:18}{about}\n" for one, about in known.items()).encode(), output)
        return
    if name not in known:
        raise click.UsageError(f'no schema "{name}"; {did_you_mean(name, known)}')
    if name == _PLAN[0]:
        from pcisolve.planning.file.schema import schema

        found = schema()
    else:
        found = schema_of(name)
    emit((json.dumps(found, indent=2) + "\n").encode(), output)
