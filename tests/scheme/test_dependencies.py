"""Every place where libvirt takes "domain 0" or "bus == index" for granted, decided for the multi-domain scheme.

One test per row of docs/schemes.md; the id of the row is in the name.
"""

from __future__ import annotations

import pcisolve
from pcisolve.api.guest import Result
from pcisolve.api.options import make_options
from pcisolve.verdict.values import PlacedController
from tests.scheme.guests import controller, device, guest

MULTI = make_options(scheme="multi-domain")
TWO_ROOTS = [controller("pcie-root", 0), controller("pcie-root", 5)]


def solve(*elements: str, machine: str = "q35", arch: str = "x86_64", stage: str = "guest") -> Result:
    return pcisolve.load(guest(*elements, machine=machine, arch=arch)).solve(MULTI._replace(stage=stage))


def codes(result: Result) -> list[str]:
    return [one.code for one in result.verdict.findings]


def placed(result: Result, index: int) -> PlacedController:
    return next(one for one in result.verdict.controllers if one.index == index)


def test_domain0_a_domain_is_a_roots_index() -> None:
    assert solve(*TWO_ROOTS, controller("pcie-root-port", 6, (5, 0, 1))).verdict.status == "solved"
    assert codes(solve(*TWO_ROOTS, controller("pcie-root-port", 6, (4, 0, 1)))) == ["rfc-address-lookup"]


def test_array_a_new_bus_is_one_above_the_highest_index() -> None:
    result = solve(*TWO_ROOTS, controller("pcie-root-port", 40, (5, 0, 1)), device(), device())
    assert [one.index for one in result.verdict.controllers if one.added] == [41]


def test_bus_8bit_host_addresses_stay_8_bit_guest_buses_do_not() -> None:
    source = "<source><address domain='0' bus='{}' slot='0' function='0'/></source>"
    hostdev = "<hostdev mode='subsystem' type='pci'>" + source + "</hostdev>"
    assert solve(*TWO_ROOTS, hostdev.format("0xff")).verdict.status == "solved"
    assert codes(solve(*TWO_ROOTS, hostdev.format("0x100"))) == ["host-address"]


def test_index_255_is_replaced_by_256_buses_a_domain() -> None:
    assert solve(*TWO_ROOTS, controller("pcie-root-port", 70000, (5, 0, 1))).verdict.status == "solved"


def test_gap_fill_only_below_a_single_root() -> None:
    several = solve(*TWO_ROOTS, controller("pcie-root-port", 9, (5, 0, 1)))
    assert [one.index for one in several.verdict.controllers] == [0, 5, 9]
    single = solve(controller("pcie-root", 0), controller("pcie-root-port", 3, (0, 0, 1)))
    assert [one.index for one in single.verdict.controllers] == [0, 1, 2, 3]


def test_index_order_holds_for_every_model() -> None:
    assert codes(solve(*TWO_ROOTS, controller("pcie-root-port", 2, (5, 0, 1)))) == ["rfc-parent-lower"]


def test_root_index_any_as_many_as_the_machine_has() -> None:
    assert solve(controller("pcie-root", 0), controller("pcie-root", 4711)).verdict.status == "solved"
    roots = [controller("pci-root", index) for index in range(32)]
    assert "roots-per-machine" in codes(solve(*roots, machine="pseries", arch="ppc64"))


def test_pseries_legacy_form_is_read_as_flat() -> None:
    roots = [controller("pci-root", 0), controller("pci-root", 1)]
    data = guest(*roots, device((0, 1, 3)), machine="pseries", arch="ppc64")
    assert pcisolve.load(data).check().scheme == "flat"
    data = guest(*roots, device((1, 0, 3)), machine="pseries", arch="ppc64")
    assert pcisolve.load(data).check().scheme == "multi-domain"


def test_integrated_devices_are_on_bus_0_of_domain_0() -> None:
    iommu = "<iommu model='virtio'>{}</iommu>"
    there = "<address type='pci' domain='5' bus='0' slot='3'/>"
    assert codes(solve(*TWO_ROOTS, iommu.format(there))) == ["integrated-bus0"]
    assert solve(*TWO_ROOTS, iommu.format("")).verdict.devices[0].address.startswith("0000:00:")


def test_fixed_slots_belong_to_the_root_with_index_0() -> None:
    result = solve(*TWO_ROOTS, controller("pcie-root-port", 6, (5, 0, 0x1F)))
    assert result.verdict.status == "solved", "slot 0x1f is the chipset's in domain 0 only"
    assert codes(solve(*TWO_ROOTS, controller("pcie-root-port", 6, (0, 0, 0x1F)))) == ["addr-duplicate"]


def test_empty_only_0_0_0_means_unset() -> None:
    assert solve(*TWO_ROOTS, controller("pcie-root-port", 6, (0, 0, 0))).verdict.status == "solved"
    assert codes(solve(*TWO_ROOTS, controller("pcie-root-port", 6, (5, 0, 0)))) == ["addr-slot-min"]


def test_extra_a_spare_root_port_where_there_are_none_but_roots() -> None:
    result = solve(*TWO_ROOTS, device())
    assert [one.index for one in result.verdict.controllers if one.added] == [6, 7]
    assert {placed(result, index).domain for index in (6, 7)} == {0}


def test_search_order_is_index_order_over_all_domains() -> None:
    ports = [controller("pcie-root-port", 7, (0, 0, 1)), controller("pcie-root-port", 6, (5, 0, 1))]
    result = solve(*TWO_ROOTS, *ports, device(), device())
    assert [one.address for one in result.verdict.devices if one.kind == "rng"] == ["0005:06:00.0", "0000:07:00.0"]


def test_growth_by_a_root_opens_a_domain() -> None:
    slots = [device((domain, 0, slot)) for domain in (0, 1) for slot in range(1, 32)]
    roots = [controller("pci-root", 0), controller("pci-root", 1)]
    result = solve(*roots, *slots, device(), machine="pseries", arch="ppc64")
    assert result.verdict.status == "solved"
    assert (placed(result, 2).model, placed(result, 2).domain) == ("pci-root", 2)
    assert result.verdict.devices[-1].address == "0002:00:01.0"


def test_chassis_has_numbers_of_its_own_above_255() -> None:
    ports = [controller("pcie-root-port", index, (5, 0, slot)) for slot, index in enumerate((255, 300, 301), 1)]
    xml = solve(*TWO_ROOTS, *ports).xml
    assert xml is not None
    assert [piece.split(b"'")[0] for piece in xml.split(b"chassis='")[1:]] == [b"255", b"254", b"253"]


def test_port_is_still_slot_and_function() -> None:
    xml = solve(*TWO_ROOTS, controller("pcie-root-port", 300, (5, 0, 3))).xml
    assert xml is not None
    assert b"port='0x18'" in xml


def test_busnr_one_space_per_domain() -> None:
    expanders = [controller("pcie-expander-bus", 6, (0, 0, 3)), controller("pcie-expander-bus", 7, (5, 0, 3))]
    xml = solve(*TWO_ROOTS, *expanders).xml
    assert xml is not None
    assert xml.count(b"busNr='254'") == 2


def test_multifunction_compares_the_domain_too() -> None:
    at = "<address type='pci' domain='{}' bus='0' slot='2' function='{}'/>"
    ports = [
        f"<controller type='pci' index='6' model='pcie-root-port'>{at.format(0, 0)}</controller>",
        f"<controller type='pci' index='7' model='pcie-root-port'>{at.format(5, 1)}</controller>",
    ]
    xml = solve(*TWO_ROOTS, *ports, stage="libvirt").xml
    assert xml is not None
    assert b"multifunction" not in xml


def test_zero_printing_wider_values_print_wider() -> None:
    result = solve(*TWO_ROOTS, controller("pcie-root-port", 0x12345, (5, 0, 1)), device((5, 0x12345, 0)))
    assert result.verdict.devices[-1].address == "0005:12345:00.0"
    assert placed(result, 0x12345).name == f"pci.{0x12345}"


def test_array_a_single_root_grows_for_an_address_as_today() -> None:
    data = guest(controller("pcie-root", 0), device((0, 3, 0)))
    result = pcisolve.load(data).solve(MULTI)
    assert [one.index for one in result.verdict.controllers if one.added] == [1, 2, 3]
    assert result.xml == pcisolve.load(data).solve(make_options(scheme="flat")).xml
