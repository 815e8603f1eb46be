"""Controllers that may not be: another model, another index, another option."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from pcisolve.core.address import Address
from pcisolve.core.change import TEXT, Change
from pcisolve.problem.parts import Controller, Part
from pcisolve.repair.bench import Bench
from pcisolve.repair.remedies.machine import converted, other_machines
from pcisolve.repair.remedy import Remedies, Remedy, drop, free, put
from pcisolve.rules.rule import Telling
from pcisolve.rules.targets import Setting


def _model(bench: Bench, case: Controller, telling: Telling) -> Iterator[Remedy]:
    """The machine's root for index 0; else the model most alike, and what libvirt itself would add."""
    machine = bench.problem.machine
    if case.index == 0 and machine.root:
        yield from put(case.node, "model", machine.root, f"model {machine.root}")
        return
    word = case.view.get("model") or ""
    fitting = [
        model
        for model in bench.problem.catalog.controllers()
        if not model.root and (not model.machines or machine.family in model.machines)
    ]
    alike = sorted(fitting, key=lambda one: (-_likeness(word, one.name), one.name))
    meant = [model.name for model in alike if _likeness(word, model.name)][:1]
    for name in dict.fromkeys((*meant, machine.grows_express, machine.grows_conventional)):
        if name and bench.problem.catalog.controller(name) in fitting:
            yield from put(case.node, "model", name, f"model {name}")
    yield from drop(case.node, "", "remove controller")


def _likeness(word: str, name: str) -> float:
    """How alike two words are, 0 to 1; 0 unless they are rather alike."""
    ratio = SequenceMatcher(None, word, name).ratio()
    return round(ratio, 3) if ratio > 0.6 else 0.0


def _root(bench: Bench, case: Controller, telling: Telling) -> Iterator[Remedy]:
    yield from converted(bench, case)
    yield from _model(bench, case, telling)
    if not case.index_given:
        index = bench.free_index()
        if index is not None:
            yield from put(case.node, "index", str(index), "free index")
    yield from other_machines(bench, case)


def _other_index(bench: Bench, case: Controller, telling: Telling) -> Iterator[Remedy]:
    yield from renumber(bench, case, above=0)
    yield from drop(case.node, "", "remove controller")


def renumber(bench: Bench, case: Controller, above: int) -> Iterator[Remedy]:
    """A free index for the controller; alone, or together with the addresses that name its bus."""
    index = bench.free_index(above)
    if index is None or case.node is None:
        return
    alone = Change(case.node, "index", str(index))
    yield Remedy("free index", (alone,))
    following = []
    for part in bench.problem.parts:
        asked = part.pinned
        if asked is not None and part.address_node is not None and bench.problem.provider_index(asked) == case.index:
            following.append(Change(part.address_node, "", asked._replace(bus=index)))
    if following and not case.is_root:
        yield Remedy("free index, bus follows", (alone, *following))


def _twins(bench: Bench, case: tuple[Part, ...], telling: Telling) -> Iterator[Remedy]:
    """The later twins get indexes of their own, or go."""
    later = sorted(case, key=lambda one: one.place_node.number)[1:]
    if all(isinstance(one, Controller) for one in case):
        changes = [Change(one.node, "index", str(bench.free_index())) for one in later if one.node is not None]
        yield Remedy("free index", tuple(changes))
    else:
        used = {one.view.get("index") for one in bench.problem.by_kind("controller")}
        free = iter([str(number) for number in range(len(used) + len(later) + 1) if str(number) not in used])
        changes = [Change(one.node, "index", next(free)) for one in later if one.node is not None]
        yield Remedy("free index", tuple(changes))
    yield Remedy("remove controller", tuple(Change(one.node, "", None) for one in later if one.node is not None))


def _above_parent(bench: Bench, case: Controller, telling: Telling) -> Iterator[Remedy]:
    provider = bench.question.choice.places[case].provider if case in bench.question.choice.places else 0
    yield from renumber(bench, case, above=provider)
    parent = bench.controller(provider)
    if parent is not None and parent is not case and parent.index > case.index:
        yield from _swapped(case, parent)
    yield from free(case)
    yield from drop(case.node, "", "remove controller")


def _swapped(case: Controller, parent: Controller) -> Iterator[Remedy]:
    """The two indexes exchanged, so that the part above comes first; the address names the new one."""
    asked = case.pinned
    if case.node is None or parent.node is None or asked is None or case.address_node is None:
        return
    address: Address = asked._replace(bus=case.index)
    changes = (Change(case.node, "index", str(parent.index)), Change(parent.node, "index", str(case.index)))
    yield Remedy("swap indexes", (*changes, Change(case.address_node, "", address)))


def _name(bench: Bench, case: Controller, telling: Telling) -> Iterator[Remedy]:
    name = case.view.first("model")
    fitting = case.model.qemu_names if case.model is not None else ()
    if case.is_root:
        fitting = (bench.problem.machine.root_name,) if bench.problem.machine.root_name else ()
    if fitting:
        yield from put(name, "name", fitting[0], "model name")
    yield from drop(name, "name" if fitting else "", "drop model name")


def _option(bench: Bench, case: Setting, telling: Telling) -> Iterator[Remedy]:
    """Into its range, or left to libvirt."""
    target = (case.controller.node or case.controller.view).first("target")
    option = case.controller.model.targets.get(case.option) if case.controller.model else None
    if target is not None and case.option in target.attributes:
        if option is not None and option.maximum is not None and option.minimum is not None:
            bounded = min(max(int(case.value), option.minimum), option.maximum)
            yield from put(target, case.option, str(bounded), "into range")
        yield from drop(target, case.option, "drop option")
    elif case.option not in case.controller.targets:
        yield from drop(case.controller.node, "", "remove controller")


def _numa_node(bench: Bench, case: Setting, telling: Telling) -> Iterator[Remedy]:
    """The last cell there is, or none."""
    node = (case.controller.node or case.controller.view).find("target/node")
    if bench.problem.numa_cells and case.controller.index and node is not None:
        yield Remedy("last cell", (Change(node, TEXT, str(bench.problem.numa_cells - 1)),))
    yield from drop(node, "", "drop node")


REMEDIES: dict[str, Remedies] = {
    "model-required": _model,
    "root-model-mismatch": _root,
    "pci-root-extra-machine": _model,
    "roots-per-machine": _model,
    "controller-machine": _model,
    "model-name-match": _name,
    "index-unique": _twins,
    "controller-duplicate": _twins,
    "index-max-255": _other_index,
    "index-above-bus-bridge-only": _above_parent,
    "rfc-parent-lower": _above_parent,
    "rfc-bus-gt-domain": _above_parent,
    "rfc-own-address": _above_parent,
    "rfc-bus-bits": _above_parent,
    "rfc-zero-root": _other_index,
    "target-applies": _option,
    "target-range": _option,
    "target-index": _option,
    "node-exists": _numa_node,
    "node-not-on-index0": _numa_node,
}
