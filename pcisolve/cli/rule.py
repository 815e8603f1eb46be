"""pcisolve rule."""

from __future__ import annotations

import re
import sys
from difflib import get_close_matches
from typing import Any

import click

from pcisolve.catalog.error_texts import rules_of_error
from pcisolve.catalog.facts import HOW_KNOWN, facts
from pcisolve.cli.completing import rules_and_facts
from pcisolve.planning.file.laws import LAWS
from pcisolve.rules.registry import ALL, BY_ID
from pcisolve.rules.rule import Rule


@click.command("rule")
@click.argument("rule_id", metavar="[ID | ERROR]", default="", shell_complete=rules_and_facts)
def command(rule_id: str) -> None:
    """What a rule or a fact means, and why; without an id, all rules. The text of an error of libvirt or QEMU finds the
    rule it is about.

    \b
    Examples:
      pcisolve rule addr-duplicate
      pcisolve rule "XML error: Attempted double use of PCI Address 0000:00:05.0"
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
    if rule_id in facts():
        _tell_fact(rule_id)
        return
    found = BY_ID.get(rule_id)
    if found is None and (meant := rules_of_error(rule_id)):
        for name in meant:
            _tell(BY_ID[name])
        return
    if found is None and " " in rule_id.strip():
        click.echo("pcisolve: no rule is known for this error; pcisolve rule lists them", err=True)
        sys.exit(2)
    if found is None:
        near = get_close_matches(rule_id, [*BY_ID, *LAWS, *facts()], 1)
        hint = f'did you mean "{near[0]}"?' if near else "pcisolve rule lists them"
        click.echo(f'pcisolve: no rule "{rule_id}"; {hint}', err=True)
        sys.exit(2)
    _tell(found)


def _tell(rule: Rule[Any]) -> None:
    click.echo(f"{rule.id}\n\n{rule.text}\n")
    click.echo(f"enforced by: {rule.stage}\nseverity: {rule.severity}\nsource: {rule.source}")
    for word, examples in (("allows", rule.allows), ("forbids", rule.forbids)):
        for example in examples:
            click.echo(f"{word}: {example}")


def _tell_fact(name: str) -> None:
    text = facts()[name]
    tags = re.findall(r"[A-Z]", " ".join(re.findall(r"\[[^]]*\]", text)))
    how = [f"{tag}: {words}" for tag, words in HOW_KNOWN.items() if tag in tags]
    click.echo(f"{name}\n\n{text}")
    if how:
        click.echo(f"\n{'; '.join(how)}")
