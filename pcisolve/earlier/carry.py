"""What an earlier layout says about a guest: controllers to bring over, and where each part was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple

from pcisolve.core.address import Address
from pcisolve.core.change import FIRST_ADDED, Change, NewElement, changed
from pcisolve.core.node import Node
from pcisolve.earlier.identity import identity_of
from pcisolve.earlier.matching import Pair, match
from pcisolve.earlier.record import Earlier, Remembered
from pcisolve.problem.choice import Kept, Place
from pcisolve.problem.parts import NO_ZPCI, Controller, Part, ZpciIds
from pcisolve.problem.problem import Problem


class Merged(NamedTuple):
    """A guest with the controllers of an earlier layout that it does not name.

    Attributes:
        root: the <domain> element; what was brought over is numbered from FIRST_ADDED.
        indexes: of the guest's own controllers that have none, by Node.number.
        carried: the indexes of the controllers that were brought over.
    """

    root: Node
    indexes: dict[int, int]
    carried: frozenset[int]


def merge(problem: Problem, earlier: Earlier, dropped: Collection[int] = ()) -> Merged:
    """Bring the controllers over, but for those with these indexes.

    A controller without an index gets that of the earlier one of its model and address, or else of one of its model, in
    order.
    """
    before = earlier.controllers
    named = {one.index for one in problem.controllers if one.index_given or one.node is None}
    indexes = dict(_indexes(problem, {index: one for index, one in before.items() if index not in named}))
    taken = named | set(indexes.values()) | set(dropped)
    new = [one for index, one in sorted(before.items()) if index not in taken and _is_known(problem, one)]
    elements = [one.element or _element(one, problem) for one in new]
    return Merged(_with(problem.root, elements), indexes, frozenset(one.index for one in new if one.index is not None))


def _is_known(problem: Problem, one: Remembered) -> bool:
    return problem.catalog.controller(one.model) is not None


def other_root(problem: Problem, earlier: Earlier) -> tuple[str, str] | None:
    """What bus 0 was and what it is, where that is not the same: on pc there is nothing to keep of a q35 guest."""
    was = earlier.controllers.get(0)
    now = next((one.model.name for one in problem.controllers if one.index == 0 and one.model is not None), None)
    return (was.model, now) if was is not None and now is not None and was.model != now else None


def _indexes(problem: Problem, free: dict[int, Remembered]) -> Iterator[tuple[int, int]]:
    open_ones = {one.node: one for one in problem.controllers if one.node is not None and not one.index_given}
    at = {(one.model, one.address): index for index, one in free.items() if one.address is not None}
    left = dict(free)
    for node, controller in list(open_ones.items()):
        index = at.get((controller.model_name, controller.pinned)) if controller.pinned is not None else None
        if index is not None and index in left:
            del left[index], open_ones[node]
            yield node.number, index
    waiting: dict[str, list[int]] = defaultdict(list)
    for index, one in sorted(left.items(), reverse=True):
        waiting[one.model].append(index)
    for node, controller in open_ones.items():
        # Elsewhere in the multi-domain scheme the index has to fit the domain: that is for the solver.
        if waiting[controller.model_name] and (problem.flat or controller.pinned is None):
            yield node.number, waiting[controller.model_name].pop()


def _element(one: Remembered, problem: Problem) -> NewElement:
    """A controller of which only the values are known; those that are filled in are left to that."""
    attributes = {"type": "pci", "index": str(one.index), "model": one.model}
    model = problem.catalog.controller(one.model)
    options = model.targets if model is not None else {}
    rest = {name: str(one.targets[name]) for name in options if name in one.targets and not options[name].default}
    inner = (NewElement("node", {}, (), str(one.targets["node"])),) if "node" in one.targets else ()
    rest.pop("node", None)
    target = (NewElement("target", rest, inner),) if rest or inner else ()
    return NewElement("controller", attributes, target)


def _with(root: Node, elements: list[NewElement]) -> Node:
    devices = root.first("devices")
    if not elements:
        return root
    if devices is None:
        return changed(root, [Change(root, "", NewElement("devices", {}, tuple(elements)))])
    return changed(root, [Change(devices, "", one) for one in elements])


def is_carried(part: Part) -> bool:
    """Whether a part was brought over by merge()."""
    return part.node is not None and part.node.number >= FIRST_ADDED


class Recalled(NamedTuple):
    """What is remembered of the parts of a guest whose address it leaves open.

    Attributes:
        pairs: which part is which earlier one, by positions in Earlier.parts and Problem.parts.
        kept: everything as it was.
        addresses: where each part was.
        lost: parts whose earlier place is on a bus that this guest does not have, with that place.
    """

    pairs: list[Pair]
    kept: Kept
    addresses: dict[Part, Address]
    lost: dict[Part, Place]


def recall(problem: Problem, earlier: Earlier) -> Recalled:
    """Where each part was whose address the input leaves open, and with what values."""
    before, after = [one.identity for one in earlier.parts], [identity_of(part) for part in problem.parts]
    pairs = match(before, after, ([one.address for one in earlier.parts], [part.pinned for part in problem.parts]))
    indexes = {one.index for one in problem.controllers}
    places: dict[Part, Place] = {}
    addresses: dict[Part, Address] = {}
    lost: dict[Part, Place] = {}
    targets: dict[Controller, dict[str, int]] = {}
    bits: set[Part] = set()
    zpci: dict[Part, ZpciIds] = {}
    for pair in pairs:
        part, was = problem.parts[pair.after], earlier.parts[pair.before]
        if was.zpci != NO_ZPCI:
            zpci[part] = was.zpci
        if isinstance(part, Controller) and was.model == part.model_name:
            targets[part] = _targets(part, was)
        if was.place is None or was.address is None or not _is_open(part):
            continue
        addresses[part] = was.address
        if was.place.provider not in indexes:
            lost[part] = was.place
            continue
        places[part] = was.place
        if was.multifunction:
            bits.add(part)
    return Recalled(pairs, Kept(places, targets, bits, zpci), addresses, lost)


def _is_open(part: Part) -> bool:
    """Whether a place is chosen for it."""
    if isinstance(part, Controller):
        return part.wants and part.model is not None and not part.is_root
    return part.wants and part.needs != 0


def _targets(part: Controller, was: Remembered) -> dict[str, int]:
    """The earlier values of options that libvirt would fill in, as far as they are in range."""
    options = part.model.targets if part.model is not None else {}
    found = {}
    for name, value in was.targets.items():
        option = options.get(name)
        if option is not None and option.default and isinstance(value, int) and name not in part.targets:
            low, high = option.minimum or 0, option.maximum
            if low <= value and (high is None or value <= high):
                found[name] = value
    return found
