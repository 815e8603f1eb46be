"""Options from the words of the command line."""

from __future__ import annotations

from collections.abc import Iterable

from pcisolve.problem.problem import AUTO, KEEPS, POLICIES, SCHEMES, STAGES, Options


def make_options(
    *,
    scheme: str = "auto",
    stage: str = "guest",
    policy: str = AUTO,
    libvirt: str | None = None,
    bus_bits: int = 0,
    time_limit: float = 30.0,
    platform: str = "",
    keep: str = "",
    rules: Iterable[str] = (),
    without: Iterable[str] = (),
) -> Options:
    """Options from the words of the command line.

    Args:
        libvirt: version as "9.0.0"; None for the newest known.
        bus_bits: 8 bounds bus ids in the multi-domain scheme; 0 does not.
        time_limit: seconds the solver may take.
        keep: "hotplug" for policy minimal without shared slots; "" for none.
        rules: folders of site rules, whose Python files are run.
        without: ids of rules that do not count.
        platform: a platform of models/platforms whose limits count as well; "" for none.

    Raises:
        ValueError: a word is not one of the known ones, or the version is not a version.
    """
    for word, known in ((scheme, SCHEMES), (stage, STAGES), (policy, POLICIES), (keep, KEEPS)):
        if word not in known:
            raise ValueError(f'"{word}" is not one of {", ".join(known)}')
    options = Options(scheme, stage, policy, bus_bits=bus_bits, time_limit=time_limit, platform=platform, keep=keep)
    version = options.libvirt if libvirt is None else parse_version(libvirt)
    return options._replace(rules=tuple(rules), without=frozenset(without), libvirt=version)


def parse_version(text: str) -> tuple[int, int, int]:
    """A libvirt version, "9", "9.0" or "9.0.0".

    Raises:
        ValueError: anything else.
    """
    numbers = text.split(".")
    if not 1 <= len(numbers) <= 3 or not all(one.isdecimal() and len(one) < 5 for one in numbers):
        raise ValueError(f'"{text}" is not a libvirt version such as 9.0.0')
    major, minor, micro = [int(one) for one in (*numbers, "0", "0")[:3]]
    return major, minor, micro
