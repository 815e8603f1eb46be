"""Pictures of guests, of plans and of two layouts: what is where, and what is marked."""

from __future__ import annotations

from pathlib import Path

import pcisolve
from pcisolve.ops.difference import both_laid
from pcisolve.ops.pictures.difference import draw_difference
from pcisolve.problem.problem import Options
from pcisolve.render.picture.picture import (
    ADDED,
    CONTROLLER,
    FAULT,
    INVOLVED,
    LEFT,
    MOVED,
    REMOVED,
    ROOT,
    WARNED,
    Box,
    Picture,
)
from tests.support import QUIET, controller, domain, rng

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def drawn(data: bytes | Path) -> Picture:
    """The picture of a guest or plan."""
    return pcisolve.load(data).draw().picture


def one(picture: Picture, label: str, mark: str | None = None) -> Box:
    """The box of that name."""
    (found,) = [box for box in picture.boxes if box.label == label and mark in (None, box.mark)]
    return found


def test_the_tree_is_that_of_the_layout() -> None:
    picture = drawn(EXAMPLES / "q35.xml")
    verdict = pcisolve.load(EXAMPLES / "q35.xml").check()
    addresses = {one.address for one in (*verdict.controllers, *verdict.devices) if one.address}
    assert {box.address for box in picture.boxes if box.kind != ROOT} == addresses
    assert picture.title == "workstation"
    disk = one(picture, "disk vda")
    assert (disk.address, disk.guest, disk.line, disk.depth) == ("0000:05:00.0", "0000:05:00.0", 16, 2)
    assert picture.source[disk.line - 1].strip() == "<disk type='file' device='disk'>"


def test_lines_are_those_of_the_file() -> None:
    """Also of a domain that is not all of its file."""
    text = b"<domstatus state='running'>\n<monitor/>\n" + domain("q35", rng()) + b"</domstatus>"
    picture = drawn(text)
    box = one(picture, "rng")
    assert box.line is not None
    assert "<rng" in picture.source[box.line - picture.first_line]


def test_a_finding_is_marked_where_its_parts_are() -> None:
    picture = drawn(EXAMPLES / "three-faults.xml")
    assert one(picture, "interface virtio").mark == FAULT
    assert one(picture, "interface virtio").rules == ("addr-slot-max",)
    port = one(picture, "pci.1")
    assert (port.mark, port.note) == (INVOLVED, "provides that bus")
    told = next(one for one in picture.told if one.code == "addr-duplicate")
    assert [picture.boxes[at].label for at in told.boxes] == ["disk vda", "sata controller 0"]
    assert told.helps[0] == "move disk vda to 0000:00:02.0"


def test_what_is_on_no_bus_is_there_all_the_same() -> None:
    picture = drawn(EXAMPLES / "three-faults.xml")
    names = [box.label for box in picture.boxes]
    assert names[-2:] == ["on no bus of this guest", "interface 2 (virtio)"]
    assert picture.boxes[-1].facts == ("asks for 0001:00:04.0",)


def test_a_warning_is_no_fault() -> None:
    expander = domain("q35", f"{QUIET}{controller(1, 'pcie-expander-bus')}", numa_cells=2)
    marks = {box.mark for box in drawn(expander).boxes}
    assert FAULT not in marks
    findings = pcisolve.load(expander).check().findings
    assert (WARNED in marks) == any(one.severity == "warning" and one.facts for one in findings)


def test_circles_and_open_indexes_are_drawn() -> None:
    ring = domain(
        "q35", QUIET + controller(1, "pcie-root-port", "0:2:0.0") + controller(2, "pcie-root-port", "0:1:0.0")
    )
    assert {"pci.1", "pci.2"} <= {box.label for box in drawn(ring).boxes}
    system = b"<os><type arch='x86_64' machine='q35'>hvm</type></os>"
    open_ = b"<domain>" + system + b"<devices><controller type='pci'/></devices></domain>"
    assert drawn(open_).boxes


def test_the_strip_counts_buses_and_slots() -> None:
    picture = drawn(EXAMPLES / "q35.xml")
    (strip,) = picture.strips
    assert picture.boxes[strip.at].kind == ROOT
    assert (strip.limit, [(span.first, span.last, span.used) for span in strip.spans]) == (256, [(0, 255, 12)])
    assert strip.words[0] == "12 of 13 slots"


def test_windows_of_expanders_are_in_the_strip_of_their_root() -> None:
    picture = drawn(EXAMPLES / "plans/numa-pairs.yaml")
    (strip,) = picture.strips
    assert [span.first for span in strip.spans] == [0, 212, 223, 234, 245]
    assert one(picture, "pci.1 cell-1").facts == ("NUMA node 0", "busNr 212")


def test_a_plan_is_the_guest_it_comes_to() -> None:
    picture = drawn(EXAMPLES / "plans/many-domains.yaml")
    assert sum(box.kind == ROOT for box in picture.boxes) == len(picture.strips) == 64
    disk = one(picture, "disk[0] vda")
    assert picture.source[(disk.line or 0) - 1].strip().startswith("- {name: disk")
    assert all(box.line is None for box in picture.boxes if box.kind == CONTROLLER)


def test_a_plan_that_cannot_be_had_is_what_it_asks_for() -> None:
    picture = drawn(EXAMPLES / "plans/impossible/pairs-without-room.yaml")
    faults = {box.label: box.note for box in picture.boxes if box.mark == FAULT}
    assert faults["gpu"] == "5 is the most that fits"
    assert faults["buses-per-domain: 12"] == "13 fit"
    assert one(picture, "nic").mark == ""
    assert picture.told[0].notes == ("in one domain: 6 + 6 = 12 devices",)


def test_moves_are_marked_at_both_places() -> None:
    found = draw_difference(*both_laid(EXAMPLES / "q35.xml", EXAMPLES / "q35-next.xml", Options()))
    picture = found.picture
    assert found.difference.count("moved") == sum(box.mark == MOVED for box in picture.boxes) == 5
    assert one(picture, "disk vda", MOVED).note == "was at 0000:05:00.0"
    left = one(picture, "disk vda", LEFT)
    assert (left.address, left.note, left.line) == ("0000:05:00.0", "now at 0000:06:00.0", None)
    assert one(picture, "filesystem srv").mark == ADDED
    assert one(picture, "disk vdb").mark == REMOVED
    assert picture.words == ("1 added", "1 removed", "5 moved")


def test_a_recorded_layout_can_be_compared() -> None:
    import json

    answer = json.dumps(pcisolve.load(EXAMPLES / "q35.xml").solve().to_json()).encode()
    before = draw_difference(*both_laid(answer, EXAMPLES / "q35.xml", Options()))
    assert before.difference.is_empty and before.picture.words == ("the same places",)
    assert not any(box.mark for box in before.picture.boxes)
    after = draw_difference(*both_laid(EXAMPLES / "q35.xml", answer, Options())).picture
    assert after.source == () and one(after, "disk vda").address == "0000:05:00.0"


def test_a_removed_controller_keeps_what_was_on_it() -> None:
    old = domain("q35", QUIET + controller(1, "pcie-root-port", "0:0:1.0") + rng("0:1:0.0"))
    new = domain("q35", QUIET)
    picture = draw_difference(*both_laid(old, new, Options())).picture
    assert [(box.label, box.depth) for box in picture.boxes if box.mark == REMOVED] == [("pci.1", 1), ("rng", 2)]
