"""pcisolve rule."""

from __future__ import annotations

import sys

import click

from pcisolve.core.words import did_you_mean
from pcisolve.planning.file.laws import LAWS
from pcisolve.rules.registry import ALL, BY_ID


@click.command("rule")
@click.argument("rule_id", metavar="[ID]", default="")
def command(rule_id: str) -> None:
    """What a rule means, and why; without an id, all of them.

    \b
    Example:
      pcisolve rule addr-duplicate
    """
    if not rule_id:
        for rule in sorted(ALL, key=lambda one: one.id):
            click.echo(f"{rule.id:30} {rule.stage:8} {rule.title}")
        for name, law in LAWS.items():
            click.echo(f"{name:30} {'plan':8} {law.title}")
        return
    if rule_id in LAWS:
        click.echo(f"{rule_id}\n\n{LAWS[rule_id].title}\n\n{LAWS[rule_id].reason}")
        return
    found = BY_ID.get(rule_id)
    if found is None:
        click.echo(f'pcisolve: no rule "{rule_id}"; {did_you_mean(rule_id, [*BY_ID, *LAWS])}', err=True)
        sys.exit(2)
    click.echo(f"{found.id}\n\n{found.text}\n")
    click.echo(f"enforced by: {found.stage}\nseverity: {found.severity}\nsource: {found.source}")
    for word, examples in (("allows", found.allows), ("forbids", found.forbids)):
        for example in examples:
            click.echo(f"{word}: {example}")
