"""From the text of a plan file to its values, with everything that is wrong with it at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from pcisolve.core.words import did_you_mean
from pcisolve.planning.file.entry import Entry, EntryReader, Problem, member_of
from pcisolve.planning.file.fields import MAX_DEVICES, PREFERENCES
from pcisolve.planning.file.members import check_pairs
from pcisolve.planning.file.own import bars_of, check_own, hugepages_of, own_of
from pcisolve.planning.file.repeat import repeated
from pcisolve.planning.file.switches import check_switches
from pcisolve.planning.file.text import Mark, PlanText
from pcisolve.planning.file.values import (
    Apart,
    DeviceWish,
    DomainWish,
    Limit,
    MachineWish,
    MirrorWish,
    PinWish,
    Plan,
    Relation,
    RootWish,
    Select,
    Spare,
    SwitchWish,
    Together,
)

_ID: Final = re.compile(r"(?:0x)?[0-9a-fA-F]{4}")


class PlanRead(NamedTuple):
    """A plan, or what is wrong with it. With problems, the plan holds what could be read."""

    plan: Plan
    problems: tuple[Problem, ...]


def read_plan(text: PlanText) -> PlanRead:
    """The values of a plan file; names are checked against each other, kinds and machines by whoever knows them."""
    reader = EntryReader()
    top = reader.entry(repeated(text, reader), "plan")
    plan = _plan(text, top, reader)
    _check_names(plan, reader)
    check_switches(plan, reader)
    _check_counts(plan, reader)
    return PlanRead(plan, tuple(reader.problems))


def _plan(text: PlanText, top: Entry, reader: EntryReader) -> Plan:
    return Plan(
        text=text,
        guest=top.get("guest", "planned"),
        machine=_machine(top.get("machine"), reader),
        platform=top.get("platform"),
        scheme=top.get("scheme"),
        base=top.get("base"),
        domains=tuple(_domain(one) for one in top.get("domains", ()) if one.get("name")),
        roots=tuple(_root(one) for one in top.get("roots", ()) if one.get("name")),
        devices=tuple(_device(one, reader) for one in top.get("devices", ()) if one.get("name") and one.get("kind")),
        relations=tuple(_relations(top.get("relations", ()), reader)),
        spares=tuple(_spare(one) for one in top.get("spare", ()) if one.get("kind")),
        limits=_limits(top.get("limits")),
        prefer=tuple(dict.fromkeys(top.get("prefer", PREFERENCES))),
        marks=top.marks,
        host=top.get("host"),
        mirror=_mirror(top.get("mirror")),
        switches=tuple(
            SwitchWish(one.get("name"), one.get("parent", ""), one.at)
            for one in top.get("switches", ())
            if one.get("name")
        ),
        pins=tuple(_pin(one) for one in top.get("pins", ()) if one.get("device")),
    )


def _pin(entry: Entry) -> PinWish:
    names = {"domain": "domains", "root": "roots", "numa": "nodes", "isolation": "isolation", "address": "address"}
    names["switch"] = "switch"
    changes = {field: entry.get(key) for key, field in names.items() if entry.get(key) is not None}
    return PinWish(tuple(dict.fromkeys(entry.get("device"))), changes, entry.at, entry.marks)


def _mirror(entry: Entry | None) -> MirrorWish | None:
    if entry is None or not entry.get("groups"):
        return None
    groups = tuple(dict.fromkeys(entry.get("groups")))
    return MirrorWish(groups, entry.get("keep", "relation"), entry.get("strict", False), entry.at)


def _select(entry: Entry | None, reader: EntryReader) -> Select | None:
    if entry is None:
        return None
    get = entry.get
    vendor, device = _id(entry, "vendor", reader), _id(entry, "device", reader)
    kinds, addresses = get("class", ()), get("address", ())
    return Select(kinds, vendor, device, get("numa"), addresses, get("iommu-group"), get("vf-of"), get("count", 0))


def _id(entry: Entry, key: str, reader: EntryReader) -> int | None:
    text = entry.get(key)
    if text is None:
        return None
    if not _ID.fullmatch(text):
        message = f'"{key}" is "{text[:60]}"; expected four hexadecimal digits, such as "10de"'
        reader.refuse("plan-type", message, entry.mark(key))
        return None
    return int(text, 16)


def _machine(entry: Entry | None, reader: EntryReader) -> MachineWish | None:
    if entry is None:
        return None
    get = entry.get
    return MachineWish(
        arch=get("arch"),
        type=get("type"),
        memory=get("memory", 0),
        vcpus=get("vcpus", 0),
        at=entry.at,
        accelerator=get("accelerator", "qemu"),
        cpu=get("cpu", ""),
        firmware=get("firmware", ""),
        hugepages=hugepages_of(entry, reader),
    )


def _domain(entry: Entry) -> DomainWish:
    return DomainWish(
        name=entry.get("name"),
        number=entry.get("index"),
        copies=entry.get("count", 1),
        nodes=entry.get("numa", ()),
        at=entry.at,
        iommu=entry.get("iommu", ""),
    )


def _root(entry: Entry) -> RootWish:
    return RootWish(entry.get("name"), entry.get("count", 1), entry.get("numa", ()), entry.at, entry.get("iommu", ""))


def _device(entry: Entry, reader: EntryReader) -> DeviceWish:
    return DeviceWish(
        name=entry.get("name"),
        kind=entry.get("kind"),
        copies=entry.get("count", 1),
        domains=entry.get("domain", ()),
        roots=entry.get("root", ()),
        nodes=entry.get("numa", ()),
        address=entry.get("address"),
        multifunction=entry.get("multifunction", False),
        isolation=entry.get("isolation"),
        host=entry.get("host", ()),
        at=entry.at,
        marks=entry.marks,
        bars=bars_of(entry.get("bar"), reader),
        select=_select(entry.get("select"), reader),
        own=own_of(entry, reader),
        without=entry.get("without", ()),
        hotplug=entry.get("hotplug", True),
        switch=entry.get("switch"),
    )


def _relations(entries: Iterable[Entry], reader: EntryReader) -> Iterable[Relation]:
    for entry in entries:
        together, apart, unit = entry.get("together"), entry.get("apart"), entry.get("on")
        if ("together" in entry.marks) == ("apart" in entry.marks):
            reader.refuse("plan-key", 'a relation has either the key "together" or the key "apart"', entry.at)
        for key, of in (("pairwise", "together"), ("at-most", "apart")):
            if key in entry.marks and of not in entry.marks:
                reader.refuse("plan-key", f'the key "{key}" belongs to "{of}"', entry.mark(key))
        if unit and together:
            yield Together(tuple(dict.fromkeys(together)), unit, entry.get("pairwise", False), entry.at)
        elif unit and apart:
            yield Apart(tuple(dict.fromkeys(apart)), unit, entry.get("at-most", 1), entry.at)


def _spare(entry: Entry) -> Spare:
    get = entry.get
    return Spare(
        get("kind"), get("count", 1), get("per", "guest"), get("hotplug", False), entry.at, get("root", ()), entry.marks
    )


def _limits(entry: Entry | None) -> tuple[Limit, ...]:
    if entry is None:
        return ()
    return tuple(Limit(name, value, entry.mark(name)) for name, value in entry.values.items())


def _check_names(plan: Plan, reader: EntryReader) -> None:
    groups = _unique([(one.name, one.at) for one in plan.devices], "device group", reader)
    domains = {name for one in plan.domains for name in one.names}
    wishes: list[DomainWish | RootWish] = [*plan.domains, *plan.roots]
    places = _unique([(name, one.at) for one in wishes for name in one.names], "domain or root", reader)
    for relation in plan.relations:
        _known(_groups(relation.groups), groups, "device group", relation.at, reader)
    for spare in plan.spares:
        _known(spare.roots, places, "root", spare.marks.get("root", spare.at), reader)
    for pin in plan.pins:
        _known(_groups(pin.groups), groups, "device group", pin.at, reader)
        _known(pin.changes.get("domains", ()), domains, "domain", pin.at, reader)
        _known(pin.changes.get("roots", ()), places, "root", pin.at, reader)
    if plan.mirror is not None:
        _known(plan.mirror.groups, groups, "device group", plan.mirror.at, reader)
    for device in plan.devices:
        _known(device.domains, domains, "domain", device.mark("domain"), reader)
        _known(device.roots, places, "root", device.mark("root"), reader)
    _check_numbers(plan, reader)


def _groups(references: Iterable[str]) -> Iterable[str]:
    return dict.fromkeys(member_of(one)[0] for one in references)


def _unique(named: list[tuple[str, Mark]], what: str, reader: EntryReader) -> set[str]:
    seen: dict[str, Mark] = {}
    for name, at in named:
        if name in seen:
            reader.refuse("plan-name", f'a second {what} "{name}"; the first is in line {seen[name].line}', at)
        seen.setdefault(name, at)
    return set(seen)


def _known(names: Iterable[str], known: set[str], what: str, at: Mark, reader: EntryReader) -> None:
    for name in names:
        if name not in known:
            hint = did_you_mean(name, sorted(known)) if known else "the plan has none"
            reader.refuse("plan-name", f'no {what} "{name}"; {hint}', at)


def _check_numbers(plan: Plan, reader: EntryReader) -> None:
    taken: dict[int, DomainWish] = {}
    for one in plan.domains:
        if one.number is None:
            continue
        if one.copies > 1:
            reader.refuse("plan-count", f'"index" is for one domain; "{one.name}" is {one.copies}', one.at)
        if one.number in taken:
            other = taken[one.number]
            message = f'domain "{one.name}" has index {one.number}, as "{other.name}" in line {other.at.line}'
            reader.refuse("plan-name", message, one.at)
        taken.setdefault(one.number, one)


def _check_counts(plan: Plan, reader: EntryReader) -> None:
    if not plan.devices and not reader.problems:
        reader.refuse("plan-key", "the plan has no devices", plan.mark("devices"))
    if sum(one.copies for one in plan.devices) > MAX_DEVICES:
        reader.refuse("plan-range", f"more than {MAX_DEVICES:,} devices in all", plan.mark("devices"))
    places: list[DomainWish | RootWish] = [*plan.domains, *plan.roots]
    for place in places:
        if len(place.nodes) > 1 and len(place.nodes) != place.copies:
            message = f'"numa" has {len(place.nodes)} nodes for {place.copies} of "{place.name}"; give one, or one each'
            reader.refuse("plan-count", message, place.at)
    for device in plan.devices:
        if device.address is not None and device.copies > 1:
            message = f'"address" is for one device; "{device.name}" is {device.copies:,}'
            reader.refuse("plan-count", message, device.mark("address"))
        if device.host and len(device.host) != device.copies:
            message = f'"host" has {len(device.host)} devices for {device.copies:,} of "{device.name}"'
            reader.refuse("plan-count", message, device.mark("host"))
    check_own(plan, reader)
    _check_host(plan, reader)
    if plan.host is None:
        check_pairs(plan, reader)


def _check_host(plan: Plan, reader: EntryReader) -> None:
    for device in plan.devices:
        if device.select is None:
            continue
        for key in ("host", "count", "address", "without"):
            if key in device.marks:
                message = f'"{key}" of "{device.name}" is what "select" says'
                reader.refuse("plan-key", message, device.mark(key))
        if plan.host is None:
            reader.refuse("plan-key", '"select" is without a host: the key "host" is missing', device.mark("select"))
    if plan.mirror is None:
        return
    for key in ("domains", "roots", "base"):
        if key in plan.marks:
            reader.refuse("plan-key", f'"mirror" decides the roots, so "{key}" cannot be there', plan.mark(key))
    if plan.host is None:
        reader.refuse("plan-key", '"mirror" is without a host: the key "host" is missing', plan.mirror.at)
