"""A guest solved with the fewest moves against an earlier layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.change import FIRST_ADDED
from pcisolve.core.errors import InputError, Location
from pcisolve.core.node import Node
from pcisolve.earlier.carry import is_carried, other_root
from pcisolve.earlier.matching import IN_ORDER
from pcisolve.earlier.record import Earlier
from pcisolve.firmware.lasting import TooHard
from pcisolve.libvirt.document import Document
from pcisolve.ops.solve import Answer, settled, solve, undecided
from pcisolve.ops.write import solved_bytes
from pcisolve.problem.assemble import assemble
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import AUTO, Options, Problem
from pcisolve.rules import registry
from pcisolve.rules.rule import name_of
from pcisolve.solver.around import Around, Search
from pcisolve.solver.mus import TimeIsUp
from pcisolve.verdict.values import Note, Verdict

IN_ORDER_NOTE = "matched-in-order"


class StableAnswer(NamedTuple):
    """A verdict, the XML that holds it, and the layout behind both."""

    verdict: Verdict
    xml: bytes | None = None
    layout: Layout | None = None


class _Source:
    """Where things of the guest stand; what was brought over stands nowhere in it. A core.node.Source."""

    def __init__(self, document: Document) -> None:
        self.document, self.name = document, document.name

    def location(self, node: Node, attribute: str | None = None) -> Location:
        """In the guest's own text; its <devices> for what was brought over."""
        if node.number < FIRST_ADDED:
            return self.document.location(node, attribute)
        root = self.document.root
        return self.document.location(root.first("devices") or root)

    def line(self, number: int) -> str:
        """The text of a line."""
        return self.document.line(number)


def solve_stable(document: Document, catalog: Catalog, options: Options, earlier: Earlier) -> StableAnswer:
    """Keep what can be kept of an earlier layout, and complete the rest as libvirt would.

    Raises:
        InputError: the guest cannot be used at all, or it uses the other scheme.
        CheckFailed: the check refused what was found: a defect of pcisolve, never an answer.
    """
    problem = assemble(document.root, document, catalog, options)
    options = options._replace(scheme=_scheme(problem, earlier))
    roots = other_root(problem, earlier)
    if roots is not None:
        answer = _anew(document, catalog, options)
        return _without(document, answer, earlier, "its bus 0 is a {} and this guest's a {}".format(*roots))
    rules = registry.rules_for(options)
    try:
        found = Search(document.root, _Source(document), catalog, options, earlier, rules).best()
    except (TooHard, TimeIsUp):
        return StableAnswer(undecided(problem).verdict)
    if found is None or not found.holds:  # without the earlier layout there may be one; if not, the guest says why
        answer = _anew(document, catalog, options)
        return _without(document, answer, earlier, "beside its controllers this guest has no layout")
    answer = settled(found.problem, found.stable.attempt.choice, found.stable.attempt.changes)
    if answer.layout is None:
        return StableAnswer(answer.verdict)
    xml = solved_bytes(document, answer.layout, FIRST_ADDED)
    return StableAnswer(_verdict(answer.verdict, answer.layout, found, earlier), xml, answer.layout)


def _anew(document: Document, catalog: Catalog, options: Options) -> Answer:
    """The guest without regard to the earlier layout, also where libvirt's own search gives up."""
    answer = solve(document.root, document, catalog, options._replace(policy=AUTO))
    return answer._replace(verdict=answer.verdict._replace(policy=options.policy))


def _scheme(problem: Problem, earlier: Earlier) -> str:
    """The earlier layout's, where the guest says nothing else."""
    if problem.scheme == earlier.scheme or (problem.options.scheme == "auto" and problem.flat):
        return earlier.scheme
    message = f"{earlier.name} uses the {earlier.scheme} scheme and {problem.source.name} the {problem.scheme} one"
    raise InputError(message, expected=f"the same; pcisolve convert --to {problem.scheme} makes one of the other")


def _without(document: Document, answer: Answer, earlier: Earlier, why: str) -> StableAnswer:
    if answer.layout is None:
        return StableAnswer(answer.verdict)
    message = f"nothing of {earlier.name} is kept: {why}"
    notes = (*answer.verdict.notes, Note("alg-find", message, None))
    verdict = answer.verdict._replace(notes=notes, stats={**answer.verdict.stats, "kept": 0})
    return StableAnswer(verdict, solved_bytes(document, answer.layout), answer.layout)


def _verdict(verdict: Verdict, layout: Layout, found: Around, earlier: Earlier) -> Verdict:
    carried, moves = found.merged.carried, list(_moves(layout, found))
    controllers = tuple(
        one._replace(added=True, line=None) if one.index in carried else one for one in verdict.controllers
    )
    stats = {
        **verdict.stats,
        "added": verdict.stats["added"] + len(carried),
        "kept": len(found.recalled.addresses) - len(moves),
        "moved": len(moves),
    }
    notes = (*moves, *verdict.notes, *_guesses(found, earlier))
    return verdict._replace(controllers=controllers, stats=stats, notes=notes)


def _moves(layout: Layout, found: Around) -> Iterator[Note]:
    for part, reason in found.stable.moved.items():
        before, after = found.recalled.addresses[part], layout.addresses.get(part)
        if before == after:  # its bus was lost, and is back
            continue
        node = part.node
        line = None if node is None or is_carried(part) else found.problem.source.location(node).line
        yield Note(reason.rule, f"{name_of(part)} moves from {before} to {after}: there, {reason.message}", line)


def _guesses(found: Around, earlier: Earlier) -> Iterator[Note]:
    """Where some of several parts that nothing tells apart are gone, which of them is a guess."""
    matched = {pair.before for pair in found.recalled.pairs}
    guessed = {earlier.parts[pair.before].identity.make for pair in found.recalled.pairs if pair.word == IN_ORDER}
    gone = Counter(one.identity.make for at, one in enumerate(earlier.parts) if at not in matched and one.place)
    for make, count in gone.items():
        if make in guessed:
            message = (
                f"{count} of {earlier.name}'s {make} devices {'is' if count == 1 else 'are'} gone, and nothing tells "
                f"them apart: the first ones are taken to be those that stay; a MAC address or an alias would tell"
            )
            yield Note(IN_ORDER_NOTE, message, None)
