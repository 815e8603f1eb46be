"""A guest mended: a repair of every error made in the file, until nothing is wrong any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.change import Change, changed
from pcisolve.core.node import Node
from pcisolve.explain.conflicts import Conflict
from pcisolve.explain.trials import outcome_of
from pcisolve.libvirt.document import Document
from pcisolve.libvirt.writer import Writer
from pcisolve.ops.refuse import Refused
from pcisolve.ops.solve import check, refusal_of
from pcisolve.problem.problem import Options
from pcisolve.repair.safety import consequence
from pcisolve.repair.search import Verified
from pcisolve.rules.rule import ERROR, name_of
from pcisolve.solver.judge import judge
from pcisolve.verdict.mended import Mended, Wanted
from pcisolve.verdict.values import MOVES, SAFE, SOLVED, UNSAFE, Move, Verdict

MOST_ROUNDS = 8  # a repair can bring to light what it hid
MOST_ALONE = 8  # repairs that are tried one by one where they do not go together
FEW = 20  # findings to one repair: not worth another round


def mend(document: Document, catalog: Catalog, options: Options, wanted: Wanted = Wanted()) -> Mended:  # noqa: B008  # a value
    """Make a repair of every finding, as far as it is allowed.

    Raises:
        InputError: the guest cannot be used at all.
    """
    setting = _Setting(catalog, options, wanted)
    made: list[Verified] = []
    parts: set[str] = set()
    held: Counter[str] = Counter()
    for turn in range(MOST_ROUNDS):
        refused = refusal_of(document.root, document, catalog, options)
        chosen, held = ([], Counter()) if refused is None else _chosen(refused, wanted, first=turn == 0)
        if refused is not None and not parts:
            parts = {name_of(part) for part in refused.problem.parts}
        after = None if refused is None else _applied(refused, document, chosen, setting)
        if refused is None or after is None:
            break
        document, done = after
        made += done
        if len(done) * FEW < len(refused.conflicts):
            break
    verdict = check(document.root, document, catalog, options, layout=False)
    return _mended(document, verdict, made, held, parts, warnings=wanted.warnings)


def _mended(
    document: Document, verdict: Verdict, made: list[Verified], held: Counter[str], parts: set[str], *, warnings: bool
) -> Mended:
    """What has come of it. `parts` are those the guest had; `held` counts repairs that are not allowed."""
    left = sum(one.severity == ERROR or warnings for one in verdict.findings)
    if verdict.status != SOLVED:
        left = max(left, 1)
    repaired = Counter(one.consequence.safety for one in made)
    return Mended(
        document.data,
        verdict,
        {safety: repaired[safety] for safety in (SAFE, MOVES, UNSAFE)},
        left,
        {safety: held[safety] for safety in (MOVES, UNSAFE)} if left else {MOVES: 0, UNSAFE: 0},
        _joined(move for one in made for move in one.consequence.moves if move.name in parts),
        tuple(dict.fromkeys(name for one in made for name in one.consequence.removes)),
    )


def _joined(moves: Iterable[Move]) -> tuple[Move, ...]:
    """One move of each part, from where it was first to where it is last."""
    last: dict[str, Move] = {}
    for move in moves:
        before = last[move.name].before if move.name in last else move.before
        last[move.name] = Move(move.name, before, move.after)
    return tuple(move for move in last.values() if move.before != move.after)


def _chosen(refused: Refused, wanted: Wanted, *, first: bool) -> tuple[list[Verified], Counter[str]]:
    """One repair for each finding, and how many are not allowed; of two that change one element, the later one waits
    for the next round."""
    chosen: list[Verified] = []
    held: Counter[str] = Counter()
    touched: set[int] = set()
    for conflict in refused.conflicts:
        found = _picked(refused, conflict, wanted.pick if first else 1)
        if found is None or (conflict.severity != ERROR and not wanted.warnings):
            continue
        if found.consequence.safety != SAFE and not wanted.unsafe:
            held[found.consequence.safety] += 1
            continue
        numbers = {number for change in found.changes for number in _numbers(change)}
        if not numbers & touched:
            touched |= numbers
            chosen.append(found)
    return chosen, held


def _picked(refused: Refused, conflict: Conflict, pick: int) -> Verified | None:
    repairs = refused.repairs.get(conflict, [])
    return repairs[min(pick, len(repairs)) - 1] if repairs else None


class _Setting(NamedTuple):
    """What a guest is judged by."""

    catalog: Catalog
    options: Options
    wanted: Wanted


def _applied(
    refused: Refused, document: Document, chosen: list[Verified], setting: _Setting
) -> tuple[Document, list[Verified]] | None:
    """The document with these repairs, all together; where they do not go together, with the first ones or one of them.

    Each was tried with those before it, of which some may not be allowed, so that all is judged once more.
    """
    tries = [chosen]
    while len(tries[-1]) > 1:
        tries.append(tries[-1][: len(tries[-1]) // 2])
    tries += [[one] for one in chosen[1:MOST_ALONE]]
    for some in tries:
        if some and _goes(refused, document, some, setting):
            return _written(document, some), some
    return None


def _goes(refused: Refused, document: Document, repairs: list[Verified], setting: _Setting) -> bool:
    """Whether these repairs together help, bring no error, and take no more than is allowed."""
    before = refused.outcome
    changes = tuple(change for repair in repairs for change in repair.changes)
    options = setting.options._replace(scheme=before.question.problem.scheme)
    after = outcome_of(judge(changed(document.root, changes), document, setting.catalog, options))
    if after is None or before.keys <= after.keys:
        return False
    if before.layout is not None and after.errors - before.errors:
        return False
    goal = (told for told in before.told if told.key not in after.keys)
    return setting.wanted.unsafe or consequence(before, after, changes, goal).safety == SAFE


def _written(document: Document, repairs: list[Verified]) -> Document:
    writer = Writer(document)
    for repair in repairs:
        for change in repair.changes:
            writer.change(change)
    return document.again(writer.data())


def _numbers(change: Change) -> set[int]:
    """The elements a change is about, but for the list of devices, to which many may add."""
    node: Node | None = change.node
    found = set()
    while node is not None and node.tag not in ("devices", "domain", "os"):
        found.add(node.number)
        node = node.parent
    return found
