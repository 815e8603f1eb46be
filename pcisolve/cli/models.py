"""pcisolve models."""

from __future__ import annotations

import sys

import click

from pcisolve.api.options import parse_version
from pcisolve.catalog.catalog import NEWEST, Catalog, load_catalog
from pcisolve.catalog.controllers import ControllerModel
from pcisolve.catalog.devices import DeviceClass
from pcisolve.catalog.machines import Fixed, Machine, Reserved
from pcisolve.catalog.platforms import Platform
from pcisolve.catalog.table import dotted
from pcisolve.cli.completing import any_folder, ends, model_names
from pcisolve.core.kinds import spoken
from pcisolve.core.words import did_you_mean

_SORTS = ("controllers", "machines", "devices", "platforms")
Lines = list[tuple[str, str]]


@click.command("models")
@click.argument("name", default="", shell_complete=model_names)
@click.option(
    "--models",
    metavar="DIR",
    shell_complete=any_folder,
    help="a folder of models that adds to and overrides the shipped ones",
)
@click.option(
    "--libvirt",
    metavar="VERSION",
    shell_complete=ends,
    help="as this libvirt knows them, such as 9.0.0 [the newest known]",
)
def command(name: str, models: str | None, libvirt: str | None) -> None:
    """The controllers, machines, devices and platforms that are known; NAME shows one, with its source.

    \b
    Examples:
      pcisolve models
      pcisolve models pcie-root-port
      pcisolve models q35 --libvirt 9.0.0
    """
    try:
        version = NEWEST if libvirt is None else parse_version(libvirt)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    catalog = load_catalog(models, version)
    if not name:
        _list(catalog)
        return
    found = [lines for sort, key, lines in _entries(catalog) if key == name]
    if not found:
        known = [key for _, key, _ in _entries(catalog)]
        click.echo(f'pcisolve: no model "{name}"; {did_you_mean(name, known)}', err=True)
        sys.exit(2)
    for lines in found:
        width = max(len(word) for word, _ in lines)
        click.echo("\n".join(f"{word:{width}}  {text}".rstrip() for word, text in lines))


def _list(catalog: Catalog) -> None:
    last = ""
    for sort, key, lines in _entries(catalog):
        if sort != last:
            click.echo(f"{sort}:")
        last = sort
        click.echo(f"  {key:28} {dict(lines)['summary']}")


def _entries(catalog: Catalog) -> list[tuple[str, str, Lines]]:
    """Every model as (sort, name, lines to print)."""
    return [
        *(("controllers", one.name, _controller(one)) for one in catalog.controllers()),
        *(("machines", one.family, _machine(one)) for one in catalog.machines()),
        *(("devices", one.element, _device(one)) for one in catalog.devices()),
        *(("platforms", one.name, _platform(one)) for one in catalog.platforms()),
    ]


def _since(version: tuple[int, ...]) -> str:
    return f"libvirt {dotted(version)}" if any(version) else "always"


def _controller(one: ControllerModel) -> Lines:
    options = [f"{name} {_range(one, name)}".strip() for name in one.targets]
    return [
        ("controller", one.name),
        ("summary", one.summary),
        ("needs", "nothing: it is a root" if one.root else f"a bus that takes {spoken(one.needs)}"),
        ("takes", spoken(one.accepts)),
        ("slots", f"{one.min_slot} to {one.max_slot}"),
        ("unasked", "devices may be placed here" if one.automatic else "only what is put here explicitly"),
        ("hotplug", "yes" if one.hotplug else "no"),
        ("target", ", ".join(options) or "none"),
        ("model name", ", ".join(one.qemu_names) or "none"),
        ("machines", ", ".join(one.machines) or "any"),
        ("since", _since(one.since)),
        ("source", one.source),
    ]


def _range(one: ControllerModel, name: str) -> str:
    option = one.targets[name]
    if option.values:
        return "|".join(option.values)
    return "" if option.minimum is None else f"{option.minimum}..{option.maximum}"


def _machine(one: Machine) -> Lines:
    builtin: list[Reserved | Fixed] = [*one.reserved, *one.fixed]
    places = [f"{place.what} at 00:{place.slot:02x}.{place.function:x}" for place in builtin]
    return [
        ("machine", one.family),
        ("summary", one.summary),
        ("names", ", ".join(one.names)),
        ("architectures", ", ".join(one.arches)),
        ("root", one.root or one.hand_written_root or "none"),
        ("roots", f"{one.roots_flat} flat, {one.roots_multi_domain} multi-domain"),
        ("grows by", ", ".join(name for name in (one.grows_conventional, one.grows_express) if name) or "nothing"),
        ("chipset", "; ".join(places) or "nothing on bus 0"),
        ("guest buses", str(one.guest_buses)),
        ("since", _since(one.since)),
        ("source", one.source),
    ]


def _device(one: DeviceClass) -> Lines:
    sorts = [(f"  {variant.name}", variant.needs or "not on PCI") for variant in one.variants]
    heading: Lines = [("device", one.element), ("summary", one.summary)]
    return [*heading, *sorts, ("since", _since(one.since)), ("source", one.source)]


def _platform(one: Platform) -> Lines:
    return [
        ("platform", one.name),
        ("summary", one.summary),
        ("domains", f"{one.domains}, from {one.first_domain}"),
        ("buses", f"{one.buses_per_domain} per domain"),
        ("bridges", "yes" if one.bridges else "no"),
        ("multifunction", "yes" if one.multifunction else "no"),
        *(("note", note) for note in one.notes),
        ("source", one.source),
    ]
