"""The shipped model files: all of them load, agree with each other and cover the facts they were written from."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from pcisolve.catalog.catalog import load_catalog
from pcisolve.catalog.folders import SORTS, shipped_folder
from pcisolve.core.kinds import ENDPOINT, KIND_OF_WORD, PCI_BRIDGE, ROOT_PORT

CONTROLLER_RULES = re.findall(
    r"\S+",
    """model-pci-root model-pcie-root model-pci-bridge model-dmi-to-pci-bridge model-pcie-to-pci-bridge
model-pcie-root-port model-pcie-switch-upstream-port model-pcie-switch-downstream-port model-pci-expander-bus
model-pcie-expander-bus target-chassisnr target-chassis target-port target-busnr target-index target-node
target-hotplug target-memreserve pcihole64""",
)
MACHINE_RULES = re.findall(
    r"\S+",
    """family-i440fx family-q35 family-pseries family-ppc64-other family-arm-virt family-arm-other
family-riscv-virt family-loongarch-virt family-s390 family-isapc family-microvm family-alpha-ppc-sh4-sparc64
family-mips-malta default-usb-model default-scsi-model default-net-model default-video-model powernv-mismodelled
microvm-no-machine-option piix3-isa piix3-pm piix3-ide piix3-usb i440fx-video-slot2 q35-sata q35-lpc q35-smbus
q35-usb2-slot q35-dmi-slot q35-video-slot1 q35-ich9-sound""",
)
DEVICE_RULES = re.findall(
    r"\S+",
    """dev-ctl-pci dev-ctl-sata dev-ctl-ide dev-ctl-usb dev-ctl-scsi dev-ctl-vserial dev-ctl-none dev-disk
dev-net dev-fs dev-sound dev-video dev-hostdev-pci dev-hostdev-mdev dev-hostdev-vhostscsi dev-hostdev-other
dev-balloon dev-rng dev-watchdog dev-shmem dev-input dev-serial dev-iommu dev-vsock dev-memory dev-panic dev-crypto
dev-pstore dev-nvme dev-never hostdev-type-depends-on-host needs-pci-address must-not-have-pci-address
transitional-is-pci flags-zero-but-address""",
)
PLATFORM_RULES = re.findall(
    r"\S+",
    """plat-qemu-x86-arm plat-pseries plat-s390 plat-powernv plat-cloud-hypervisor plat-acpi plat-vmd
plat-linux""",
)


@pytest.mark.parametrize(
    ("sort", "rules"),
    list(zip(SORTS, (CONTROLLER_RULES, MACHINE_RULES, DEVICE_RULES, PLATFORM_RULES), strict=True)),
)
def test_every_fact_has_its_rule(sort, rules):
    texts = "".join(path.read_text(encoding="utf-8") for path in (Path(shipped_folder()) / sort).glob("*.toml"))
    words = set(texts.replace('"', " ").replace(",", " ").replace(";", " ").split())
    assert [rule for rule in rules if rule not in words] == []


@pytest.mark.parametrize("libvirt", [(9, 0, 0), (10, 2, 0), (12, 8, 0)])
def test_every_file_loads(libvirt):
    catalog = load_catalog(None, libvirt)
    assert len(catalog.controllers()) == 10
    assert len(catalog.platforms()) == len(list((Path(shipped_folder()) / "platforms").glob("*.toml")))
    everything = (*catalog.controllers(), *catalog.machines(), *catalog.devices(), *catalog.platforms())
    assert all(one.summary.endswith(".") and one.source for one in everything)


def test_every_file_is_of_the_newest_libvirt_or_of_the_oldest():
    catalog, oldest = load_catalog(), load_catalog(None, (9, 0, 0))
    machines = {one.family for each in (catalog, oldest) for one in each.machines()}
    counts = [len(catalog.controllers()), len(machines), len(catalog.devices()), len(catalog.platforms())]
    assert counts == [len(list((Path(shipped_folder()) / sort).glob("*.toml"))) for sort in SORTS]


def test_every_controller_has_a_place_that_takes_it():
    catalog = load_catalog()
    accepted = 0
    for model in catalog.controllers():
        accepted |= model.accepts
    assert accepted == sum(KIND_OF_WORD.values())
    assert [model.name for model in catalog.controllers() if not model.root and not model.needs & accepted] == []
    assert [model.name for model in catalog.controllers() if model.root != (model.needs == 0)] == []


def test_controller_table():
    catalog = load_catalog()
    models = {model.name: model for model in catalog.controllers()}
    assert {name for name, model in models.items() if model.automatic} == {
        "pci-root",
        "pci-bridge",
        "pcie-to-pci-bridge",
        "pcie-root-port",
        "pcie-switch-downstream-port",
        "pci-expander-bus",
    }
    assert {name for name, model in models.items() if not model.hotplug} == {
        "pcie-root",
        "dmi-to-pci-bridge",
        "pcie-switch-upstream-port",
        "pcie-expander-bus",
    }
    assert {name for name, model in models.items() if model.shares_slot} == {"pcie-root-port"}
    assert {name for name, model in models.items() if model.index_above_bus} == {"pci-bridge"}
    assert models["pci-bridge"].explicit_needs == PCI_BRIDGE | ENDPOINT
    assert models["pcie-root-port"].explicit_needs == models["pcie-root-port"].needs == ROOT_PORT
    slots = {(model.min_slot, model.max_slot): set() for model in models.values()}
    for name, model in models.items():
        slots[model.min_slot, model.max_slot].add(name)
    assert slots[0, 0] == {"pcie-root-port", "pcie-switch-downstream-port"}
    assert slots[1, 31] == {"pci-root", "pcie-root", "pci-bridge", "pcie-to-pci-bridge"}


def test_machines_grow_by_what_their_roots_take():
    catalog = load_catalog()
    for machine in catalog.machines():
        root = catalog.controller(machine.root or machine.hand_written_root)
        if root is None:
            assert not machine.gap
            continue
        entry = machine.legacy_entry[0] if machine.legacy_entry else machine.grows_conventional
        for name in (entry, machine.grows_express or entry, machine.gap):
            model = catalog.controller(name)
            assert model is not None
            assert model.root or model.needs & root.accepts, (machine.family, name)
        assert bool(machine.legacy_entry) == root.express == machine.extra_root_port
        assert machine.extra_slot != root.express


def test_variant_names_are_unique():
    names = Counter(variant.name for device in load_catalog().devices() for variant in device.variants)
    assert [name for name, count in names.items() if count > 1] == []


def test_every_variant_can_be_met(element):
    """Each variant is the first that its own conditions match: none hides behind an earlier one."""
    catalog = load_catalog()
    for device in catalog.devices():
        for variant in device.variants:
            if variant.by_name_only:
                continue
            for choice in range(max((len(one.words) for one in variant.when), default=1)):
                wanted = {
                    one.path: "something-else" if one.negated else one.words[min(choice, len(one.words) - 1)]
                    for one in variant.when
                } or {"model": "something-else", "model/type": "something-else", "target/type": "something-else"}
                met = device.variant(element(device.element, wanted))
                assert met is not None
                assert met.name == variant.name, (device.element, wanted)


def test_every_variant_has_a_known_rule():
    known = {*DEVICE_RULES}
    assert {variant.rule for device in load_catalog().devices() for variant in device.variants} <= known


def test_only_character_devices_have_no_zpci():
    without = {device.element for device in load_catalog().devices() if not device.zpci}
    assert without == {"serial", "parallel", "channel", "console"}
