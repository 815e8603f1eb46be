"""edk2 (OVMF, AAVMF): one list below 4 GiB, one above, one of I/O ports, each in a window of its own.

Below a bridge what is not prefetchable has to be below 4 GiB, and so has every 32-bit BAR; its prefetchable window
holds either 64-bit BARs or 32-bit ones. Where a list has no room, edk2 takes the largest thing in it away and tries
again: a device behind a bridge, or all that it keeps free behind one. Where nothing can be taken away nothing at all
gets an address. Source: edk2 MdeModulePkg/Bus/Pci/PciBusDxe/PciLib.c, PciEnumerator.c and PciResourceSupport.c,
MdeModulePkg/Bus/Pci/PciHostBridgeDxe/PciHostBridge.c, OvmfPkg/PciHotPlugInitDxe/PciHotPlugInit.c.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.firmware.memory.edk2_lists import Entry, Lists, Needs, all_lists, giving_way, largest
from pcisolve.firmware.memory.tree import FOUR_GIB, Bus, Function, Outcome, Range, Windows, up

_MEMORY: Final = ("low", "high")


class Edk2(NamedTuple):
    """The windows that edk2 has.

    Attributes:
        low: memory below 4 GiB.
        high: above; None for no window there.
        ports: I/O ports.
        needs: what it keeps free behind bridges.
    """

    low: Range
    high: Range | None
    ports: Range
    needs: Needs


class _Try(NamedTuple):
    """One attempt: where each root's lists are, and the names of the lists without room."""

    at: dict[tuple[int, str], int]
    short: set[str]
    hopeless: bool


def edk2(tops: list[Bus], platform: Edk2) -> Outcome:
    """What edk2 makes of all BARs, and where it puts them.

    `fits` is false once a device is left without addresses for lack of memory, and true where only I/O ports lack.
    Costs time and memory per BAR and bridge, and for each bridge that gives way.
    """
    given_up: set[Function] = set()
    while True:
        roots = all_lists(tops, platform.needs, given_up, far=platform.high is not None)
        tried = _tried(roots, platform)
        if not tried.short and not tried.hopeless:
            return _told(roots, platform, tried, fits=True)
        taken = set() if tried.hopeless else _taken(roots, tried.short)
        if not taken or not all(one.padding for one in taken):
            return _told(roots, platform, tried, fits=_only_ports(tried, taken))
        given_up |= {one.function for one in taken}
        if len(tried.short) == 1:
            given_up |= _further(tops, platform, roots, given_up, tried.short)


def _further(
    tops: list[Bus], platform: Edk2, roots: list[Lists], given_up: set[Function], short: set[str]
) -> set[Function]:
    """The bridges that give way next, one by one, for as long as the same list lacks room; found by halves."""
    [name] = short
    order = [one for one in giving_way([root.roots(name) for root in roots]) if one not in given_up]
    least, most, middle = 0, len(order), len(order)  # mostly all of them are not enough
    while least < most:
        lists = all_lists(tops, platform.needs, given_up | set(order[:middle]), far=platform.high is not None)
        if _tried(lists, platform).short == short:
            least = middle + 1
        else:
            most = middle
        middle = (least + most) // 2
    return set(order[:least])


def _only_ports(tried: _Try, taken: set[Entry]) -> bool:
    """Whether memory is not what lacks: a device that goes for its ports makes room for others, and nobody knows."""
    return not tried.hopeless and (tried.short == {"ports"} or any(one.port and not one.padding for one in taken))


def _taken(roots: list[Lists], short: set[str]) -> set[Entry]:
    """What goes: the largest of each list that has no room, but each function once."""
    taken: dict[Function, Entry] = {}
    for name in ("ports", *_MEMORY):
        if name in short:
            found = largest([one.roots(name) for one in roots])
            if found is not None:
                taken.setdefault(found.function, found)
    return set(taken.values())


def _tried(roots: list[Lists], platform: Edk2) -> _Try:
    """Give each root's lists a place, root by root, the largest alignment first.

    What counts is whether the last root that wants something got it: edk2 looks at no other's.
    """
    at: dict[tuple[int, str], int] = {}
    state: dict[str, bool] = {}
    used: dict[bool, list[Range]] = {False: [], True: []}
    failed = False
    for number, one in enumerate(roots):
        if one.roots("low").size >= FOUR_GIB:  # which is no size of a list below 4 GiB
            return _Try({}, {"low"}, True)
        for name in sorted((*_MEMORY, "ports"), key=lambda name: (-one.roots(name).align, name)):
            entry = one.roots(name)
            if not entry.inside:
                continue
            place = None
            for window in _windows(platform, name):
                place = _place(entry, window, used[entry.port]) if place is None else place
            state[name] = place is not None
            failed = failed or place is None
            if place is not None:
                at[number, name] = place
    short = {name for name, got in state.items() if not got}
    return _Try(at, short, failed and not short)


def _windows(platform: Edk2, name: str) -> list[Range]:
    """Where a list may be: what has no room above 4 GiB is tried below."""
    if name == "ports":
        return [platform.ports]
    return [platform.low] if name == "low" or platform.high is None else [platform.high, platform.low]


def _place(entry: Entry, window: Range, used: list[Range]) -> int | None:
    """The first address in a window where there is room; it is used from now on."""
    here = up(window.base, entry.align)
    for one in sorted(used):
        if one.end > here and one.base < here + entry.size:
            here = up(one.end, entry.align)
    if here + entry.size > window.end:
        return None
    used.append(Range(here, here + entry.size))
    return here


def _told(roots: list[Lists], platform: Edk2, tried: _Try, *, fits: bool) -> Outcome:
    lows, highs = [one.roots("low") for one in roots], [one.roots("high") for one in roots]
    low, high = sum(one.size for one in lows), sum(one.size for one in highs)
    takers = tuple((one.function, one.size) for top in lows for one in top.inside or () if not one.padding)
    above = tuple((one.function, one.size) for top in highs for one in top.inside or () if not one.padding)
    far = [place + roots[number].roots(name).size for (number, name), place in tried.at.items() if place >= FOUR_GIB]
    found = Outcome(low, platform.low.size, high, max(far, default=0), fits, takers, {}, {})
    found = found._replace(high_room=platform.high.size if platform.high else 0, above=above, lacks=_lacks(tried))
    if tried.short or not fits:
        return found
    windows: dict[Function, list[Range | None]] = {}
    for (number, name), place in tried.at.items():
        if name != "ports":
            _addresses(roots[number].roots(name), place, found.addresses, windows)
    found.windows.update({bridge: Windows(*pair) for bridge, pair in windows.items()})
    return found


def _lacks(tried: _Try) -> str:
    return next((name for name in (*_MEMORY, "ports") if name in tried.short), "")


def _addresses(
    top: Entry, base: int, addresses: dict[tuple[Function, int], int], windows: dict[Function, list[Range | None]]
) -> None:
    waiting = [(top, base)]
    while waiting:
        entry, here = waiting.pop()
        for one in entry.inside or ():
            if one.padding:
                continue
            address = here + one.offset
            if one.inside is None:
                addresses[one.function, one.number] = address
            else:
                pair = windows.setdefault(one.function, [None, None])
                pair[one.prefetchable] = Range(address, address + one.size)
                waiting.append((one, address))
