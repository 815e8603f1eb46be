"""What a shell offers for an argument: ids, names of models and platforms, and for files what it always offers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Offered: TypeAlias = "list[CompletionItem]"


def any_file(context: click.Context, parameter: click.Parameter, begun: str) -> Offered:
    """The shell's own names of files."""
    return [_item(begun, "file")]


def any_folder(context: click.Context, parameter: click.Parameter, begun: str) -> Offered:
    """The shell's own names of folders."""
    return [_item(begun, "dir")]


def ends(context: click.Context, parameter: click.Parameter, begun: str) -> Offered:
    """The versions that have a name."""
    return _among(begun, (("oldest", ""), ("newest", "")))


def rule_ids(context: click.Context, parameter: click.Parameter, begun: str) -> Offered:
    """The rules of guests."""
    from pcisolve.rules.registry import ALL

    return _among(begun, ((one.id, one.title) for one in sorted(ALL, key=lambda one: one.id)))


def rules_and_facts(context: click.Context, parameter: click.Parameter, begun: str) -> Offered:
    """All that `pcisolve rule` tells: rules of guests, laws of plans, facts."""
    from pcisolve.catalog.facts import facts
    from pcisolve.planning.file.laws import LAWS

    laws = ((name, law.title) for name, law in LAWS.items())
    return [*rule_ids(context, parameter, begun), *_among(begun, laws), *_among(begun, ((one, "") for one in facts()))]


def platforms(context: click.Context, parameter: click.Parameter, begun: str) -> Offered:
    """The platforms, of a folder of models too where one is named already."""
    from pcisolve.catalog.catalog import load_catalog

    return _among(begun, ((one.name, one.summary) for one in load_catalog(_models(context)).platforms()))


def model_names(context: click.Context, parameter: click.Parameter, begun: str) -> Offered:
    """All that `pcisolve models` shows: controllers, machines, kinds of devices (those of plans too), platforms."""
    from pcisolve.catalog.catalog import load_catalog

    catalog = load_catalog(_models(context))
    named = [(one.name, one.summary) for one in catalog.controllers()]
    named += [(one.family, one.summary) for one in catalog.machines()]
    named += [(one.element, one.summary) for one in catalog.devices()]
    named += [(one.name, one.summary) for one in catalog.platforms()]
    return _among(begun, named)


def _models(context: click.Context) -> str | None:
    found = context.params.get("models")
    return found if isinstance(found, str) else None


def _among(begun: str, words: Iterable[tuple[str, str]]) -> Offered:
    return [_item(word, about=about) for word, about in words if word.startswith(begun)]


def _item(word: str, kind: str = "plain", about: str = "") -> CompletionItem:
    from click.shell_completion import CompletionItem  # only while a shell completes

    return CompletionItem(word, type=kind, help=about or None)
