"""Differences: each is found, and told with the line of the input."""

from __future__ import annotations

import json

from pcisolve.api.guests import load
from pcisolve.problem.problem import Options
from pcisolve.verdict.values import Verdict
from pcisolve.verify.commandline import startable_words
from pcisolve.verify.compare import place_of, with_libvirt, with_numbers, with_places
from pcisolve.verify.machine import Numbered, Numbers, Place
from pcisolve.verify.report import full
from pcisolve.verify.values import AGREES, DIFFERS, SKIPPED, UNDECIDED, Step, Verification
from tests.support import QUIET, controller, domain, rng

PORTS = controller(1, "pcie-root-port", "0:0:1.0") + controller(2, "pcie-root-port", "0:0:2.0")
GUEST = domain("q35", PORTS + rng("0:1:0.0") + rng("0:2:0.0") + QUIET)
NOTHING = Numbers({}, frozenset({(0, 0x1F, 2)}), frozenset({0}))


def written(data: bytes) -> tuple[Verdict, Verdict]:
    """What is predicted, and what a libvirt that agrees would write."""
    solved = load(data).solve().xml
    assert solved is not None
    return load(data).check(), load(solved).check()


def test_a_libvirt_that_agrees() -> None:
    assert with_libvirt(*written(GUEST)) == ()


def test_a_device_elsewhere_is_told_with_its_line() -> None:
    predicted, _ = written(GUEST)
    _, real = written(GUEST.replace(b"bus='0x2' slot='0x0'", b"bus='0x0' slot='0x5'"))
    (one,) = with_libvirt(predicted, real)
    assert (one.part, one.predicted, one.found) == ("rng 2", "0000:02:00.0", "0000:00:05.0")
    assert one.line is not None and b"bus='0x2'" in GUEST.splitlines()[one.line - 1]


def test_what_libvirt_did_not_write_is_no_evidence() -> None:
    predicted, _ = written(GUEST)
    missing = {one.part for one in with_libvirt(predicted, predicted)}  # pcisolve's own reading of the input
    assert missing == {"pcie.0 pcie-root", "sata controller 0"}


def test_a_device_libvirt_adds_is_told() -> None:
    predicted, _ = written(GUEST)
    _, real = written(GUEST.replace(b"<memballoon model='none'/>", b"<memballoon model='virtio'/>"))
    assert "memballoon" in {one.part for one in with_libvirt(predicted, real)}


def running(predicted: Verdict) -> dict[str, Place]:
    """The devices of a QEMU that has them all in place."""
    found = {one.path or "": place_of(one) for one in predicted.devices if one.name != "sata controller 0"}
    return found | {f"pci.{one.index}": place_of(one) for one in predicted.controllers if one.address}


def test_a_qemu_that_agrees_with_the_chipset_counted() -> None:
    predicted, _ = written(GUEST)
    assert with_places(predicted, running(predicted), NOTHING) == ()


def test_missing_swapped_and_unexpected_devices_are_told() -> None:
    predicted, _ = written(GUEST)
    there = running(predicted)
    there["pci.1"], there["pci.2"] = there["pci.2"], there["pci.1"]
    there["stranger"] = Place(0, 9, 0)
    said = {one.part: one.found for one in with_places(predicted, there, NOTHING)}
    assert said["pci.1 pcie-root-port"] == "pci.2 is there"
    assert said["stranger"] == "bus 00 slot 09 function 0"
    no_chipset = with_places(predicted, running(predicted), NOTHING._replace(nameless=frozenset()))
    assert [one.part for one in no_chipset] == ["sata controller 0"]


def test_numbers_before_and_after_the_firmware() -> None:
    predicted, _ = written(GUEST)
    there = running(predicted)
    before = {name: Numbered(0, at.slot, at.function, (0, 0)) for name, at in there.items() if not at.provider}
    assert len(with_numbers(predicted, there, NOTHING._replace(devices=before))) == 4  # two ports, what is in them
    after = {name: one._replace(buses=(int(name[-1]),) * 2) for name, one in before.items()}
    after |= {name: Numbered(at.provider, 0, 0, None) for name, at in there.items() if at.provider}
    assert with_numbers(predicted, there, NOTHING._replace(devices=after)) == ()
    after["pci.2"] = after["pci.2"]._replace(buses=(2, 3))
    (one,) = with_numbers(predicted, there, NOTHING._replace(devices=after))
    assert (one.predicted, one.found) == ("buses 02 to 02", "buses 02 to 03")


def test_the_outcome_is_the_worst_of_the_steps() -> None:
    def outcome(*states: str) -> tuple[str, int]:
        steps = tuple(Step("libvirt", "", state, "is asked") for state in states)
        return Verification("guest.xml", steps).state, Verification("guest.xml", steps).exit_code

    assert outcome(AGREES, SKIPPED) == (AGREES, 0)
    assert outcome(AGREES, DIFFERS, UNDECIDED) == (DIFFERS, 1)
    assert outcome(AGREES, UNDECIDED) == (UNDECIDED, 3)
    assert outcome(SKIPPED) == outcome() == (UNDECIDED, 3)


def test_a_difference_reads_with_file_and_line() -> None:
    predicted, _ = written(GUEST)
    _, real = written(GUEST.replace(b"bus='0x2' slot='0x0'", b"bus='0x0' slot='0x5'"))
    step = Step("libvirt", "9.0.0", DIFFERS, "defines it", with_libvirt(predicted, real))
    assert full(Verification("guest.xml", (step,))).splitlines() == [
        "differs: libvirt 9.0.0 defines it",
        "  guest.xml:6: rng 2: pcisolve says 0000:02:00.0; found: 0000:00:05.0",
        "guest.xml: not all agree with pcisolve",
    ]


def test_a_bridge_that_should_get_no_number_and_does() -> None:
    ports = "".join(controller(index, "pcie-root-port", f"0:1:{index:x}.0") for index in (2, 3, 4))
    body = controller(1, "pcie-expander-bus", "0:0:1.0", "<target busNr='254'/>") + ports + QUIET
    predicted = load(domain("q35", body)).check(Options(stage="libvirt"))
    views = {one.index: one.guest for one in predicted.controllers}
    assert views[3].visible and views[3].secondary is None
    there = running(predicted)
    seen = {f"pci.{index}": Numbered(0xFE, index, 0, (0xFF, 0xFF) if index == 2 else (0, 0)) for index in (2, 3, 4)}
    seen["pci.1"] = Numbered(0, 1, 0, None)
    real = Numbers(seen, frozenset(), frozenset({0, 0xFE}))
    assert with_numbers(predicted, there, real) == ()
    seen["pci.3"] = Numbered(0xFE, 3, 0, (7, 7))
    assert [(one.predicted, one.found) for one in with_numbers(predicted, there, real)] == [
        ("no bus number", "buses 07 to 07")
    ]
    rootless = with_numbers(predicted, there, real._replace(roots=frozenset({0})))
    assert "no bus of that number" in {one.found for one in rootless}


def test_a_companion_without_an_id_is_given_one_to_be_asked_by() -> None:
    device = '{"driver":"ich9-usb-uhci1","masterbus":"usb.0","bus":"pci.6","addr":"0x3.0x1"}'
    words = startable_words(f"qemu -device '{device}'", {}, None)
    assert json.loads(words[2])["id"] == "at-pci.6-0x3.0x1"
