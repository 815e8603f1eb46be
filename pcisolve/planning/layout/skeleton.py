"""The guest a plan without a base starts from: a complete domain XML without any device of its own."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from pcisolve.catalog.machines import Machine
from pcisolve.planning.file.values import DomainWish, MachineWish, Plan, RootWish

_X86 = ("x86_64", "i686")
_NODE_MIB = 256  # QEMU's pseries wants each NUMA node's memory in steps of this


def skeleton(plan: Plan, machine: Machine, arch: str, type_: str, controllers: str = "") -> bytes:
    """A domain XML that libvirt defines as it is; of what libvirt adds by itself it says that there is none.

    Args:
        controllers: lines for those of an earlier layout.
    """
    cells = max(plan.cells, 1 + max((node for node in _nodes(plan)), default=-1))
    memory, vcpus = _sizes(plan, cells)
    quiet, asked = [], plan.machine
    if machine.default_usb:
        quiet.append("    <controller type='usb' model='none'/>\n")
    if machine.balloon:
        quiet.append("    <memballoon model='none'/>\n")
    return (
        f"<domain type='{asked.accelerator if asked else 'qemu'}'>\n"
        f"  <name>{escape(plan.guest)}</name>\n"
        f"  <memory unit='MiB'>{memory}</memory>\n"
        f"  <vcpu>{vcpus}</vcpu>\n"
        f"{_hugepages(asked)}"
        f"{_os(asked)}"
        f"    <type arch={quoteattr(arch)} machine={quoteattr(type_)}>hvm</type>\n"
        "  </os>\n"
        f"{_features(asked, arch, type_)}"
        f"{_cpu(asked, _numa(cells, memory, vcpus))}"
        "  <devices>\n"
        f"{''.join(quiet)}{controllers}"
        "  </devices>\n"
        "</domain>\n"
    ).encode()


def _nodes(plan: Plan) -> list[int]:
    places: list[DomainWish | RootWish] = [*plan.domains, *plan.roots]
    of_places = [node for one in places for node in one.nodes]
    return of_places + [node for one in plan.devices for node in one.nodes]


def _sizes(plan: Plan, cells: int) -> tuple[int, int]:
    asked = plan.machine
    memory = asked.memory if asked is not None and asked.memory else _NODE_MIB * max(cells, 4)
    vcpus = asked.vcpus if asked is not None and asked.vcpus else max(cells, 1)
    return memory, max(vcpus, cells)


def _numa(cells: int, memory: int, vcpus: int) -> str:
    """Cells that share memory and virtual CPUs evenly, in whole steps; the first takes what is left over."""
    if not cells:
        return ""
    lines = []
    share = memory // cells // _NODE_MIB * _NODE_MIB or memory // cells
    cpus, more = divmod(vcpus, cells)
    begin = 0
    for cell in range(cells):
        count = cpus + (cell < more)
        size = memory - share * (cells - 1) if cell == 0 else share
        span = str(begin) if count == 1 else f"{begin}-{begin + count - 1}"
        lines.append(f"      <cell id='{cell}' cpus='{span}' memory='{size}' unit='MiB'/>\n")
        begin += count
    return f"    <numa>\n{''.join(lines)}    </numa>\n"


def _os(asked: MachineWish | None) -> str:
    firmware = asked.firmware if asked is not None else ""
    return f"  <os firmware={quoteattr(firmware)}>\n" if firmware else "  <os>\n"


def _features(asked: MachineWish | None, arch: str, type_: str) -> str:
    """ACPI, by which a guest finds expander buses and IOMMUs; libvirt refuses it where the machine has none."""
    efi = asked is not None and asked.firmware == "efi"
    has = (arch in _X86 and not type_.startswith("microvm")) or (arch == "aarch64" and efi)
    return "  <features>\n    <acpi/>\n  </features>\n" if has else ""


def _hugepages(asked: MachineWish | None) -> str:
    if asked is None or not asked.hugepages:
        return ""
    page = f"<page size='{asked.hugepages}' unit='KiB'/>"
    return f"  <memoryBacking>\n    <hugepages>\n      {page}\n    </hugepages>\n  </memoryBacking>\n"


def _cpu(asked: MachineWish | None, inner: str) -> str:
    mode = f" mode={quoteattr(asked.cpu)}" if asked is not None and asked.cpu else ""
    if not inner:
        return f"  <cpu{mode}/>\n" if mode else ""
    return f"  <cpu{mode}>\n{inner}  </cpu>\n"
