"""Laws of reading and writing, over generated documents."""

from __future__ import annotations

import codecs
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pcisolve.core.address import Address
from pcisolve.core.change import NewElement
from pcisolve.core.node import Node
from pcisolve.libvirt.container import read
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.writer import Writer

BLANK = st.text(" \t\n", max_size=3)
GAP = st.sampled_from([" ", "  ", "\n\t", "\n      "])
TAGS = st.sampled_from(["rng", "disk", "model", "target", "address", "zpci", "é", "metadata", "q:a"])
NAMES = st.lists(st.sampled_from(["type", "bus", "slot", "index", "q:slot", "é"]), unique=True, max_size=4)
VALUES = st.one_of(
    st.sampled_from(["pci", "0x1", "01", "1", "/>", "a>b", "&amp;&#49;", "-->", "]]>", "\u00a0"]),
    st.text("é\u00ffab1>/= \t\n", max_size=4),
)
TEXTS = st.sampled_from(
    ["", "\n  ", " ", "t", "\u00a0", "&lt;", "<!-- <rng a='> -->", "<![CDATA[<disk>]]>", '<?pi <a b=">?>', "<!---->"]
)


@st.composite
def attributes(draw: st.DrawFn) -> str:
    result = ""
    for name in draw(NAMES):
        quote, other = draw(st.sampled_from(["'\"", "\"'"]))
        value = draw(VALUES) + draw(st.sampled_from(["", other]))
        result += f"{draw(GAP)}{name}{draw(BLANK)}={draw(BLANK)}{quote}{value}{quote}"
    return result


@st.composite
def elements(draw: st.DrawFn, depth: int = 0, tag: str | None = None) -> str:
    name = tag or draw(TAGS)
    below = st.just("zpci") if name == "address" else st.none()
    start = f"<{name}{draw(attributes())}{draw(BLANK)}"
    count = draw(st.integers(0, 0 if depth > 2 else 3))
    if not count and draw(st.booleans()):
        return f"{start}/>"
    body = draw(TEXTS) + "".join(draw(elements(depth + 1, draw(below))) + draw(TEXTS) for _ in range(count))
    return f"{start}>{body}</{name}{draw(BLANK)}>"


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Domains with devices, in several encodings and with either newline."""
    encoding = draw(st.sampled_from(["", "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "iso-8859-1"]))
    head = "" if not encoding else f"<?xml version='1.0' encoding=\"{encoding.removesuffix('-sig')}\"?>"
    before, after = draw(st.sampled_from(["", "\n", "<!-- <x> -->", "<?pi?>\n"])), draw(st.sampled_from(["", "\n"]))
    devices = draw(st.one_of(st.just(""), elements(tag="devices")))
    root = f"<domain xmlns:q='urn:q'{draw(attributes())}>{draw(TEXTS)}{devices}{draw(TEXTS)}</domain>"
    text = (head + before + root + after).replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    marks = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
    return marks.get(encoding, b"") + text.encode(encoding or "utf-8")


def everything(node: Node) -> list[Node]:
    return [node, *(below for child in node.children for below in everything(child))]


def parsed(document: Document, data: bytes) -> etree._Element:
    """What another program sees, with comments and processing instructions."""
    text = data[len(data) - len(data.removeprefix(document.encode(""))) :].decode(document.encoding)
    return etree.fromstring(text.encode(), etree.XMLParser(encoding="utf-8", strip_cdata=False))


def shape(element: etree._Element) -> object:
    """All of an element but for blanks."""
    name = element.tag if isinstance(element.tag, str) else element.__class__.__name__
    texts = [(text or "").strip(" \t\r\n") for text in (element.text, element.tail)]
    return name, sorted(element.items()), texts, [shape(child) for child in element]


@given(documents())
def test_writing_what_was_read_gives_the_same_bytes(data: bytes) -> None:
    document = read(data)
    assert Writer(document).data() is data
    assert document.encode(document.text) == data


@given(documents())
def test_every_position_is_that_of_the_element(data: bytes) -> None:
    document = read(data)
    elements_there = list(parsed(document, data).iter(etree.Element))
    assert len(document.spans) == len(elements_there)
    for node in everything(document.root):
        assert elements_there[node.number].tag == node.tag
        where = document.location(node)
        assert document.line(where.line)[where.column - 1 :].startswith(f"<{node.tag}")
        for name in node.attributes:
            if "{" not in name:
                where = document.location(node, name)
                assert document.line(where.line)[where.column - 1 :].startswith(name)


@given(documents(), st.data())
def test_an_address_changes_nothing_else(data: bytes, choice: st.DataObject) -> None:
    document = read(data)
    node = choice.draw(st.sampled_from(everything(document.root)))
    writer = Writer(document)
    writer.set_address(node, Address(0, 1, 2, 3), multifunction="on", zpci=(1, 2))
    outcome = read(writer.data())
    expected = parsed(document, data)
    _give_address(list(expected.iter(etree.Element))[node.number])
    assert shape(parsed(document, outcome.data)) == shape(expected)
    again = Writer(outcome)
    again.set_address(outcome_node(outcome, node), Address(0, 1, 2, 3), multifunction="on", zpci=(1, 2))
    assert again.data() is outcome.data


def outcome_node(outcome: Document, node: Node) -> Node:
    """The same element after the change: elements were only added inside it, behind its start tag."""
    return next(one for one in everything(outcome.root) if one.number == node.number)


def _give_address(element: etree._Element) -> None:
    """What set_address should do, in the manner of an ordinary XML program."""
    address = element.find("address")
    if address is None:
        address = etree.SubElement(element, "address")
    wanted = {
        "type": "pci",
        "domain": "0x0000",
        "bus": "0x01",
        "slot": "0x02",
        "function": "0x3",
        "multifunction": "on",
    }
    _fill(address, wanted)
    zpci = address.find("zpci")
    _fill(etree.SubElement(address, "zpci") if zpci is None else zpci, {"uid": "0x0001", "fid": "0x00000002"})


def _fill(element: etree._Element, wanted: dict[str, str]) -> None:
    for name, value in wanted.items():
        # the generator writes a number that is right already in these ways, and no others
        if not (value in ("0x01", "0x0001") and element.get(name) in ("0x1", "01", "1")):
            element.set(name, value)


@given(documents(), st.booleans())
def test_a_new_device_changes_nothing_else(data: bytes, at_end: bool) -> None:
    document = read(data)
    devices = document.root.first("devices")
    after = devices.children[0] if devices and devices.children and not at_end else None
    expected = parsed(document, data)
    new = etree.fromstring("<new a='1'><b/></new>")
    if devices is None:
        etree.SubElement(expected, "devices").append(new)
    elif after is None:
        list(expected.iter(etree.Element))[devices.number].append(new)
    else:
        _add_after(list(expected.iter(etree.Element))[after.number], new)
    writer = Writer(document)
    writer.add_device(NewElement("new", {"a": "1"}, (NewElement("b", {}),)), after)
    found = parsed(document, writer.data())
    assert _without_comments(found) == _without_comments(expected)


def _add_after(element: etree._Element, new: etree._Element) -> None:
    new.tail, element.tail = element.tail, None
    parent = element.getparent()
    assert parent is not None
    parent.insert(parent.index(element) + 1, new)


def _without_comments(root: etree._Element) -> object:
    """A comment behind an element stays with it, so where comments stand among the others is left open."""
    copy = deepcopy(root)
    etree.strip_tags(copy, etree.Comment)
    return shape(copy)


@pytest.mark.corpus
def test_libvirts_own_test_inputs(shared: Path) -> None:
    files = sorted((shared / "corpus" / "libvirt-suite" / "input").glob("*.xml"))
    assert files
    for file in files:
        data = file.read_bytes()
        document = read(data, file.name)
        assert Writer(document).data() == data
        assert document.encode(document.text) == data
        assert len(document.spans) == len(list(etree.fromstring(data).iter(etree.Element)))
