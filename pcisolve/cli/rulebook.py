"""All rules as one page of Markdown, from their docstrings. `make docs` writes it to docs/rules.md."""

from __future__ import annotations

import sys
from itertools import groupby
from typing import Any

from pcisolve.planning.file.laws import LAWS
from pcisolve.rules import registry
from pcisolve.rules.docstrings import docstring_of_module
from pcisolve.rules.rule import ERROR, Rule

_HEAD = """\
# Rules

<!-- Made by `make docs` from the docstrings in pcisolve/rules; edit those. -->

{count} rules, by family, and {laws} of plan files. `pcisolve rule ID` prints one of them. Each has a stage, which says
who enforces it: libvirt (refused when the guest is defined), qemu (refused at start) or guest (it starts, and something
is silently broken); those that only warn or note say so. Examples are the smallest `<devices>` that keep and break a
rule, with the machine in front.
"""


def rulebook() -> str:
    """Every rule with its reason, stage, source and examples, in the order of the registry."""
    pages = [_HEAD.format(count=len(registry.ALL), laws=len(LAWS))]
    for family, rules in groupby(registry.ALL, key=_family):
        pages.append(f"## {family}\n")
        pages += [_entry(rule) for rule in rules]
    pages.append("## Plan files\n")
    pages += [f"### {name}\n\n{law.title}\n\n{law.reason}\n" for name, law in LAWS.items()]
    return "\n".join(pages)


def _family(rule: Rule[Any]) -> str:
    """The first line of the docstring of the file a rule is in."""
    text = docstring_of_module(type(rule))
    return text.split("\n")[0].rstrip(".")


def _entry(rule: Rule[Any]) -> str:
    lines = [f"### {rule.id}", "", rule.text, ""]
    severity = "" if rule.severity == ERROR else f" Severity: {rule.severity}."
    lines.append(f"Stage: {rule.stage}.{severity} Source: {rule.source}.")
    for word, examples in (("Allowed", rule.allows), ("Forbidden", rule.forbids)):
        if examples:
            lines += ["", f"{word}:", "", "```text", *examples, "```"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(rulebook())
