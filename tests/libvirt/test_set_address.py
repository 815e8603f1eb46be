"""Addresses written into a domain XML: what a person would have written, and nothing else."""

from __future__ import annotations

import pytest

from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.libvirt.writer import Writer
from tests.libvirt.editing import PLACE, PRINTED, edited_device, lines


def addressed(writer: Writer, node: Node) -> None:
    writer.set_address(node, PLACE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # a new child
        ("<rng/>", lines("<rng>", f"      <address {PRINTED}/>", "    </rng>")),
        ("<rng model='virtio' />", lines("<rng model='virtio'>", f"      <address {PRINTED}/>", "    </rng>")),
        ("<rng></rng>", lines("<rng>", f"      <address {PRINTED}/>", "    </rng>")),
        ("<rng>  </rng>", lines("<rng>", f"      <address {PRINTED}/>", "    </rng>")),
        ("<rng>\n\n  </rng>", f"<rng>\n      <address {PRINTED}/>\n\n  </rng>"),
        ("<rng>\n    </rng >", lines("<rng>", f"      <address {PRINTED}/>", "    </rng >")),
        ("<rng><a/></rng>", f"<rng><a/><address {PRINTED}/></rng>"),
        ("<rng> <a/> </rng>", f"<rng> <a/> <address {PRINTED}/> </rng>"),
        ("<rng>\n     <a/></rng>", lines("<rng>", "     <a/>", f"     <address {PRINTED}/>", "    </rng>")),
        ("<rng>\n\t<a/>\n    </rng>", lines("<rng>", "\t<a/>", f"\t<address {PRINTED}/>", "    </rng>")),
        (
            "<rng>\n      <a/>\n      <!-- b -->\n    </rng>",
            lines("<rng>", "      <a/>", "      <!-- b -->", f"      <address {PRINTED}/>", "    </rng>"),
        ),
        ("<rng><!-- b --></rng>", lines("<rng><!-- b -->", f"      <address {PRINTED}/>", "    </rng>")),
        # not blanks to XML, so not to be lost
        ("<rng>\u00a0</rng>", lines("<rng>\u00a0", f"      <address {PRINTED}/>", "    </rng>")),
        # the address of the host's device is another one
        (
            "<hostdev><source><address bus='5'/></source></hostdev>",
            f"<hostdev><source><address bus='5'/></source><address {PRINTED}/></hostdev>",
        ),
        # an address that is there: only what differs
        ("<rng><address/></rng>", f"<rng><address {PRINTED}/></rng>"),
        ("<rng><address type='pci'/></rng>", f"<rng><address {PRINTED}/></rng>"),
        ('<rng><address type="none" /></rng>', f"<rng><address {PRINTED} /></rng>".replace("'", '"')),
        (
            "<rng><address slot='7'  function = '03' a='&amp;'/></rng>",
            "<rng><address type='pci' domain='0x0000' bus='0x01' slot='0x02'  function = '03' a='&amp;'/></rng>",
        ),
        (
            '<rng><address type=\'pci\' bus="0X1" slot="02" domain=\'0\' function="3"/></rng>',
            '<rng><address type=\'pci\' bus="0X1" slot="02" domain=\'0\' function="3"/></rng>',
        ),
        (
            "<rng><address type='pci' domain='0x0000' bus='1f' slot='010' function='9'/></rng>",
            f"<rng><address {PRINTED}/></rng>",
        ),
        (
            "<rng><address type='pci'\n  bus='2'\n  slot='2'/></rng>",
            "<rng><address type='pci'\n  domain='0x0000'\n  bus='0x01'\n  slot='2'\n  function='0x3'/></rng>",
        ),
    ],
)
def test_set_address(before: str, after: str) -> None:
    assert edited_device(before, addressed) == after


def test_wide_numbers_are_printed_whole() -> None:
    def edit(writer: Writer, node: Node) -> None:
        writer.set_address(node, Address(0x12345, 0x1FF, 31, 7))

    address = "<address type='pci' domain='0x12345' bus='0x1ff' slot='0x1f' function='0x7'/>"
    assert edited_device("<a><b/></a>", edit) == f"<a><b/>{address}</a>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<address/>", f"<address {PRINTED} multifunction='on'/>"),
        (f"<address {PRINTED} multifunction='off' x=''/>", f"<address {PRINTED} multifunction='on' x=''/>"),
        (f'<address {PRINTED} multifunction="on"/>', f'<address {PRINTED} multifunction="on"/>'),
    ],
)
def test_multifunction(before: str, after: str) -> None:
    def edit(writer: Writer, node: Node) -> None:
        writer.set_address(node, PLACE, multifunction="on")

    assert edited_device(f"<rng>{before}</rng>", edit) == f"<rng>{after}</rng>"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"<rng>\n      <address {PRINTED}/>\n    </rng>",
            lines(
                "<rng>",
                f"      <address {PRINTED}>",
                "        <zpci uid='0x0001' fid='0x0000001f'/>",
                "      </address>",
                "    </rng>",
            ),
        ),
        (
            "<rng/>",
            lines(
                "<rng>",
                f"      <address {PRINTED}>",
                "        <zpci uid='0x0001' fid='0x0000001f'/>",
                "      </address>",
                "    </rng>",
            ),
        ),
        (
            f"<rng><address {PRINTED}><zpci fid='31'/></address></rng>",
            f"<rng><address {PRINTED}><zpci uid='0x0001' fid='31'/></address></rng>",
        ),
        (
            f"<rng><address {PRINTED}><zpci uid='1' fid='0'/></address></rng>",
            f"<rng><address {PRINTED}><zpci uid='1' fid='0x0000001f'/></address></rng>",
        ),
    ],
)
def test_zpci(before: str, after: str) -> None:
    def edit(writer: Writer, node: Node) -> None:
        writer.set_address(node, PLACE, zpci=(1, 0x1F))

    assert edited_device(before, edit) == after
