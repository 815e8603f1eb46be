"""Elements of a domain XML as Nodes. The only file that knows lxml."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pcisolve.core.errors import InputError, Location
from pcisolve.core.node import Node

if TYPE_CHECKING:
    from lxml.etree import XMLSyntaxError, XPath, _Element

MAX_DEPTH: Final = 256  # of elements; parsers have bounds of their own, none of them lower

# The one foreign namespace that says something about the guest, and its elements that do: libvirt hands QEMU what they
# say. They get this prefix, whatever the document's is.
_QEMU: Final = "{http://libvirt.org/schemas/domain/qemu/1.0}"
_PREFIX: Final = "qemu:"
_HANDED_ON: Final = frozenset({"commandline", "override"})

# Free-form data of management tools: nothing in it concerns the guest's hardware.
_METADATA: Final = "metadata"
_NOT_ONE: Final = (5, 64)  # xmlParserErrors: XML_ERR_DOCUMENT_END, and XML_ERR_RESERVED_XML_NAME of a late declaration
_PLACE_IN_MESSAGE: Final = re.compile(r"[\s,]*line \d+, column \d+$")


def parse(data: bytes, name: str) -> _Element:
    """The root element of UTF-8 data that holds no DTD. Comments and processing instructions are left out.

    Raises:
        NotOne: other than one element and what may stand around it.
        InputError: not well-formed, or beyond a bound of the parser's, with line and column.
    """
    from lxml import etree  # takes longer to import than to read most documents

    parser = etree.XMLParser(
        encoding="utf-8",  # whatever the declaration says: the caller has decoded it
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _refusal(error, name) from None


class NotOne(InputError):
    """Text that is not one XML document, but may be several, or one with blanks before its declaration."""


def _refusal(error: XMLSyntaxError, name: str) -> InputError:
    line, column = error.position
    where = Location(name, max(line, 1), max(column, 1))
    reason = _PLACE_IN_MESSAGE.sub("", error.msg or "syntax error")
    kind = NotOne if getattr(error, "code", 0) in _NOT_ONE else InputError
    return kind(f"not well-formed XML: {reason}", expected="a libvirt domain XML", location=where)


def is_deep(root: _Element) -> bool:
    """Whether any element of the document is nested more than MAX_DEPTH deep."""
    return bool(_deep_path()(root))


_made: list[XPath] = []


def _deep_path() -> XPath:
    """One step a level: libxml2 takes them level by level, and most documents have no sixth."""
    if not _made:
        from lxml import etree

        _made.append(etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})"))
    return _made[0]


def ordinal(root: _Element, wanted: _Element) -> int:
    """How many start tags come before that of `wanted`."""
    return next(number for number, element in enumerate(root.iter()) if element is wanted)


def build(root: _Element) -> Node:
    """The elements as Nodes, without metadata and elements of foreign namespaces; numbers count those too.

    Several <devices> are one list, the first one's: libvirt finds devices by the path ./devices/*.
    Elements of QEMU's namespace that libvirt hands on stay, with the prefix "qemu:".
    """
    top = Node(str(root.tag), _attributes(root), 0, None, root.text or "")
    _add_children(root, top, 0)
    lists = top.all("devices")
    if len(lists) > 1:
        _join(top, lists)
    for devices in lists[:1]:
        _number_twins(devices)
    return top


def _join(top: Node, lists: list[Node]) -> None:
    """Put what further lists of devices hold behind what the first one holds."""
    first = lists[0]
    for devices in lists[1:]:
        for device in devices.children:
            device.parent = first
        first.children += devices.children
    top.children = [child for child in top.children if child is first or child.tag != first.tag]


def _number_twins(devices: Node) -> None:
    """Give every device its place among those of its tag, so that naming one of 60,000 need not count them."""
    counts: dict[str, int] = {}
    for device in devices.children:
        device.ordinal = counts[device.tag] = counts.get(device.tag, 0) + 1


def _add_children(element: _Element, node: Node, number: int) -> int:
    """Add all descendants; the result is the number of the last one."""
    children = node.children
    for child in element:
        number += 1
        tag = child.tag  # never a comment or the like, which parse() leaves out
        if tag[0] == "{" or tag == _METADATA:
            if not _is_handed_on(tag, node):
                number += sum(1 for _ in child.iterdescendants())
                continue
            tag = _PREFIX + tag.removeprefix(_QEMU)
        made = Node(tag, _attributes(child), number, node, child.text or "")
        children.append(made)
        if len(child):
            number = _add_children(child, made, number)
    return number


def _is_handed_on(tag: str, parent: Node) -> bool:
    """Whether an element is <qemu:commandline> or <qemu:override> of the domain, or lies in one."""
    if not tag.startswith(_QEMU):
        return False
    if parent.parent is not None:
        return parent.tag.startswith(_PREFIX)
    return tag.removeprefix(_QEMU) in _HANDED_ON


def _attributes(element: _Element) -> dict[str, str]:
    return dict(element.items())  # type: ignore[arg-type]  # the stubs allow for bytes, which lxml never gives
