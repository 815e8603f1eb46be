"""pcisolve plan-schema."""

from __future__ import annotations

import json

import click

from pcisolve.cli.common import emit
from pcisolve.cli.completing import any_file
from pcisolve.planning.file.schema import schema


@click.command("plan-schema")
@click.option(
    "--output", "-o", metavar="FILE", shell_complete=any_file, help="write there instead of to stdout (replaced whole)"
)
def command(output: str | None) -> None:
    """The JSON Schema of plan files, for editors that complete and check YAML.

    \b
    Example:
      pcisolve plan-schema -o plan.schema.json
    """
    emit((json.dumps(schema(), indent=2) + "\n").encode(), output)
