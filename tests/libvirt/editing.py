"""Edits of a document, and the text that comes of them."""

from __future__ import annotations

from collections.abc import Callable

from pcisolve.core.address import Address
from pcisolve.core.node import Node
from pcisolve.libvirt.container import read
from pcisolve.libvirt.writer import Writer

PLACE = Address(0, 1, 2, 3)
PRINTED = "type='pci' domain='0x0000' bus='0x01' slot='0x02' function='0x3'"
FRAME = "<domain type='kvm'>\n  <devices>\n    {}\n  </devices>\n</domain>\n"

Edit = Callable[[Writer, Node], None]


def edited(text: str, edit: Edit) -> str:
    """The document after an edit of its first device."""
    document = read(text.encode())
    writer = Writer(document)
    devices = document.root.first("devices")
    assert devices is not None
    edit(writer, devices.children[0])
    return writer.data().decode()


def edited_device(device: str, edit: Edit) -> str:
    """The same, for a device in the usual frame; only the device is returned."""
    before, after = FRAME.split("{}")
    result = edited(before + device + after, edit)
    assert result.startswith(before)
    assert result.endswith(after)
    return result[len(before) : -len(after)]


def lines(*texts: str) -> str:
    return "\n".join(texts)
