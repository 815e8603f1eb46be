"""Several <devices>: libvirt finds devices by the path ./devices/*, so all of them are one list."""

from __future__ import annotations

from pathlib import Path

import pytest

import pcisolve
from pcisolve.core.change import Change, NewElement
from pcisolve.core.errors import InputError
from pcisolve.libvirt.container import read
from pcisolve.libvirt.document import MAX_DEVICES
from pcisolve.libvirt.writer import Writer

EXAMPLES = Path(__file__).parents[2] / "examples"
SPLIT = "  </devices>\n  <cpu/>\n  <devices>\n"


def layout(data: bytes) -> list[tuple[str, str | None]]:
    verdict = pcisolve.load(data).solve(pcisolve.make_options(stage="libvirt")).verdict
    assert verdict.status == "solved"
    found = [(f"controller {one.index} {one.model}", str(one.address)) for one in verdict.controllers]
    return found + [(one.kind, str(one.address)) for one in verdict.devices]


@pytest.mark.parametrize("name", ["q35.xml", "pseries-four-phb.xml"])
def test_a_list_in_pieces_has_the_layout_of_the_whole(name: str) -> None:
    text = (EXAMPLES / name).read_text()
    devices = read(text.encode()).root.first("devices")
    assert devices is not None
    document = read(text.encode())
    whole = layout(text.encode())
    for node in devices.children:
        at = document.spans[node.number].begin
        at = text.rindex("\n", 0, at) + 1
        pieces = text[:at] + SPLIT + text[at:]
        assert layout(pieces.encode()) == whole


def test_paths_count_through_and_lines_stay() -> None:
    document = read(b"<domain><devices><rng/></devices>\n<devices/>\n<devices><rng/><disk/></devices></domain>")
    devices = document.root.all("devices")
    assert len(devices) == 1
    assert [one.path for one in devices[0].children] == [
        "/domain/devices/rng[1]",
        "/domain/devices/rng[2]",
        "/domain/devices/disk[1]",
    ]
    assert [document.location(one).line for one in devices[0].children] == [1, 3, 3]


@pytest.mark.parametrize("first", ["<devices/>", "<devices>\n  <rng/>\n</devices>"])
def test_what_is_added_comes_behind_all_devices(first: str) -> None:
    text = f"<domain>\n{first}\n<devices>\n  <rng/>\n</devices>\n</domain>"
    document = read(text.encode())
    devices = document.root.first("devices")
    assert devices is not None
    writer = Writer(document)
    writer.change(Change(devices, "", NewElement("video", {}, ())))
    assert writer.data().decode() == text.replace("</devices>\n</domain>", "  <video/>\n</devices>\n</domain>")


def test_the_limit_is_one_for_all() -> None:
    half = "<devices>" + "<a/>" * (MAX_DEVICES // 2) + "</devices>"
    assert read(f"<domain>{half}{half}</domain>".encode()).root.tag == "domain"
    with pytest.raises(InputError, match="65,537 devices; the limit is 65,536"):
        read(f"<domain>{half}{half}<devices><a/></devices></domain>".encode())


def test_very_many_lists() -> None:
    assert len(read(b"<domain>" + b"<devices/>" * 300_000 + b"</domain>").root.children) == 1
