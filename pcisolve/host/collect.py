#!/usr/bin/env python3
"""A snapshot of a host's PCI devices, read from sysfs: python3 collect.py [ROOT] > host.json

Runs by itself, as any user, with Python 3.6 or newer and nothing else: `pcisolve host --script` prints this file, and
pcisolve reads sysfs by the same code. ROOT is the root of a file system that has sys/, by default that of this machine.

Sources: Linux Documentation/ABI/testing/sysfs-bus-pci, sysfs-devices-node (stable); include/linux/ioport.h (the flags
of resource); PCI Express Base Specification 6.0, 4.2 (encodings of a link).
"""

import json
import os
import re
import stat
import sys
from typing import Any, Dict, Iterable, List, Optional, Tuple

FORMAT = "pcisolve-host"
VERSION = 1

MAX_FUNCTIONS = 65536
MAX_NAMES = 200000  # entries of a folder
MAX_FILE = 65536  # bytes of a file of sysfs
MAX_STEPS = 64  # folders from the root to a function

ADDRESS = re.compile(r"([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])")
ROOT_BUS = re.compile(r"pci([0-9a-f]{4,8}):([0-9a-f]{2})")
NODE = re.compile(r"node([0-9]{1,4})")
SPEED = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?) ?GT/s")

WIDTHS = (1, 2, 4, 8, 12, 16, 32)  # lanes; others, such as 0 and 63, say that there is no link
IO, MEMORY, PREFETCH, WIDE = 0x100, 0x200, 0x2000, 0x100000  # IORESOURCE_IO, _MEM, _PREFETCH, _MEM_64
BARS = 6  # the first lines of resource; those behind are the ROM, the BARs of VFs, and the windows of a bridge
NAMES = (("net", "class/net"), ("block", "block"), ("rdma", "class/infiniband"))
MULTIPATH = re.compile(r"(nvme[0-9]+)c[0-9]+(n[0-9]+)")  # a path to a namespace, which is named without it

# The keys of a function, in the order in which they are written.
KEYS = (
    "address",
    "parent",
    "class",
    "prog_if",
    "vendor",
    "device",
    "subsystem",
    "numa_node",
    "iommu_group",
    "physical_function",
    "total_vfs",
    "link",
    "max_link",
    "bandwidth",
    "buses",
    "bars",
    "driver",
    "names",
)


class Unusable(Exception):
    """A tree that is not sysfs, or not one host's: the file, what is wrong with it, and what was expected."""

    def __init__(self, path: str, message: str, expected: str) -> None:
        super().__init__("{}: {} (expected {})".format(path, message, expected))
        self.path = path
        self.message = message
        self.expected = expected


class Folder:
    """A file system below a folder; nothing outside of it is read. Paths are given from the root, without a slash."""

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)

    def names(self, path: str) -> List[str]:
        """The entries of a folder, sorted; none where there is no such folder, or it may not be read."""
        found = []  # type: List[str]
        try:
            with os.scandir(self._at(path)) as entries:
                for entry in entries:
                    found.append(entry.name)
                    if len(found) > MAX_NAMES:
                        raise Unusable(path, "more than {:,} entries".format(MAX_NAMES), "a folder of sysfs")
        except OSError:
            return []
        return sorted(found)

    def read(self, path: str) -> str:
        """The text of a file without what is blank around it; "" where there is no such file, or nobody may read it."""
        try:
            handle = os.open(self._at(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return ""
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return ""
            data = os.read(handle, MAX_FILE + 1)
        except OSError:
            return ""
        finally:
            os.close(handle)
        return text_of(data, path)

    def target(self, path: str) -> str:
        """What a symbolic link says, as it is; "" where there is none."""
        try:
            return os.readlink(self._at(path))
        except OSError:
            return ""

    def real(self, path: str) -> str:
        """Where a folder is, links followed.

        Raises:
            Unusable: outside of the root.
        """
        real = os.path.realpath(self._at(path))
        begin = self.root.rstrip("/") + "/"
        if not real.startswith(begin):
            raise Unusable(path, "a link that leads out of the tree", "links inside of it")
        return real[len(begin) :]

    def _at(self, path: str) -> str:
        return self.root + "/" + path


def text_of(data: bytes, path: str) -> str:
    """The text of a file of sysfs, without what is blank around it.

    Raises:
        Unusable: it is larger than any is, or no text.
    """
    if len(data) > MAX_FILE:
        raise Unusable(path, "larger than {:,} bytes".format(MAX_FILE), "a file of sysfs")
    try:
        return data.decode("ascii").strip()
    except UnicodeDecodeError:
        raise Unusable(path, "not ASCII text", "a file of sysfs") from None


def collect(files: Any) -> Dict[str, Any]:
    """The snapshot of a host as JSON has it. `files` is a Folder, or what answers as one does.

    Raises:
        Unusable: the tree is not a sysfs, or cannot be one host's.
    """
    base = base_of(files)
    nodes, cpus = nodes_of(files, base + "devices/system/node")
    names = names_of(files, base)
    roots = {}  # type: Dict[str, Dict[str, str]]
    functions = []  # type: List[Dict[str, Any]]
    for address, path in devices_of(files, base):
        parent = parent_of(address, path, roots)
        functions.append(function_of(files, path, address, parent, cpus, names.get(address)))
    functions.sort(key=lambda one: key_of(one["address"]))
    return {
        "format": FORMAT,
        "version": VERSION,
        "source": "sysfs",
        "numa_nodes": nodes,
        "roots": [roots[bus] for bus in sorted(roots, key=key_of)],
        "functions": functions,
    }


def key_of(text: str) -> Tuple[int, ...]:
    """An address or a bus as numbers, which sort as they should."""
    return tuple(int(one, 16) for one in re.split("[:.]", text))


def base_of(files: Any) -> str:
    """Where sysfs is in the tree."""
    for base in ("sys/", ""):
        if files.names(base + "bus/pci/devices"):
            return base
    for base in ("sys/", ""):
        if "system" in files.names(base + "devices") or any(map(ROOT_BUS.fullmatch, files.names(base + "devices"))):
            return base
    raise Unusable("sys/bus/pci/devices", "there is no such folder", "the root of a file system with sysfs in sys/")


def devices_of(files: Any, base: str) -> Iterable[Tuple[str, str]]:
    """The address and the folder of every function."""
    listed = files.names(base + "bus/pci/devices")
    found = {}  # type: Dict[str, str]
    places = [base + "bus/pci/devices/" + one for one in listed] if listed else walk(files, base + "devices")
    for place in places:
        path = files.real(place)
        address = path.rsplit("/", 1)[-1]
        named = place.rsplit("/", 1)[-1]
        if ADDRESS.fullmatch(named) is None:
            raise Unusable(place, "not the address of a PCI function", "a name such as 0000:00:1f.2")
        if address != named:
            raise Unusable(place, "leads to {}".format(path), "a link to the folder of {}".format(named))
        if address in found:
            raise Unusable(path, "{} is also at {}".format(address, found[address]), "the files of one host")
        found[address] = path
        if len(found) > MAX_FUNCTIONS:
            raise Unusable(base + "bus/pci/devices", "more than {:,} functions".format(MAX_FUNCTIONS), "fewer")
    return found.items()


def walk(files: Any, top: str) -> Iterable[str]:
    """The folders of functions below that of all devices, for a tree that has lost its links."""
    waiting = [top + "/" + one for one in files.names(top) if ROOT_BUS.fullmatch(one)]
    platform = top + "/platform"
    for name in files.names(platform):
        inner = files.names(platform + "/" + name)
        waiting += [platform + "/" + name + "/" + one for one in inner if ROOT_BUS.fullmatch(one)]
    seen = 0
    while waiting:
        place = waiting.pop()
        if files.real(place) != place or place.count("/") > MAX_STEPS:
            continue
        name = place.rsplit("/", 1)[-1]
        if ADDRESS.fullmatch(name):
            yield place
        seen += 1
        if seen > 2 * MAX_FUNCTIONS:
            return
        inner = files.names(place)
        waiting += [place + "/" + one for one in inner if ADDRESS.fullmatch(one) or ROOT_BUS.fullmatch(one)]


def parent_of(address: str, path: str, roots: Dict[str, Dict[str, str]]) -> str:
    """The function or the root bus that a function is below; a root bus is added to those known."""
    steps = path.split("/")
    if len(steps) > MAX_STEPS:
        raise Unusable(path, "nested more than {} deep".format(MAX_STEPS), "a folder of sysfs")
    before = steps[-2] if len(steps) > 1 else ""
    if ADDRESS.fullmatch(before):
        return before
    found = ROOT_BUS.fullmatch(before)
    bus = before[3:] if found else address.rsplit(":", 1)[0]
    root = {"bus": bus}
    above = [one for one in steps[:-2] if ADDRESS.fullmatch(one)]
    if above:
        root["parent"] = above[-1]
    if roots.setdefault(bus, root) != root:
        raise Unusable(path, "the root bus {} is at two places".format(bus), "the files of one host")
    return bus


def function_of(
    files: Any, path: str, address: str, parent: str, cpus: Dict[int, int], names: Optional[Dict[str, List[str]]]
) -> Dict[str, Any]:
    """What the folder of a function says."""
    there = set(files.names(path))
    said = dict(line.partition("=")[::2] for line in files.read(path + "/uevent").splitlines())
    one = {"address": address, "parent": parent}  # type: Dict[str, Any]
    code = number_of(files, path, "class", said.get("PCI_CLASS", ""), 16, 0xFFFFFF)
    one["class"], one["prog_if"] = "{:04x}".format(code >> 8), "{:02x}".format(code & 0xFF)
    vendor, _, device = said.get("PCI_ID", "").partition(":")
    one["vendor"] = "{:04x}".format(number_of(files, path, "vendor", vendor, 16, 0xFFFF))
    one["device"] = "{:04x}".format(number_of(files, path, "device", device, 16, 0xFFFF))
    one["subsystem"] = subsystem_of(files, path, there, said)
    one["numa_node"] = node_of(files, path, there, cpus)
    one["iommu_group"] = group_of(files, path) if "iommu_group" in there else None
    one["physical_function"] = files.target(path + "/physfn").rsplit("/", 1)[-1] if "physfn" in there else None
    if "sriov_totalvfs" in there:
        one["total_vfs"] = number_of(files, path, "sriov_totalvfs", "", 10, 0xFFFF) or None
    one["link"] = link_of(files, path, there, "current_link_")
    one["max_link"] = link_of(files, path, there, "max_link_")
    one["bandwidth"] = bandwidth_of(one["link"])
    if "secondary_bus_number" in there:
        one["buses"] = [
            number_of(files, path, name + "_bus_number", "", 10, 0xFF) for name in ("secondary", "subordinate")
        ]
    one["bars"] = (bars_of(path, files.read(path + "/resource")) if "resource" in there else None) or None
    one["driver"] = said.get("DRIVER") or files.target(path + "/driver").rsplit("/", 1)[-1] or None
    one["names"] = names
    return {key: one[key] for key in KEYS if one.get(key) is not None}


def number_of(files: Any, path: str, name: str, text: str, radix: int, most: int) -> int:
    """A number, given as text or else the content of a file.

    Raises:
        Unusable: it is neither there nor in the file, or no number, or too large.
    """
    text = text or files.read(path + "/" + name)
    expected = "a number of at most {:#x}".format(most) if radix == 16 else "a number of at most {}".format(most)
    if not text:
        raise Unusable(path + "/" + name, "the function has no {}".format(name), expected)
    try:
        number = int(text[:20], radix)
    except ValueError:
        number = -1
    if not 0 <= number <= most:
        raise Unusable(path + "/" + name, 'the {} is "{}"'.format(name, shown(text)), expected)
    return number


def shown(text: str) -> str:
    """The beginning of a text, as a terminal can show it."""
    return "".join(sign if sign.isprintable() else "?" for sign in text[:40])


def subsystem_of(files: Any, path: str, there: Any, said: Dict[str, str]) -> Optional[str]:
    """Vendor and device of the subsystem; None where it has none, which reads as zeros."""
    vendor, _, device = said.get("PCI_SUBSYS_ID", "").partition(":")
    if not vendor and "subsystem_vendor" not in there:
        return None
    first = number_of(files, path, "subsystem_vendor", vendor, 16, 0xFFFF)
    second = number_of(files, path, "subsystem_device", device, 16, 0xFFFF)
    return "{:04x}:{:04x}".format(first, second) if first or second else None


def node_of(files: Any, path: str, there: Any, cpus: Dict[int, int]) -> Optional[int]:
    """The NUMA node; where the firmware names none, the one that has all CPUs said to be near."""
    text = files.read(path + "/numa_node") if "numa_node" in there else ""
    if text and text != "-1":
        return number_of(files, path, "numa_node", text, 10, 0xFFFF)
    near = mask_of(files.read(path + "/local_cpus")) if "local_cpus" in there and cpus else 0
    inside = [node for node, mask in cpus.items() if near and not near & ~mask]
    return inside[0] if len(inside) == 1 else None


def mask_of(text: str) -> int:
    """A map of CPUs, words of 32 bits with commas between them, as a number; 0 for what is none."""
    try:
        return int(text.replace(",", ""), 16)
    except ValueError:
        return 0


def group_of(files: Any, path: str) -> Optional[int]:
    """The number of the IOMMU group, which the link ends with."""
    name = files.target(path + "/iommu_group").rsplit("/", 1)[-1]
    return int(name) if re.fullmatch("[0-9]{1,6}", name) else None


def link_of(files: Any, path: str, there: Any, begin: str) -> Optional[Dict[str, Any]]:
    """Speed in GT/s and width in lanes; None where there is no link, or it is not known."""
    if begin + "speed" not in there:
        return None
    speed = SPEED.match(files.read(path + "/" + begin + "speed"))
    width = files.read(path + "/" + begin + "width").lstrip("x")
    if speed is None or width not in [str(one) for one in WIDTHS]:
        return None
    return {"speed": float(speed.group(1)), "width": int(width)}


def bandwidth_of(link: Optional[Dict[str, Any]]) -> Optional[float]:
    """GB/s of a link in one direction: 8b/10b up to 5 GT/s, 128b/130b up to 32, 242 of 256 bytes of a flit beyond."""
    if link is None:
        return None
    speed = link["speed"]
    part = 0.8 if speed < 8 else 128 / 130 if speed < 64 else 242 / 256
    return round(float(speed * link["width"] * part / 8), 3)


def bars_of(path: str, text: str) -> List[Dict[str, Any]]:
    """The BARs with their sizes in bytes, from the file resource: begin, end and flags of each, hexadecimal."""
    bars = []  # type: List[Dict[str, Any]]
    for index, line in enumerate(text.splitlines()[:BARS]):
        try:
            begin, end, flags = [int(word, 16) for word in line[:80].split()]
        except ValueError:
            said = 'line {} is "{}"'.format(index + 1, shown(line))
            raise Unusable(path + "/resource", said, "begin, end and flags in hexadecimal") from None
        if not flags & (IO | MEMORY) or end <= begin:
            continue
        kind = "io" if flags & IO else "mem64" if flags & WIDE else "mem32"
        prefetch = bool(flags & PREFETCH)
        bars.append({"index": index, "kind": kind, "prefetchable": prefetch, "size": end - begin + 1})
    return bars


def nodes_of(files: Any, path: str) -> Tuple[List[Dict[str, Any]], Dict[int, int]]:
    """The NUMA nodes with their distances, and the CPUs of each as a bit map."""
    numbers = sorted(int(name[4:]) for name in files.names(path) if NODE.fullmatch(name))
    nodes = []  # type: List[Dict[str, Any]]
    cpus = {}  # type: Dict[int, int]
    for number in numbers:
        folder = "{}/node{}".format(path, number)
        cpus[number] = mask_of(files.read(folder + "/cpumap"))
        node = {"node": number}  # type: Dict[str, Any]
        words = files.read(folder + "/distance").split()
        if len(words) == len(numbers):
            node["distances"] = [number_of(files, folder, "distance", word, 10, 0xFFFF) for word in words]
        nodes.append(node)
    return nodes, cpus


def names_of(files: Any, base: str) -> Dict[str, Dict[str, List[str]]]:
    """By address, what the system calls network interfaces, disks and RDMA devices."""
    found = {}  # type: Dict[str, Dict[str, List[str]]]
    for kind, folder in NAMES:
        for name in files.names(base + folder):
            place = base + folder + "/" + name
            target = files.target(place) or files.target(place + "/device")
            above = [one for one in target.split("/") if ADDRESS.fullmatch(one)]
            if above and len(name) < 65 and name.isprintable():
                known = found.setdefault(above[-1], {}).setdefault(kind, [])
                name = MULTIPATH.sub(r"\1\2", name) if kind == "block" else name
                known[:] = sorted({*known, name})
    return found


def text(snapshot: Dict[str, Any]) -> str:
    """A snapshot as a file has it: a function is a line, so that files can be compared."""
    lines = []  # type: List[str]
    for key, value in snapshot.items():
        if isinstance(value, list) and value:
            rows = ",\n".join("    " + json.dumps(one) for one in value)
            lines.append("  {}: [\n{}\n  ]".format(json.dumps(key), rows))
        else:
            lines.append("  {}: {}".format(json.dumps(key), json.dumps(value)))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main() -> int:
    """Print the snapshot of the root that is given; 2 where it cannot be read."""
    try:
        sys.stdout.write(text(collect(Folder(sys.argv[1] if len(sys.argv) > 1 else "/"))))
    except Unusable as error:
        sys.stderr.write("{}\n".format(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
