"""How much was found, as text: the last line of `check`, and how many findings each rule has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Total(NamedTuple):
    """What was found in all files: findings by severity, files with findings and in all, findings with a safe repair,
    files that cannot be used."""

    severities: dict[str, int]
    with_findings: int
    files: int
    fixable: int
    unusable: int


def total(counts: Total) -> str:
    """Such as "7 errors and 2 warnings in 4 of 120 files; 5 can be fixed safely"."""
    named = [(counts.severities.get(word, 0), word) for word in ("error", "warning", "note")]
    found = [f"{count:,} {word}{'' if count == 1 else 's'}" for count, word in named if count]
    files = f"{counts.files:,} file{'' if counts.files == 1 else 's'}"
    if found:
        what = found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"
        said = f"{what} in {counts.with_findings:,} of {files}"
    else:
        said = f"nothing found in {files}"
    if counts.fixable:
        said += f"; {counts.fixable:,} can be fixed safely"
    if counts.unusable:
        said += f"; {counts.unusable:,} file{'' if counts.unusable == 1 else 's'} cannot be used"
    return f"{said}\n"


def rows(codes: Mapping[tuple[str, str], int]) -> list[tuple[int, str, str]]:
    """(count, rule, severity), the most frequent first, equally frequent ones by name."""
    return sorted(((count, *key) for key, count in codes.items()), key=lambda row: (-row[0], *row[1:]))


def table(codes: Mapping[tuple[str, str], int]) -> str:
    """A line for each rule."""
    found = rows(codes)
    width = max((len(f"{count:,}") for count, *_ in found), default=1)
    return "".join(f"{count:>{width},}  {severity:7}  {code}\n" for count, code, severity in found)
