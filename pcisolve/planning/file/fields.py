"""Every key of a plan file: the one table that reading, JSON Schema and messages are made from."""

from __future__ import annotations

from typing import Final, NamedTuple

MAX_DEVICES: Final = 200_000
MAX_DOMAINS: Final = 1_024
MAX_INDEX: Final = 65_535
MAX_NODES: Final = 1_024
SCHEMES: Final = ("flat", "multi-domain")
UNITS: Final = ("domain", "root", "numa", "switch", "slot")
IOMMUS: Final = ("smmuv3",)
SPARE_KINDS: Final = ("pcie", "pci")
SPARE_UNITS: Final = ("guest", "domain", "root", "numa")
PREFERENCES: Final = ("controllers", "spread", "low-indexes")
ACCELERATORS: Final = ("qemu", "kvm")
CPU_MODES: Final = ("host-passthrough", "host-model", "maximum")
FIRMWARES: Final = ("bios", "efi")
KEEPS: Final = ("relation", "root-complex", "numa")


class Field(NamedTuple):
    """A key: what its value is, and what it means.

    `sort`: name (a word for things of the plan), names (one or several), members (the same, or some of a group by their
    numbers), text, word (one of `words`), words, number
    (from `minimum` to `maximum`), numbers (one or several), flag, address (dddd:bb:ss.f), addresses, entry (a mapping
    whose keys are TABLES[of]) or entries (a list of them).
    """

    sort: str
    about: str
    required: bool = False
    words: tuple[str, ...] = ()
    minimum: int = 0
    maximum: int = 0
    of: str = ""


def _count(about: str, maximum: int) -> Field:
    return Field("number", about, minimum=1, maximum=maximum)


_MACHINE: Final = {
    "arch": Field("text", "architecture, as in <type arch=...>", required=True),
    "type": Field("text", "machine type, as in <type machine=...>; the architecture's default if missing"),
    "memory": _count("guest memory in MiB [256 for each NUMA node]", 1 << 30),
    "vcpus": _count("virtual CPUs [one for each NUMA node]", 4096),
    "accelerator": Field("word", "what runs the guest, as in <domain type=...> [qemu]", words=ACCELERATORS),
    "cpu": Field("word", "the CPU that the guest sees, as in <cpu mode=...>", words=CPU_MODES),
    "firmware": Field("word", "as in <os firmware=...>; libvirt chooses its files", words=FIRMWARES),
    "hugepages": Field("text", "size of the pages that back the guest's memory, such as 2M or 1G"),
}
_DOMAIN: Final = {
    "name": Field("name", "what devices and messages call it", required=True),
    "index": Field("number", "the PCI domain's number; the lowest free if missing", maximum=MAX_INDEX),
    "count": _count("how many such domains [1]", MAX_DOMAINS),
    "numa": Field("numbers", "guest NUMA node of its root; a list gives each domain its own", maximum=MAX_NODES),
    "iommu": Field("word", "an SMMU of its own for each of these roots", words=IOMMUS),
}
_ROOT: Final = {
    "name": Field("name", "what devices and messages call it", required=True),
    "count": _count("how many such roots [1]", 31),
    "numa": Field("numbers", "guest NUMA node; a list gives each of the roots its own", maximum=MAX_NODES),
    "iommu": Field("word", "an SMMU of its own for each of these roots", words=IOMMUS),
}
_DEVICE: Final = {
    "name": Field("name", "what relations and messages call the group", required=True),
    "kind": Field("text", "a device kind of `pcisolve models`, such as virtio-disk", required=True),
    "count": _count("how many such devices [1]", MAX_DEVICES),
    "domain": Field("names", "the only domains (by name) they may be in"),
    "root": Field("names", "the only roots (by name) they may be below"),
    "numa": Field("numbers", "the only guest NUMA nodes they may be at", maximum=MAX_NODES),
    "address": Field("address", "where the device has to be; for a group of one"),
    "multifunction": Field("flag", "whether up to eight of them may share a slot, one function each [false]"),
    "switch": Field("name", "the declared switch that they are on, each with a downstream port of its own"),
    "hotplug": Field("flag", "whether their ports take and lose devices while the guest runs [true]"),
    "isolation": Field("name", "isolation group: the devices of one are below one root, with nothing else there"),
    "host": Field("addresses", "the host's PCI devices that are given to the guest, one for each device"),
    "without": Field("numbers", "numbers of those that are left out, the first being 0", maximum=MAX_DEVICES - 1),
    "alias": Field("words", "libvirt's name for the device, beginning with ua-; one for each, or one with {n}"),
    "mac": Field("words", "MAC address of each network interface"),
    "boot": Field("numbers", "boot order of each, from 1", minimum=1, maximum=MAX_INDEX),
    "acpi-index": Field("numbers", "ACPI index of each, by which a guest names it", minimum=1, maximum=16_383),
    "source": Field("words", "file or block device (/dev/...) of each disk; one for each, or one with {n}"),
    "bar": Field("entry", "the memory that each of them decodes", of="bar"),
    "select": Field("entry", "which of the host's PCI devices they are, by what these are", of="select"),
}
_SWITCH: Final = {
    "name": Field("name", "what devices and messages call it", required=True),
    "parent": Field("name", "the switch, or the single root, that it is below; bus 0 if missing"),
}
_BAR: Final = {
    "mem32": Field("text", "below 4 GiB: a power of two such as 32M"),
    "mem64": Field("text", "in a 64-bit BAR: a power of two such as 256G"),
    "prefetch": Field("flag", "whether the 64-bit BAR is prefetchable, so that bridges hand it on above 4 GiB [true]"),
}
_SELECT: Final = {
    "class": Field("words", "words for the PCI class, as `pcisolve show HOST` has it: gpu, nic, nvme, ..."),
    "vendor": Field("text", "vendor ID, four hexadecimal digits"),
    "device": Field("text", "device ID, four hexadecimal digits"),
    "numa": Field("number", "the host's NUMA node", maximum=MAX_NODES),
    "address": Field("addresses", "addresses on the host"),
    "iommu-group": Field("number", "the host's IOMMU group", maximum=1 << 30),
    "vf-of": Field("address", "the physical function whose virtual functions they are"),
    "count": _count("how many of those that match, lowest addresses first [all]", MAX_DEVICES),
}
_MIRROR: Final = {
    "groups": Field("names", "device groups whose devices stand to each other as on the host", required=True),
    "keep": Field(
        "word", "how much: the relation of each pair, its root bus, or its NUMA node [relation]", words=KEEPS
    ),
    "strict": Field("flag", "refuse the plan where a pair differs, rather than tell it [false]"),
}
_PIN: Final = {
    "device": Field("members", "devices of a group, such as gpu[3] or gpu[0-1]", required=True),
    "domain": _DEVICE["domain"],
    "root": _DEVICE["root"],
    "numa": _DEVICE["numa"],
    "switch": _DEVICE["switch"],
    "isolation": _DEVICE["isolation"],
    "address": Field("address", "where the one device has to be"),
}
_RELATION: Final = {
    "together": Field("members", "device groups, or some of one as gpu[3] or gpu[0-1], that belong together"),
    "apart": Field("members", "device groups, or some of one, of which only so many may be in one place"),
    "on": Field("word", "in one what", required=True, words=UNITS),
    "pairwise": Field("flag", "the first of each group together, the second, and so on [false]"),
    "at-most": _count("how many of the groups' devices one place may have [1]", MAX_DEVICES),
}
_SPARE: Final = {
    "kind": Field("word", "what is to fit: a PCI Express or a conventional device", required=True, words=SPARE_KINDS),
    "count": _count("how many slots [1]", MAX_DEVICES),
    "per": Field("word", "for each of what [guest]", words=SPARE_UNITS),
    "hotplug": Field("flag", "whether the device will be plugged in while the guest runs [false]"),
    "root": Field("names", "the only roots (by name) that have them"),
}
_LIMITS: Final = {
    "controllers": _count("PCI controllers in all, roots included", 1 << 30),
    "buses-per-domain": _count("buses of one domain", 256),
    "domains": _count("PCI domains", MAX_DOMAINS),
    "buses-per-root": _count("bus numbers of one root, its own included", 256),
    "devices-per-root": _count("devices of the plan below one root", MAX_DEVICES),
}
_PLAN: Final = {
    "guest": Field("text", "the guest's name, as in <name>"),
    "machine": Field("entry", "the virtual machine", of="machine"),
    "platform": Field("text", "a platform of `pcisolve models`, instead of a machine or in addition"),
    "scheme": Field("word", "how indexes relate to domains and buses", words=SCHEMES),
    "base": Field("text", "a domain XML to plan on top of, relative to the plan; what it says is kept"),
    "host": Field("text", "a file that describes the host, as `pcisolve host` writes it, relative to the plan"),
    "mirror": Field("entry", "groups that are laid out as on the host", of="mirror"),
    "domains": Field("entries", "PCI domains; as few as it takes if missing", of="domain"),
    "roots": Field("entries", "further roots of the only domain: expander buses", of="root"),
    "switches": Field("entries", "PCI Express switches, each below a root or another switch", of="switch"),
    "devices": Field("entries", "what is wanted", of="device"),
    "pins": Field("entries", "where single devices of a group are, in place of what the group says", of="pin"),
    "relations": Field("entries", "what belongs together or apart", of="relation"),
    "spare": Field("entries", "slots to keep free", of="spare"),
    "limits": Field("entry", "what must not be exceeded", of="limits"),
    "prefer": Field("words", "what to minimise, first things first [all, in this order]", words=PREFERENCES),
}
TABLES: Final[dict[str, dict[str, Field]]] = {
    "plan": _PLAN,
    "machine": _MACHINE,
    "domain": _DOMAIN,
    "root": _ROOT,
    "device": _DEVICE,
    "switch": _SWITCH,
    "bar": _BAR,
    "select": _SELECT,
    "mirror": _MIRROR,
    "pin": _PIN,
    "relation": _RELATION,
    "spare": _SPARE,
    "limits": _LIMITS,
}
