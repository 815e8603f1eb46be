"""Changes to elements of a domain XML: what a person would have written, and nothing else."""

from __future__ import annotations

import pytest

from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.libvirt.container import read
from pcisolve.libvirt.writer import Writer
from tests.libvirt.editing import FRAME, PLACE, PRINTED, Edit, edited_device, lines


@pytest.mark.parametrize(
    ("before", "name", "value", "after"),
    [
        ("<a/>", "x", "1", "<a x='1'/>"),
        ("<a />", "x", "1", "<a x='1' />"),
        ('<a b="2"/>', "x", "1", '<a b="2" x="1"/>'),
        ("<a x='0' b='2'></a>", "x", "1", "<a x='1' b='2'></a>"),
        ('<a x = "0"/>', "x", "a\"b'c<d>&\t\n", '<a x = "a&quot;b\'c&lt;d&gt;&amp;&#9;&#10;"/>'),
        ("<a x='0'/>", "x", "a\"b'c", "<a x='a\"b&apos;c'/>"),
        ("<a x='&#49;'/>", "x", "1", "<a x='&#49;'/>"),
        ("<a b='x=&quot;1&quot;>' x='0'/>", "x", "1", "<a b='x=&quot;1&quot;>' x='1'/>"),
        ("<a p:x='0' xmlns:p='urn:p'/>", "x", "1", "<a p:x='0' xmlns:p='urn:p' x='1'/>"),
        (
            "<controller type='pci' model='pci-bridge'/>",
            "index",
            "3",
            "<controller type='pci' index='3' model='pci-bridge'/>",
        ),
    ],
)
def test_set_attribute(before: str, name: str, value: str, after: str) -> None:
    assert edited_device(before, lambda writer, node: writer.set_attribute(node, name, value)) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<a x='1'/>", "<a/>"),
        ("<a b='2'  x='1' c='3' />", "<a b='2' c='3' />"),
        ("<a b='2'\n   x='1'>t</a>", "<a b='2'>t</a>"),
        ("<a b='2'/>", "<a b='2'/>"),
    ],
)
def test_remove_attribute(before: str, after: str) -> None:
    assert edited_device(before, lambda writer, node: writer.remove_attribute(node, "x")) == after


@pytest.mark.parametrize(
    ("before", "tag", "after"),
    [
        ("<c/>", "model", "<c>\n      <model n='1'/>\n    </c>"),
        ("<c><model/></c>", "model", "<c><model n='1'/></c>"),
        ("<c><model n='0' m='2'/><model/></c>", "model", "<c><model n='1' m='2'/><model/></c>"),
        ("<c><x/><address/></c>", "model", "<c><model n='1'/><x/><address/></c>"),
        ("<c><x/><address/></c>", "target", "<c><target n='1'/><x/><address/></c>"),
        ("<c><model/><x/></c>", "target", "<c><model/><target n='1'/><x/></c>"),
        ("<c><model/></c>", "target", "<c><model/><target n='1'/></c>"),
        ("<c><model/><x/><address/></c>", "driver", "<c><model/><x/><driver n='1'/><address/></c>"),
        ("<c><address/></c>", "driver", "<c><driver n='1'/><address/></c>"),
        (
            "<c>\n      <!-- where -->\n      <address/>\n    </c>",
            "model",
            lines("<c>", "      <model n='1'/>", "      <!-- where -->", "      <address/>", "    </c>"),
        ),
        (
            "<c>\n      <model/> <!-- ours -->\n      <address/>\n    </c>",
            "target",
            lines("<c>", "      <model/> <!-- ours -->", "      <target n='1'/>", "      <address/>", "    </c>"),
        ),
    ],
)
def test_set_child(before: str, tag: str, after: str) -> None:
    assert edited_device(before, lambda writer, node: writer.set_child(node, tag, {"n": "1"})) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<c>\n      <x/>\n      <y a='1'>\n</y> <!-- z -->\n    </c>", "<c>\n      <x/> <!-- z -->\n    </c>"),
        ("<c><y/><y/></c>", "<c><y/></c>"),
        ("<c><x/></c>", "<c><x/></c>"),
    ],
)
def test_remove_child(before: str, after: str) -> None:
    assert edited_device(before, lambda writer, node: writer.remove_child(node, "y")) == after


def test_a_removed_child_takes_its_changes_along() -> None:
    def edit(writer: Writer, node: Node) -> None:
        writer.set_child(node, "model", {"a": "1"})
        writer.set_child(node.children[1], "deep", {"a": "1"})
        writer.remove_child(node, "model")
        writer.remove_child(node.children[1], "inner")
        writer.set_address(node, PLACE)

    before = "<c>\n      <x/>\n      <model><inner/>\n      </model>\n    </c>"
    assert edited_device(before, edit) == lines("<c>", "      <x/>", f"      <address {PRINTED}/>", "    </c>")


def test_a_child_wanted_after_all_is_kept() -> None:
    def edit(writer: Writer, node: Node) -> None:
        writer.remove_child(node, "address")
        writer.set_address(node, PLACE)

    assert edited_device(f"<rng><address {PRINTED} a='1'/></rng>", edit) == f"<rng><address {PRINTED} a='1'/></rng>"


CONTROLLER_EDITS: tuple[Edit, ...] = (
    lambda writer, node: writer.set_address(node, PLACE),
    lambda writer, node: writer.set_child(node, "target", {"chassis": "1"}),
    lambda writer, node: writer.set_child(node, "target", {"port": "0x8"}),
    lambda writer, node: writer.set_child(node, "model", {"name": "pcie-root-port"}),
    lambda writer, node: writer.set_attribute(node, "index", "1"),
)


@pytest.mark.parametrize("edits", [CONTROLLER_EDITS, (*CONTROLLER_EDITS[3:], *CONTROLLER_EDITS[:3])])
def test_edits_of_one_element_compose(edits: tuple[Edit, ...]) -> None:
    def edit(writer: Writer, node: Node) -> None:
        for one in edits:
            one(writer, node)

    assert edited_device("<controller type='pci' model='pcie-root-port'/>", edit) == lines(
        "<controller type='pci' index='1' model='pcie-root-port'>",
        "      <model name='pcie-root-port'/>",
        "      <target chassis='1' port='0x8'/>",
        f"      <address {PRINTED}/>",
        "    </controller>",
    )


@pytest.mark.parametrize("device", ["<rng/>", "<rng><address type='pci' slot='9'/></rng>"])
def test_the_last_word_counts(device: str) -> None:
    def twice(writer: Writer, node: Node) -> None:
        writer.set_address(node, Address(7, 7, 7, 7), multifunction="on")
        writer.set_address(node, PLACE, multifunction="off")

    def once(writer: Writer, node: Node) -> None:
        writer.set_address(node, PLACE, multifunction="off")

    assert edited_device(device, twice) == edited_device(device, once)


def test_an_insertion_and_a_change_at_one_place() -> None:
    def edit(writer: Writer, node: Node) -> None:
        writer.set_address(node, PLACE)
        writer.set_child(node, "model", {"a": "1"})

    assert edited_device("<c><address/></c>", edit) == f"<c><model a='1'/><address {PRINTED}/></c>"


def test_there_and_back_is_no_change() -> None:
    document = read(FRAME.format("<rng a='&#49;'/>").encode())
    writer = Writer(document)
    rng = document.root.children[0].children[0]
    writer.set_attribute(rng, "a", "2")
    writer.set_attribute(rng, "a", "1")
    writer.remove_attribute(rng, "b")
    assert writer.data() is document.data


def test_encoding_stays_and_a_character_it_lacks_becomes_a_reference() -> None:
    text = "<?xml version='1.0' encoding='ISO-8859-1'?>\n<domain a='é'/>"
    document = read(text.encode("latin-1"))
    writer = Writer(document)
    writer.set_attribute(document.root, "b", "é€")
    assert writer.data() == text.replace("/>", " b='é&#8364;'/>").encode("latin-1")
    assert read(writer.data()).root.get("b") == "é€"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_mark_stays(encoding: str) -> None:
    document = read("<domain><os/></domain>\n".encode(encoding))
    writer = Writer(document)
    writer.set_attribute(document.root.children[0], "a", "é")
    assert writer.data() == "<domain><os a='é'/></domain>\n".encode(encoding)
