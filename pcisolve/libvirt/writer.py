"""Writing a document back: text edits at exact places, everything else byte for byte."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.core.numbers import is_auto_radix, parse_auto_radix
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.elements import NewElement, Style, attribute_text, element_text, escaped
from pcisolve.libvirt.scanner import Span, attributes

_ADDRESS_ORDER = ("type", "domain", "bus", "slot", "function", "multifunction")
_FRONT_ORDER = ("model", "target")


class _Change:
    """What is to change about one element."""

    __slots__ = ("after", "attributes", "back", "front", "removed")

    def __init__(self) -> None:
        self.attributes: dict[str, str | None] = {}
        self.front: list[NewElement] = []
        self.back: list[NewElement] = []
        self.after: list[NewElement] = []
        self.removed = False


class Writer:
    """Collects changes to a document and applies them in one go."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._changes: dict[Node, _Change] = defaultdict(_Change)
        self._new_devices: list[NewElement] = []

    def set_address(
        self,
        node: Node,
        address: Address,
        *,
        multifunction: str | None = None,
        zpci: tuple[int, int] | None = None,
    ) -> None:
        """Give a device this PCI address; values that are right already stay as they are written."""
        wanted = {
            "type": "pci",
            "domain": f"{address.domain:#06x}",
            "bus": f"{address.bus:#04x}",
            "slot": f"{address.slot:#04x}",
            "function": f"{address.function:#x}",
        }
        if multifunction is not None:
            wanted["multifunction"] = multifunction
        ids = None if zpci is None else {"uid": f"{zpci[0]:#06x}", "fid": f"{zpci[1]:#010x}"}
        old = node.first("address")
        if old is None:
            children = () if ids is None else (NewElement("zpci", ids),)
            self._changes[node].back.append(NewElement("address", wanted, children))
            return
        for name, value in wanted.items():
            if not _same(old.attributes.get(name), value):
                self._changes[old].attributes[name] = value
        if ids is not None:
            self._set_ids(old, ids)

    def _set_ids(self, address: Node, ids: dict[str, str]) -> None:
        old = address.first("zpci")
        if old is None:
            self._changes[address].back.append(NewElement("zpci", ids))
            return
        for name, value in ids.items():
            if not _same(old.attributes.get(name), value):
                self._changes[old].attributes[name] = value

    def set_attribute(self, node: Node, name: str, value: str) -> None:
        """Give an element this attribute."""
        if node.attributes.get(name) != value:
            self._changes[node].attributes[name] = value

    def remove_attribute(self, node: Node, name: str) -> None:
        """Take an attribute away."""
        if name in node.attributes:
            self._changes[node].attributes[name] = None

    def set_child(self, node: Node, tag: str, wanted: dict[str, str]) -> None:
        """Give an element's first child of this tag these attributes; a missing child comes first."""
        child = node.first(tag)
        if child is not None:
            for name, value in wanted.items():
                self.set_attribute(child, name, value)
            return
        front = self._changes[node].front
        for position, waiting in enumerate(front):
            if waiting.tag == tag:
                front[position] = NewElement(tag, {**waiting.attributes, **wanted}, waiting.children)
                return
        front.append(NewElement(tag, wanted))
        front.sort(key=lambda one: _FRONT_ORDER.index(one.tag) if one.tag in _FRONT_ORDER else len(_FRONT_ORDER))

    def remove_child(self, node: Node, tag: str) -> None:
        """Take an element's first child of this tag away, with the blanks before it."""
        child = node.first(tag)
        if child is not None:
            self._changes[child].removed = True

    def add_device(self, element: NewElement, after: Node | None) -> None:
        """Add a device right after another one, or as the last one."""
        if after is None:
            self._new_devices.append(element)
        else:
            self._changes[after].after.append(element)

    def data(self) -> bytes:
        """The document with all changes; the very bytes that were read when there are none."""
        if not self._changes and not self._new_devices:
            return self.document.data
        if self._new_devices:
            devices = self.document.root.first("devices")
            if devices is None:
                self._changes[self.document.root].back.append(NewElement("devices", {}, tuple(self._new_devices)))
            else:
                self._changes[devices].back.extend(self._new_devices)
            self._new_devices = []
        pieces: list[tuple[int, int, str]] = []
        for node, change in self._changes.items():
            self._render(node, change, pieces)
        text, result, at = self.document.text, [], 0
        for begin, end, replacement in sorted(pieces, key=lambda piece: piece[:2]):
            result.append(text[at:begin])
            result.append(replacement)
            at = end
        result.append(text[at:])
        return self.document.encode("".join(result))

    # -- one element -------------------------------------------------------------------------

    def _render(self, node: Node, change: _Change, pieces: list[tuple[int, int, str]]) -> None:
        span = self.document.spans[node.number]
        if change.removed:
            pieces.append((len(self.document.text[: span.begin].rstrip()), span.close_end, ""))
            return
        self._render_attributes(node, span, change, pieces)
        if change.front or change.back:
            self._render_children(node, span, change, pieces)
        if change.after:
            indent = self._indent(span)
            new = "".join(self._on_own_line(one, indent) for one in change.after)
            pieces.append((span.close_end, span.close_end, new))

    def _render_attributes(self, node: Node, span: Span, change: _Change, pieces: list[tuple[int, int, str]]) -> None:
        if not change.attributes:
            return
        text = self.document.text
        there = attributes(text, span)
        last = max((one.value_end + 1 for one in there.values()), default=span.begin + 1 + len(node.tag))
        quote = next((one.quote for one in there.values()), self._style.quote)
        for name, value in change.attributes.items():
            old = there.get(name)
            if old is not None and value is None:
                begin = len(text[: old.name].rstrip())
                pieces.append((begin, old.value_end + 1, ""))
            elif old is not None and value is not None:
                pieces.append((old.value, old.value_end, escaped(value, old.quote)))
            elif value is not None:
                later = _ADDRESS_ORDER[_ADDRESS_ORDER.index(name) + 1 :] if name in _ADDRESS_ORDER else ()
                after = [one.name for other, one in there.items() if other in later] if node.tag == "address" else []
                at = len(text[: min(after)].rstrip()) if after else last
                pieces.append((at, at, attribute_text(name, value, quote)))

    def _render_children(self, node: Node, span: Span, change: _Change, pieces: list[tuple[int, int, str]]) -> None:
        text = self.document.text
        indent = self._indent(span)
        inner = self._child_indent(node, span)
        front = "".join(self._on_own_line(one, inner) for one in change.front)
        back = "".join(self._on_own_line(one, inner) for one in change.back)
        closing = self._style.newline + (indent if self._style.newline else "")
        if span.self_closing:
            begin = len(text[: span.end - 2].rstrip())
            pieces.append((begin, span.end, f">{front}{back}{closing}</{node.tag}>"))
            return
        content_end = span.end + len(text[span.end : span.close].rstrip())
        if content_end == span.end:
            pieces.append((span.end, span.close, f"{front}{back}{closing}"))
            return
        if front:
            pieces.append((span.end, span.end, front))
        if back:
            pieces.append((content_end, content_end, back))

    def _on_own_line(self, element: NewElement, indent: str) -> str:
        style = self._style
        return f"{style.newline}{indent if style.newline else ''}{element_text(element, indent, style)}"

    # -- the document's manner ---------------------------------------------------------------

    def _indent(self, span: Span) -> str:
        """The blanks before a start tag on its line; "" when something else is there."""
        text = self.document.text
        begin = text.rfind("\n", 0, span.begin) + 1
        before = text[begin : span.begin]
        return before if not before.strip() else before[: len(before) - len(before.lstrip())]

    def _child_indent(self, node: Node, span: Span) -> str:
        for child in node.children:
            where = self.document.spans[child.number]
            text = self.document.text
            if "\n" in text[span.end : where.begin]:
                return self._indent(where)
        return self._indent(span) + self._style.step

    @cached_property
    def _style(self) -> Style:
        text, spans = self.document.text, self.document.spans
        root = self.document.root
        siblings = root.first("devices") or root
        first = next(iter(siblings.children), None)
        outer = spans[siblings.number]
        quote = '"' if text.count('="', 0, 20_000) > text.count("='", 0, 20_000) else "'"
        if first is None:
            newline = "\n" if "\n" in text[spans[root.number].begin : spans[root.number].close] else ""
            return Style(newline and _newline(text), "  ", quote)
        inner = spans[first.number]
        if "\n" not in text[outer.end : inner.begin]:
            return Style("", "", quote)
        step = self._indent(inner).removeprefix(self._indent(outer))
        return Style(_newline(text), step or "  ", quote)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text[:20_000] else "\n"


def _same(old: str | None, new: str) -> bool:
    """Whether two attribute texts mean the same: equal, or the same number in any radix."""
    if old is None or old == new:
        return old == new
    return is_auto_radix(old) and is_auto_radix(new) and parse_auto_radix(old) == parse_auto_radix(new)
