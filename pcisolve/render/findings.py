"""Findings as text: full (several lines, with the source) or concise (one line each)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from pcisolve.render.paint import Paint, plain
from pcisolve.verdict.values import SAFE, UNSAFE, ChangeAt, FactAt, Finding, Repair

SourceLine = Callable[[FactAt], str]

_MOST_LINES = 10  # of alike facts that are named
_MOST_CHANGES = 4  # of one repair
_SECONDARY = 4  # facts beside the first that are shown in full; of more than that, one


def concise(findings: Iterable[Finding]) -> str:
    """One line per finding: file:line:column: severity[code]: message."""
    return "".join(f"{_where(one)}{one.severity}[{one.code}]: {one.message}{_count(one)}\n" for one in findings)


def _where(finding: Finding) -> str:
    if not finding.facts:
        return ""
    fact = finding.facts[0]
    return f"{fact.file}:{fact.line}:{fact.column}: "


def _count(finding: Finding) -> str:
    return f" (and {len(finding.alike):,} similar)" if finding.alike else ""


def full(findings: Iterable[Finding], source_line: SourceLine, paint: Paint = plain) -> str:
    """Each finding with the lines it speaks about, in the manner of a compiler."""
    return "\n".join("\n".join(_one(finding, source_line, paint)) + "\n" for finding in findings)


def _one(finding: Finding, source_line: SourceLine, paint: Paint) -> Iterator[str]:
    yield paint(finding.severity, f"{finding.severity}[{finding.code}]") + paint("headline", f": {finding.message}")
    facts = finding.facts + finding.context
    shown = facts if len(facts) <= _SECONDARY + 1 else facts[:2]
    width = max((len(str(fact.line)) for fact in shown), default=1)
    margin = " " * width
    for number, fact in enumerate(shown):
        yield from _excerpt(fact, source_line(fact), width, paint, first=number == 0)
    rest = facts[len(shown) :]
    if rest:
        yield f"{margin} {paint('frame', '=')} and {_lines(rest)}: {rest[0].role}"
    if finding.alike:
        yield f"{margin} {paint('frame', '=')} and {len(finding.alike):,} similar: {_lines(finding.alike)}"
    for note in finding.notes:
        yield f"{margin} {paint('frame', '=')} note: {note}"
    for number, repair in enumerate(finding.repairs, 1):
        yield from _help(repair, number, len(finding.repairs), margin, paint)
    yield f"{margin} {paint('frame', '=')} more: pcisolve rule {finding.code}"


def _lines(facts: Iterable[FactAt]) -> str:
    """ "lines 47, 53 and 3 more"; a line is named once."""
    lines = list(dict.fromkeys(fact.line for fact in facts))
    named = ", ".join(str(line) for line in lines[:_MOST_LINES])
    more = f" and {len(lines) - _MOST_LINES:,} more" if len(lines) > _MOST_LINES else ""
    return f"line{'' if len(lines) == 1 else 's'} {named}{more}"


def _help(repair: Repair, number: int, count: int, margin: str, paint: Paint) -> Iterator[str]:
    which = f" {number}" if count > 1 else ""
    yield f"{margin} {paint('frame', '=')} {paint('help', f'help{which}')}{_price(repair)}: {repair.effect}"
    for change in repair.changes[:_MOST_CHANGES]:
        yield f"{margin}     {_change(change)}"
    if len(repair.changes) > _MOST_CHANGES:
        yield f"{margin}     and {_more_changes(len(repair.changes) - _MOST_CHANGES)}"


def _price(repair: Repair) -> str:
    """What a repair costs beyond what it mends."""
    if repair.safety == SAFE:
        return ""
    if repair.safety == UNSAFE:
        return f" (unsafe: loses {_several(repair.removes)})"
    return (
        f" (moves {_several([move.name for move in repair.moves])})"
        if repair.moves
        else " (leaves its NUMA node, root or domain)"
    )


def _several(names: Sequence[str]) -> str:
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return f"{', '.join(names[:2])}{more}"


def _more_changes(number: int) -> str:
    return "1 more change" if number == 1 else f"{number:,} more changes"


def _change(change: ChangeAt) -> str:
    where = f"line {change.line}: " if change.line is not None else ""
    above, _, what = change.path.rpartition("/")
    what = f"<{above.rpartition('/')[2]}>" if what == "text()" else "element" if what == "name()" else what
    what = what.removeprefix("@")
    if change.before is None:
        return f"{where}add {change.after}" if change.line is None else f"{where}{what}: set to {change.after}"
    if change.after is None:
        named = change.before.startswith("<")
        return f"{where}remove {change.before if named else f'{what} {change.before}'}"
    return f"{where}{what}: {change.before} -> {change.after}"


def _excerpt(fact: FactAt, line: str, width: int, paint: Paint, *, first: bool) -> Iterator[str]:
    """The line a fact stands in, with a mark under it and its role behind the mark."""
    bar = paint("frame", "|")
    yield f"{' ' * width}{paint('frame', '-->' if first else ':::')} {fact.file}:{fact.line}:{fact.column}"
    text, start = _cut(line, fact.column)
    mark = ("^" if first else "-") * max(1, min(len(fact.text), len(text) - start))
    yield f"{paint('frame', f'{fact.line:>{width}}')} {bar} {text}"
    role = f" {fact.role}" if fact.role else ""
    yield f"{' ' * width} {bar} {' ' * start}{paint('error' if first else 'frame', mark + role)}"


def _cut(line: str, column: int, width: int = 100) -> tuple[str, int]:
    """The part of a long line around a column, and where the column is in it."""
    line = line.replace("\t", " ").rstrip("\r\n")
    at = min(column - 1, len(line))
    if len(line) <= width:
        return line, at
    begin = max(0, at - width // 3)
    piece = line[begin : begin + width]
    before = "..." if begin else ""
    after = "..." if begin + width < len(line) else ""
    return before + piece + after, at - begin + len(before)
