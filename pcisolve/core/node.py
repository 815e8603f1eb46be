"""Elements of an input, as facts: neutral between XML and plan files."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pcisolve.core.errors import Location

# The paths given to Node.get, taken apart: all from rules and model files, none from an input.
_TAGS: dict[str, tuple[list[str], str]] = {}


class Node:
    """One element of an input: tag, attributes, children, text, and where it stands.

    `number` is the ordinal of its start tag in the document, from which a Source finds line
    and column only when a message needs them; `ordinal` its place among the siblings of its tag, from 1 (0: not
    counted).
    """

    __slots__ = ("attributes", "children", "number", "ordinal", "parent", "tag", "text")

    def __init__(
        self, tag: str, attributes: dict[str, str], number: int, parent: Node | None = None, text: str = ""
    ) -> None:
        self.tag = tag
        self.attributes = attributes
        self.number = number
        self.parent = parent
        self.text = text
        self.ordinal = 0
        self.children: list[Node] = []

    def first(self, tag: str) -> Node | None:
        """The first child with this tag."""
        for child in self.children:
            if child.tag == tag:
                return child
        return None

    def all(self, tag: str) -> list[Node]:
        """Every child with this tag, in document order."""
        return [child for child in self.children if child.tag == tag]

    def find(self, path: str) -> Node | None:
        """Descend by first children: `find("target/node")`."""
        return self._descend(path.split("/"))

    def get(self, path: str) -> str | None:
        """An attribute, of this element ("model") or of a descendant ("target/bus")."""
        if "/" not in path:
            return self.attributes.get(path)
        tags = _TAGS.get(path)
        if tags is None:
            tags = _TAGS[path] = path.split("/")[:-1], path.rpartition("/")[2]
        node = self._descend(tags[0])
        return None if node is None else node.attributes.get(tags[1])

    def _descend(self, tags: list[str]) -> Node | None:
        node: Node | None = self
        for tag in tags:
            if node is None:
                return None
            node = node.first(tag)
        return node

    @property
    def path(self) -> str:
        """Like /domain/devices/disk[1]; the ordinal counts from 1 among siblings of the tag."""
        if self.parent is None:
            return f"/{self.tag}"
        if self.ordinal:
            return f"{self.parent.path}/{self.tag}[{self.ordinal}]"
        twins = [child for child in self.parent.children if child.tag == self.tag]
        ordinal = f"[{twins.index(self) + 1}]" if len(twins) > 1 else ""
        return f"{self.parent.path}/{self.tag}{ordinal}"

    def __repr__(self) -> str:
        return f"<{self.tag} {self.attributes}>"


class Source(Protocol):
    """The text an input came from; answers where things stand. Lines and columns from 1."""

    name: str

    def location(self, node: Node, attribute: str | None = None) -> Location:
        """Where an element (or one of its attributes) begins."""

    def line(self, number: int) -> str:
        """The text of a line, without its newline."""


class Fact(NamedTuple):
    """One thing the input says. `attribute` is "" when the element itself is the fact."""

    node: Node
    attribute: str = ""

    @property
    def value(self) -> str | None:
        """The attribute's text as written."""
        return self.node.attributes.get(self.attribute) if self.attribute else self.node.tag

    @property
    def path(self) -> str:
        """XPath of the element or attribute."""
        return f"{self.node.path}/@{self.attribute}" if self.attribute else self.node.path
