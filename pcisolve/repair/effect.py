"""What a repair is to do, in words; and its changes as a reader finds them in the file."""

from __future__ import annotations

from collections import Counter
from functools import cached_property

from pcisolve.core.address import Address
from pcisolve.core.change import NAME, TEXT, Change, NewElement
from pcisolve.core.node import Node, Source
from pcisolve.explain.trials import Outcome
from pcisolve.problem.parts import Controller
from pcisolve.rules.rule import clipped, name_of
from pcisolve.verdict.values import ChangeAt

MOST_SAID = 3
_SILENT = frozenset({"type", "domain", "bus", "slot", "function"})


def effect(before: Outcome, after: Outcome, changes: tuple[Change, ...]) -> str:
    """What is to be done: "move rng to 0000:00:04.0; change the index of PCI controller 3 to 5"."""
    words = _Words(before, after)
    said = list(dict.fromkeys(phrase for change in changes if (phrase := words.of(change))))
    rest = len(said) - MOST_SAID
    more = f"; and {rest} more" if rest > 0 else ""
    return "; ".join(said[:MOST_SAID]) + more


class _Words:
    def __init__(self, before: Outcome, after: Outcome) -> None:
        self.before = before.by_number
        self.source = before.question.problem.source
        self.after = after.by_number
        self.layout = after.layout

    def of(self, change: Change) -> str:
        """One change in words."""
        node, attribute, value = change
        if isinstance(value, NewElement):
            return self._add(node, value)
        if node.tag.startswith("qemu:"):
            return _handed_on(node, value)
        what = self._name(node)
        if node.tag == "address" and not attribute:
            return self._address(node, value)
        if node.tag == "address" and attribute in _SILENT and attribute in node.attributes and value is not None:
            return f"change {attribute} of {what} from {clipped(node.attributes[attribute])} to {value}"
        if node.tag == "address" and attribute in _SILENT:
            return self._address(node, value)
        if not attribute:
            return f"remove {what}{self._line(node, what)}" if _is_device(node) else f"remove <{node.tag}> from {what}"
        if attribute == NAME:
            return f"rename <{node.tag}> to <{value}>"
        if attribute == TEXT:
            return f"change <{node.tag}> of {what} from {clipped(node.text.strip())} to {value}"
        return self._attribute(what, change)

    def _line(self, node: Node, what: str) -> str:
        """Which line it is in, where another part has the same name, such as a host device that is given twice."""
        return f" (line {self.source.location(node).line})" if self._called[what] > 1 else ""

    @cached_property
    def _called(self) -> Counter[str]:
        """How many parts have a name."""
        return Counter(name_of(part) for part in self.before.values())

    def _add(self, node: Node, value: NewElement) -> str:
        if value.tag == "controller":
            return f"add {_added(value)}"
        if value.tag == "address" and value.attributes.get("type") == "pci":
            return f"put {self._name(node)} at {_place(value.attributes)}"
        return f"give {self._name(node)} {_added(value)}"

    def _attribute(self, what: str, change: Change) -> str:
        node, attribute, value = change
        old = node.attributes.get(attribute)
        if node.tag == "controller" and attribute == "index":
            after = self.after.get(node.number)
            number = value if value is not None else after.index if isinstance(after, Controller) else "another"
            return f"change the index of {what} to {number}"
        if node.tag == "type" and attribute == "machine":
            if value is None or old is None:
                return f"set the machine to {value}" if value else f"remove the machine {clipped(old or '')}"
            return f"change the machine from {clipped(old)} to {value}"
        if value is None:
            return f"remove {attribute}='{clipped(old or '')}' from {what}"
        if node.tag == "controller" and attribute == "model":
            return f"make {what} a {value}"
        named = attribute if node.tag in ("controller", "target") or _is_device(node) else f"<{node.tag}> {attribute}"
        if old is None:
            return f"set {named} of {what} to {value}"
        return f"change {named} of {what} from {clipped(old)} to {value}"

    def _address(self, node: Node, value: object) -> str:
        name = self._name(node)
        part = self.after.get(node.parent.number) if node.parent is not None else None
        place = self.layout.addresses.get(part) if self.layout is not None and part is not None else None
        if place is None:
            return f"remove the PCI address of {name}"
        if isinstance(value, Address):
            return f"move {name} to {place}"
        return f"remove the address of {name}; libvirt then assigns {place}"

    def _name(self, node: Node) -> str:
        here: Node | None = node
        while here is not None:
            part = self.before.get(here.number)
            if part is not None:
                return name_of(part)
            here = here.parent
        return f"<{node.tag}>"


def _handed_on(node: Node, value: object) -> str:
    """A change of qemu:commandline or qemu:override in words."""
    shown = node.get("value") or node.get("name") or node.get("alias") or ""
    if isinstance(value, str):
        return f"change {clipped(shown)} of <{node.tag}> to {clipped(value)}"
    return f"remove <{node.tag}>" + (f" {clipped(shown)}" if shown else "")


def _is_device(node: Node) -> bool:
    return node.parent is not None and node.parent.tag == "devices"


def _added(element: NewElement) -> str:
    if element.tag != "controller":
        words = " ".join((element.tag, *(f"{name}={value!r}" for name, value in element.attributes.items())))
        return f"<{words}>{element.text}</{element.tag}>" if element.text else f"<{words}/>"
    address = next((child.attributes for child in element.children if child.tag == "address"), None)
    where = ""
    if address is not None:
        where = f" at {_place(address)}"
    inside = [_added(child) for child in element.children if child.text]
    if inside:
        where += f" and {', '.join(inside)}"
    return f"a {element.attributes.get('model', element.tag)} with index {element.attributes.get('index')}{where}"


def _place(address: dict[str, str]) -> Address:
    return Address(*(int(address[name], 16) for name in ("domain", "bus", "slot", "function")))


def change_at(source: Source, before: Outcome, change: Change) -> ChangeAt:
    """A change as a reader finds it: where, from what, to what."""
    node, attribute, value = change
    if isinstance(value, NewElement):
        return ChangeAt(f"{node.path}/{value.tag}", None, None, _added(value))
    place = source.location(node, attribute if attribute in node.attributes else None)
    if node.tag == "address" and not attribute:
        old = _old_address(before, node)
        return ChangeAt(node.path, place.line, old, str(value) if isinstance(value, Address) else None)
    if not attribute or attribute == NAME:
        path = f"{node.path}/{NAME}" if attribute else node.path
        return ChangeAt(path, place.line, f"<{node.tag}>", f"<{value}>" if attribute else None)
    path = f"{node.path}/{attribute}" if attribute == TEXT else f"{node.path}/@{attribute}"
    old_text = node.text.strip() if attribute == TEXT else node.attributes.get(attribute)
    return ChangeAt(path, place.line, _short(old_text), value if isinstance(value, str) else None)


def _short(text: str | None) -> str | None:
    return None if text is None else clipped(text)


def _old_address(before: Outcome, node: Node) -> str:
    part = before.by_number.get(node.parent.number) if node.parent is not None else None
    if part is not None and part.pinned is not None:
        return str(part.pinned)
    return f"<address type='{node.get('type')}'>"
