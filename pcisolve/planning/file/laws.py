"""What a plan file has to keep, by the codes its findings carry."""

from __future__ import annotations

from typing import Final, NamedTuple


class Law(NamedTuple):
    """A law of plan files: its title, and why it is one."""

    title: str
    reason: str


LAWS: Final[dict[str, Law]] = {
    "plan-key": Law(
        "A plan has the keys of the schema, each once, and those that are required.",
        "A key that nobody reads would be a wish that nobody keeps. `pcisolve plan-schema` lists them all.",
    ),
    "plan-type": Law(
        "A value is of its key's type.",
        "Numbers are whole, in decimal or 0x hexadecimal; addresses are dddd:bb:ss.f in hexadecimal, best in quotes.",
    ),
    "plan-word": Law("A word is one of those its key knows.", "`pcisolve plan-schema` lists them."),
    "plan-range": Law(
        "A number is within its key's bounds.",
        "The bounds are what a guest could have at all; a plan has at most 200,000 devices and 1,024 domains.",
    ),
    "plan-name": Law(
        "A name stands for one thing, which the plan has.",
        "Relations name device groups; devices name domains and roots.",
    ),
    "plan-count": Law(
        "Numbers that belong together are equal.",
        "An address is for a group of one; pairwise groups are of one size; a list of NUMA nodes or host devices has "
        "one entry for each.",
    ),
    "plan-kind": Law(
        "A kind is a device kind with a PCI address, of which a complete element can be written.",
        "`pcisolve models` lists the kinds. A device that needs more than a plan can say goes into the base.",
    ),
    "plan-machine": Law("The machine is one that is known.", "`pcisolve models` lists them."),
    "plan-platform": Law("The platform has a PCI domain 0.", "Every guest of libvirt begins with root controller 0."),
    "plan-domains": Law(
        "There are no more PCI domains than the machine has.",
        "pseries has 31 host bridges; q35, pc and the virt boards have one domain in the flat scheme.",
    ),
    "plan-roots": Law(
        "Further roots are expander buses of the only domain.",
        "q35, arm virt (pcie-expander-bus) and pc (pci-expander-bus) have them; each takes a slot of bus 0.",
    ),
    "plan-numa": Law(
        "A NUMA node belongs to a root that can have one.",
        "Expander buses, and on pseries the host bridges but the first, have a NUMA node; other roots do not.",
    ),
    "plan-address": Law(
        "An address of the plan names a place that is there and free.",
        "It may name a bus of the base, or bus 0 of a domain; other buses are for the solver to number.",
    ),
    "plan-hotplug": Law(
        "A device that is never unplugged is on a PCI Express port of the plan's own.",
        "`hotplug: false` turns hot-plugging off at the ports, since libvirt 6.3. A conventional bus has no such "
        "option for one slot, and ports of a base are as the base says.",
    ),
    "plan-switch": Law(
        "Declared switches fit into a guest.",
        "A switch has 32 downstream ports, one for each of its devices and each switch below it. Its own port, each of "
        "these and the switch itself take a bus number of 256.",
    ),
    "plan-slot": Law(
        "Devices that share a slot can share one.",
        "A slot has eight functions, all PCI Express or all conventional; a group shares slots by one relation only.",
    ),
    "plan-spare": Law(
        "Spare slots are asked for where there is something to have them.",
        "With `per: numa` there are as many for each NUMA node that a root of the plan is at; without such a root "
        "there would be none, in silence.",
    ),
    "plan-conflict": Law(
        "All wishes of a plan hold together.",
        "A finding with this code names wishes that cannot: proved, and minimal, so that without any one of them the "
        "others can be had. The numbers beside them are the nearest that fit while the others stay.",
    ),
    "plan-shared-switch": Law(
        "Two relations on: switch may share one.",
        "A note, not a fault: each relation holds, on one and the same switch. `apart` with `on: switch` and `at-most` "
        "gives each a switch of its own.",
    ),
    "plan-host-order": Law(
        "Host devices are laid out in the order of `host`.",
        "A note, not a fault: functions of one card of the host are functions of one slot of the guest, but not in the "
        "card's own order. List the addresses in rising order to keep it.",
    ),
    "plan-select": Law(
        "The host has what a group selects.",
        "Bridges are never selected, and a device that one group has is not there for the next. `pcisolve show HOST` "
        "lists what there is.",
    ),
    "plan-mirror": Law(
        "Mirrored devices stand to each other as on the host.",
        "Where the tree does not fit, nested switches are given up first (PXB becomes PIX), then switches (PHB), then "
        "root buses of one NUMA node become one. Each pair that differs is told as a note; with `strict: true` the "
        "plan is refused.",
    ),
    "plan-iommu": Law(
        "An SMMU for one root exists on ARM's virt board, since libvirt 11.10.",
        "Other IOMMUs are the whole machine's: a device of the plan, or an element of its base.",
    ),
}
