"""New devices in a domain XML: placed, indented and quoted like their neighbours."""

from __future__ import annotations

import pytest

from pcisolve.core.change import NewElement
from pcisolve.core.node import Node
from pcisolve.libvirt.container import read
from pcisolve.libvirt.writer import Writer
from tests.libvirt.editing import FRAME, PLACE, PRINTED, edited, edited_device, lines
from tests.support import no_hang


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # right behind the first device, and at the end
        (
            FRAME.format("<a/>\n    <b/>"),
            FRAME.format("<a/>\n    <x i='1'/>\n    <x i='2'/>\n    <b/>\n    <x i='3'/>"),
        ),
        (FRAME.format("<a>\n    </a>"), FRAME.format("<a>\n    </a>\n    <x i='1'/>\n    <x i='2'/>\n    <x i='3'/>")),
        (
            FRAME.format("<a/> <!-- a's --> <!-- too -->\n    <!-- end -->"),
            FRAME.format(
                "<a/> <!-- a's --> <!-- too -->\n    <x i='1'/>\n    <x i='2'/>\n    <!-- end -->\n    <x i='3'/>"
            ),
        ),
        (
            FRAME.format("<a/> <!-- b's --><b/>"),
            FRAME.format("<a/>\n    <x i='1'/>\n    <x i='2'/> <!-- b's --><b/>\n    <x i='3'/>"),
        ),
        (
            '<domain><devices><a i="0"/><b/></devices></domain>',
            '<domain><devices><a i="0"/><x i="1"/><x i="2"/><b/><x i="3"/></devices></domain>',
        ),
        (
            "<domain>\r\n\t<devices>\r\n\t\t<a/>\r\n\t</devices>\r\n</domain>",
            "<domain>\r\n\t<devices>\r\n\t\t<a/>\r\n\t\t<x i='1'/>\r\n\t\t<x i='2'/>\r\n\t\t<x i='3'/>\r\n\t</devices>"
            "\r\n</domain>",
        ),
    ],
)
def test_add_device(before: str, after: str) -> None:
    def edit(writer: Writer, node: Node) -> None:
        writer.add_device(NewElement("x", {"i": "3"}), None)
        writer.add_device(NewElement("x", {"i": "1"}), node)
        writer.add_device(NewElement("x", {"i": "2"}), node)

    assert edited(before, edit) == after


def test_quotes_are_those_of_the_other_devices() -> None:
    result = edited("<domain a=\"1\"><devices><emulator/><rng a='1'/></devices></domain>", _add_model)
    assert result.endswith("<rng a='1'/><model b='2'/></devices></domain>")


def test_a_device_of_any_tag_comes_last() -> None:
    result = edited("<domain><devices><address/></devices></domain>", _add_model)
    assert result == "<domain><devices><address/><model b='2'/></devices></domain>"


def _add_model(writer: Writer, node: Node) -> None:
    writer.add_device(NewElement("model", {"b": "2"}), None)


def test_additions_beside_a_device_that_is_opened_up() -> None:
    def edit(writer: Writer, node: Node) -> None:
        writer.add_device(NewElement("x", {}), node)
        writer.add_device(NewElement("y", {}), None)
        writer.set_address(node, PLACE)

    after = lines("<rng>", f"      <address {PRINTED}/>", "    </rng>", "    <x/>", "    <y/>")
    assert edited_device("<rng/>", edit) == after


def test_children_of_a_new_device_are_indented_like_its_neighbours() -> None:
    new = NewElement("x", {"a": "<'"}, (NewElement("y", {}, (NewElement("z", {}),)), NewElement("y", {"b": "2"})))
    before = "<domain>\n    <devices>\n        <a/>\n    </devices>\n</domain>"
    step = "\n" + " " * 8
    after = f"<x a='&lt;&apos;'>{step}    <y>{step}        <z/>{step}    </y>{step}    <y b='2'/>{step}</x>"
    result = edited(before, lambda writer, node: writer.add_device(new, node))
    assert result == before.replace("<a/>", f"<a/>{step}{after}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<domain/>", "<domain><devices><x/><y/></devices></domain>"),
        (
            "<domain/>\n",
            "<domain>\n  <devices>\n    <x/>\n    <y/>\n  </devices>\n</domain>\n",
        ),
        (
            "<domain>\n <os/>\n <q:c xmlns:q='u'/>\n</domain>",
            "<domain>\n <os/>\n <q:c xmlns:q='u'/>\n <devices>\n  <x/>\n  <y/>\n </devices>\n</domain>",
        ),
        (
            "<domain>\n\t<devices />\n</domain>",
            "<domain>\n\t<devices>\n\t\t<x/>\n\t\t<y/>\n\t</devices>\n</domain>",
        ),
        ("<domain><devices></devices></domain>", "<domain><devices><x/><y/></devices></domain>"),
        (
            "<domain>\r\n  <devices>\r\n  </devices>\r\n</domain>",
            "<domain>\r\n  <devices>\r\n    <x/>\r\n    <y/>\r\n  </devices>\r\n</domain>",
        ),
    ],
)
def test_add_device_where_there_is_none(before: str, after: str) -> None:
    writer = Writer(read(before.encode()))
    writer.add_device(NewElement("x", {}), None)
    writer.add_device(NewElement("y", {}), None)
    assert writer.data().decode() == after


def test_many_devices_take_seconds_and_not_hours() -> None:
    with no_hang():
        document = read(b"<domain><devices>" + b"<rng/>" * 60_000 + b"</devices></domain>")
        writer = Writer(document)
        for device in document.root.children[0].children[::4]:
            writer.set_address(device, PLACE)
            writer.add_device(NewElement("x", {}), None)
        assert writer.data().count(b"<address ") == 15_000
