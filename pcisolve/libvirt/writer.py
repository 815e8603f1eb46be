"""Writing a document back: text edits at exact places, everything else byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

from pcisolve.core.address import Address
from pcisolve.core.change import NAME, TEXT, Change, NewElement
from pcisolve.core.node import Node
from pcisolve.core.numbers import is_auto_radix, parse_auto_radix
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.edits import Changed, Edit, edits_of, removal
from pcisolve.libvirt.elements import REFERENCES, Draft, draft_of, written
from pcisolve.libvirt.style import manner_of_sibling, place_after


class Writer:
    """Collects changes to a document; data() applies them all at once.

    Nodes are those of the document itself, which stay as they are.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._changes: dict[int, Changed] = {}
        self._removed: dict[int, Node] = {}
        self._texts: dict[int, tuple[Node, str]] = {}
        self._names: dict[int, tuple[Node, str]] = {}
        self._followers: dict[int, tuple[Node, list[Draft | NewElement]]] = {}

    def set_address(
        self,
        node: Node,
        address: Address,
        *,
        multifunction: str | None = None,
        zpci: tuple[int, int] | None = None,
    ) -> None:
        """Give a part this PCI address; numbers that are right already stay as they are written.

        Args:
            multifunction: "on" or "off"; None leaves that attribute alone.
            zpci: uid and fid of a z/Architecture function; None leaves <zpci> alone.
        """
        holder = self._child(node, "address")
        self._put(holder, "type", "pci")
        for name, text in address.attributes.items():
            self._put_number(holder, name, text)
        if multifunction is not None:
            self._put(holder, "multifunction", multifunction)
        if zpci is not None:
            ids = self._child(holder, "zpci")
            self._put_number(ids, "uid", f"{zpci[0]:#06x}")
            self._put_number(ids, "fid", f"{zpci[1]:#010x}")

    def set_attribute(self, node: Node, name: str, value: str) -> None:
        """Give an element this attribute."""
        self._put(node, name, value)

    def remove_attribute(self, node: Node, name: str) -> None:
        """Take an attribute away, if it is there."""
        self._change(node).attributes[name] = None

    def set_child(self, node: Node, tag: str, attributes: dict[str, str]) -> None:
        """Give an element's first child of this tag these attributes; a missing child is added.

        A new <model> goes before all other children, a new <target> behind it, and others before the <address>.
        """
        child = self._child(node, tag)
        for name, value in attributes.items():
            self._put(child, name, value)

    def remove_child(self, node: Node, tag: str) -> None:
        """Take an element's first child of this tag away, with the blanks before it."""
        child = node.first(tag)
        if child is not None:
            self._removed[child.number] = child

    def remove(self, node: Node) -> None:
        """Take an element away, with the blanks before it."""
        self._removed[node.number] = node

    def change(self, change: Change) -> None:
        """Make one change; an element added to <devices> comes last there, others behind their sisters."""
        node, attribute, value = change
        if attribute == TEXT:
            self._texts[node.number] = (node, str(value or ""))
        elif attribute == NAME:
            self._names[node.number] = (node, str(value))
        elif attribute:
            self._put_or_remove(node, attribute, value if isinstance(value, str) else None)
        elif isinstance(value, Address) and node.parent is not None:
            self.set_address(node.parent, value)
        elif isinstance(value, NewElement):
            self._children_of(node).append(value)
        else:
            self.remove(node)

    def add_device(self, element: NewElement, after: Node | None) -> None:
        """Add a device right after another one, behind those added there before; or as the last one.

        A guest without <devices> gets one.
        """
        if after is not None:
            _, drafts = self._followers.setdefault(after.number, (after, []))
            drafts.append(element)
            return
        devices = self._child(self._document.root, "devices")
        self._children_of(devices).append(element)

    def data(self) -> bytes:
        """The document with all changes; the very bytes that were read when nothing changes."""
        edits = self.edits()
        if not edits:
            return self._document.data
        return self._document.encode(_applied(self._document.text, edits))

    def edits(self) -> list[Edit]:
        """All changes as edits of the text, in its order; none overlaps another."""
        edits = [self._after(node, drafts) for node, drafts in self._followers.values()]
        for node in self._removed.values():
            if node.parent is None or not self._is_removed(node.parent):
                edits.append(removal(self._document, node))
        edits += self._replaced()
        for change in self._changes.values():
            if not self._is_removed(change.node):
                edits += edits_of(self._document, change)
        return sorted(edits, key=lambda one: (one.begin, one.end))

    def _replaced(self) -> Iterator[Edit]:
        """The edits of texts and of names."""
        spans = self._document.spans
        for node, text in self._texts.values():
            if not self._is_removed(node):
                yield Edit(spans[node.number].end, spans[node.number].close, text.translate(REFERENCES))
        for node, name in self._names.values():
            span = spans[node.number]
            starts = (span.begin + 1,) if span.self_closing else (span.begin + 1, span.close + 2)
            for at in () if self._is_removed(node) else starts:
                yield Edit(at, at + len(node.tag), name)

    def _after(self, node: Node, drafts: list[Draft | NewElement]) -> Edit:
        manner = manner_of_sibling(self._document, node)
        at = place_after(self._document, node)
        return Edit(at, at, "".join(written(draft, manner) for draft in drafts))

    def _is_removed(self, node: Node) -> bool:
        """Whether the element, or one around it, is taken away."""
        around: Node | None = node if self._removed else None
        while around is not None and around.number not in self._removed:
            around = around.parent
        return around is not None

    def _change(self, node: Node) -> Changed:
        found = self._changes.get(node.number)
        if found is None:
            found = self._changes[node.number] = Changed(node)
        return found

    def _children_of(self, holder: Node | Draft) -> list[Draft | NewElement]:
        """The children that were added so far."""
        return holder.children if isinstance(holder, Draft) else self._change(holder).children

    def _child(self, holder: Node | Draft, tag: str) -> Node | Draft:
        """The first child of this tag, added if missing."""
        there = holder.first(tag) if isinstance(holder, Node) else None
        if there is not None:
            self._removed.pop(there.number, None)  # the last word counts
            return there
        added = self._children_of(holder)
        for at, one in enumerate(added):
            if one.tag == tag:
                draft = added[at] = one if isinstance(one, Draft) else draft_of(one)
                return draft
        draft = Draft(tag, {}, [])
        added.append(draft)
        return draft

    def _value(self, holder: Node | Draft, name: str) -> str | None:
        """An attribute as it stands after the changes so far."""
        if isinstance(holder, Node) and holder.number in self._changes:
            changed = self._changes[holder.number].attributes
            if name in changed:
                return changed[name]
        return holder.attributes.get(name)

    def _put(self, holder: Node | Draft, name: str, value: str) -> None:
        if isinstance(holder, Draft):
            holder.attributes[name] = value
        elif self._value(holder, name) != value:
            self._change(holder).attributes[name] = value

    def _put_or_remove(self, node: Node, name: str, value: str | None) -> None:
        if value is None:
            self.remove_attribute(node, name)
        else:
            self.set_attribute(node, name, value)

    def _put_number(self, holder: Node | Draft, name: str, value: str) -> None:
        """The same, but another way to write the same number is right too."""
        old = self._value(holder, name)
        if old == value:
            return
        if old is None or not is_auto_radix(old) or parse_auto_radix(old) != parse_auto_radix(value):
            self._put(holder, name, value)


def _applied(text: str, edits: list[Edit]) -> str:
    """The text with all edits made, in order. Of two at one place the insertion is first; of two, the earlier."""
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (text[at : edit.begin], edit.text)
        at = edit.end
    return "".join(pieces) + text[at:]
