"""What lspci says with -nn and -vv, and with -D where there are several PCI domains.

The tree is in the bus numbers of its bridges ("Bus: primary=00, secondary=01"). Source: pciutils' lspci.c, ls-caps.c.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from pcisolve.core.address import BUSES_PER_DOMAIN, Address
from pcisolve.core.errors import InputError, Location
from pcisolve.host.collect import WIDTHS, bandwidth_of
from pcisolve.host.host import Builder, Host
from pcisolve.host.values import Bus, Function, Link

EXPECTED: Final = "what lspci -D -nn -vv says"
MAX_LINE: Final = 4096  # characters that are looked at
MAX_LINES: Final = 2_000  # of one function; what -vvv says of the largest is a tenth of it

_HEAD: Final = re.compile(r"(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([01][0-9a-f])\.([0-7]) ")
_CODES: Final = re.compile(r"\[([0-9a-f]{4})\]: .*\[([0-9a-f]{4}):([0-9a-f]{4})\]")
_NUMBERS: Final = re.compile(r"\S+ ([0-9a-f]{4}): ([0-9a-f]{4}):([0-9a-f]{4})\b")  # with -n
_PROG_IF: Final = re.compile(r"\(prog-if ([0-9a-f]{2})")
_SUBSYSTEM: Final = re.compile(r"\tSubsystem: (?:.*\[)?([0-9a-f]{4}):([0-9a-f]{4})\]?")
_BUS: Final = re.compile(r"\tBus: primary=[0-9a-f]{2}, secondary=([0-9a-f]{2}), subordinate=([0-9a-f]{2})")
_NODE: Final = re.compile(r"\tNUMA node: ([0-9]{1,5})\b")
_GROUP: Final = re.compile(r"\tIOMMU group: ([0-9]{1,6})\b")
_DRIVER: Final = re.compile(r"\tKernel driver in use: (\S{1,64})")
_LINK: Final = re.compile(r"\t\tLnk(Cap|Sta):.*?Speed ([0-9.]{1,5})GT/s[^,]*, Width x([0-9]{1,2})\b")
_VFS: Final = re.compile(r"\t\tInitial VFs: [0-9]{1,5}, Total VFs: ([0-9]{1,5})\b")


class Block(NamedTuple):
    """The lines about one function, and the number of the first."""

    address: Address
    lines: list[str]
    line: int


def read_lspci(data: bytes, name: str) -> Host:
    """The host that lspci was run on.

    Raises:
        InputError: a function is without numbers, a bridge without its buses, or it cannot be one host's.
    """
    blocks = _blocks(data.decode("utf-8", "replace"))
    buses = {block.address: found for block in blocks if (found := _buses(block)) is not None}
    bridges = _bridges(buses)
    builder = Builder("lspci", name)
    for block in blocks:
        where = Location(name, block.line, 1)
        builder.add(_function(block, _parent(block.address, bridges), where), where)
    return builder.finish()


def _blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    for number, line in enumerate(text.split("\n"), start=1):
        found = _HEAD.match(line)
        if found is not None:
            domain, *rest = (int(one or "0", 16) for one in found.groups())
            blocks.append(Block(Address(domain, rest[0], rest[1], rest[2]), [line[:MAX_LINE]], number))
        elif blocks and line.startswith("\t") and len(blocks[-1].lines) < MAX_LINES:
            blocks[-1].lines.append(line[:MAX_LINE].rstrip())
    return blocks


def _bridges(buses: dict[Address, tuple[int, int]]) -> dict[int, list[Address | None]]:
    """By domain, the innermost bridge that has each bus: of a bus of virtual functions, the one it was taken from.

    A bridge's buses have higher numbers than its own.
    """
    found: dict[int, list[Address | None]] = {}
    for address, (first, last) in sorted(buses.items(), key=lambda one: (one[1][0] - one[1][1], one[0])):
        if address.bus < first <= last:
            having = found.setdefault(address.domain, [None] * BUSES_PER_DOMAIN)
            having[first : last + 1] = [address] * (last + 1 - first)
    return found


def _parent(address: Address, bridges: dict[int, list[Address | None]]) -> Address | Bus:
    having = bridges.get(address.domain)
    return (having[address.bus] if having else None) or Bus(address.domain, address.bus)


def _function(block: Block, parent: Address | Bus, where: Location) -> Function:
    head = block.lines[0]
    found = _CODES.search(head) or _NUMBERS.match(head)
    if found is None:
        message = f"{block.address} has no numbers of class, vendor and device"
        raise InputError(message, expected=f"{EXPECTED}: -nn prints them", location=where)
    code, vendor, device = (int(one, 16) for one in found.groups())
    buses = _buses(block)
    if code == 0x0604 and buses is None:
        message = f"the bridge {block.address} has no bus numbers"
        raise InputError(message, expected=f"{EXPECTED}: -vv prints them", location=where)
    subsystem, node, group = _first(block, _SUBSYSTEM), _first(block, _NODE), _first(block, _GROUP)
    driver, vfs, prog_if = _first(block, _DRIVER), _first(block, _VFS), _PROG_IF.search(head)
    link = _link(block, "Sta")
    return Function(
        address=block.address,
        parent=parent,
        class_code=code,
        vendor=vendor,
        device=device,
        prog_if=int(prog_if[1], 16) if prog_if else 0,  # lspci leaves out zero
        subsystem=(int(subsystem[1], 16), int(subsystem[2], 16)) if subsystem else None,
        node=int(node[1]) if node else None,
        iommu_group=int(group[1]) if group else None,
        total_vfs=int(vfs[1]) if vfs else 0,
        link=link,
        max_link=_link(block, "Cap"),
        bandwidth=None if link is None else bandwidth_of({"speed": link.speed, "width": link.width}),
        buses=buses,
        driver=driver[1] if driver and driver[1].isprintable() else "",
    )


def _buses(block: Block) -> tuple[int, int] | None:
    found = _first(block, _BUS)
    return None if found is None else (int(found[1], 16), int(found[2], 16))


def _link(block: Block, which: str) -> Link | None:
    for line in block.lines:
        found = _LINK.match(line)
        if found is not None and found[1] == which and re.fullmatch(r"[0-9]+(\.[0-9]+)?", found[2]):
            return Link(float(found[2]), int(found[3])) if float(found[2]) and int(found[3]) in WIDTHS else None
    return None


def _first(block: Block, expression: re.Pattern[str]) -> re.Match[str] | None:
    return next((found for line in block.lines if (found := expression.match(line)) is not None), None)
