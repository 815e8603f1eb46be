"""Options from the words of the command line."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.catalog.catalog import NEWEST, OLDEST
from pcisolve.catalog.table import dotted
from pcisolve.problem.problem import (
    AUTO,
    CONFLICTS,
    KEEPS,
    NEWEST_QEMU,
    OLDEST_QEMU,
    ONE,
    POLICIES,
    SCHEMES,
    STAGES,
    Options,
)

Version = tuple[int, int, int]


def make_options(
    *,
    scheme: str = "auto",
    stage: str = "guest",
    policy: str = AUTO,
    libvirt: str | None = None,
    qemu: str | None = None,
    bus_bits: int = 0,
    time_limit: float = 30.0,
    platform: str = "",
    keep: str = "",
    rules: Iterable[str] = (),
    without: Iterable[str] = (),
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    severities: Iterable[tuple[str, str]] = (),
    conflicts: str = ONE,
    prove: bool = False,
) -> Options:
    """Options from words; pcisolve.Options says what each means. Versions are "9.0.0", "oldest" or "newest".

    Args:
        select, ignore: ids or patterns ("start-*") of the only rules that count, and of those of them that do not.

    Raises:
        ValueError: a word is not one of the known ones, or the version is not a version.
        InputError: no rule is selected or ignored by such a word.
    """
    _refuse_unknown((scheme, SCHEMES), (stage, STAGES), (policy, POLICIES), (keep, KEEPS), (conflicts, CONFLICTS))
    options = Options(scheme, stage, policy, bus_bits=bus_bits, time_limit=time_limit, platform=platform, keep=keep)
    left_out = frozenset(without) | _left_out(tuple(select), tuple(ignore), tuple(rules))
    options = options._replace(rules=tuple(rules), without=left_out, conflicts=conflicts, prove=prove)
    options = options._replace(severities=tuple(severities))
    return options._replace(
        libvirt=NEWEST if libvirt is None else parse_version(libvirt),
        qemu=NEWEST_QEMU if qemu is None else parse_version(qemu, "QEMU", OLDEST_QEMU, NEWEST_QEMU),
    )


def _left_out(select: tuple[str, ...], ignore: tuple[str, ...], folders: tuple[str, ...]) -> frozenset[str]:
    if not select and not ignore:
        return frozenset()
    from pcisolve.rules.registry import left_out  # with all rules, which some commands do without

    return left_out(select, ignore, folders)


def _refuse_unknown(*pairs: tuple[str, tuple[str, ...]]) -> None:
    for word, known in pairs:
        if word not in known:
            raise ValueError(f'"{word}" is not one of {", ".join(known)}')


def parse_version(text: str, name: str = "libvirt", oldest: Version = OLDEST, newest: Version = NEWEST) -> Version:
    """A version, "9", "9.0" or "9.0.0"; "oldest" and "newest" are those that are known.

    Raises:
        ValueError: anything else.
    """
    if text in ("oldest", "newest"):
        return oldest if text == "oldest" else newest
    numbers = text.split(".")
    if not 1 <= len(numbers) <= 3 or not all(one.isdecimal() and len(one) < 5 for one in numbers):
        raise ValueError(f'"{text}" is not a {name} version such as {dotted(oldest)}')
    major, minor, micro = [int(one) for one in (*numbers, "0", "0")[:3]]
    return major, minor, micro


def out_of_range(options: Options) -> tuple[str, ...]:
    """What is to be said of versions that were not tried; in between, facts are as their sources say."""
    found = []
    asked = (("libvirt", options.libvirt, OLDEST, NEWEST), ("QEMU", options.qemu, OLDEST_QEMU, NEWEST_QEMU))
    for name, version, oldest, newest in asked:
        if version < oldest:
            found.append(f"{name} {dotted(version)} is older than {dotted(oldest)}, the oldest known: taken for that")
        elif version[:2] > newest[:2]:
            found.append(f"{name} {dotted(version)} is newer than {dotted(newest)}, the newest known: taken for that")
    return tuple(found)
