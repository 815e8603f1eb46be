"""--policy stable: the fewest moves against an earlier layout.

A set of earlier addresses can be kept if libvirt's own search, given those, completes the rest to a layout in which
every rule holds. What cannot stay, whatever else moves, is found by one look at the rules; where that settles it, it
is the optimum, and only conflicts among addresses that could each stay alone are for CP-SAT.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pcisolve.earlier.carry import Recalled
from pcisolve.firmware.lasting import Changed, Moved, hold
from pcisolve.firstfit.run import choose
from pcisolve.problem.choice import Choice, Kept, Place
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.check import Breach, breaches
from pcisolve.rules.rule import Question, Rule
from pcisolve.solver.mus import fewest
from pcisolve.solver.resettle import resettle

# Rules about one part, its bus and what is at its place: nothing that moves elsewhere makes them hold.
ALONE = frozenset(
    {
        "addr-duplicate",
        "addr-kind-match",
        "addr-slot-min",
        "addr-slot-max",
        "integrated-bus0",
        "chipset-place",
        "index-above-bus-bridge-only",
        "start-parent-order",
        "rfc-parent-lower",
    }
)
_HEADLESS = "guest-function0-missing"


class Reason(NamedTuple):
    """Why a part moves: the rule that its earlier place would break, in words."""

    rule: str
    message: str


class Attempt(NamedTuple):
    """One completion: what is chosen, what was changed so that it lasts, and what breaks."""

    choice: Choice
    changes: list[Changed | Moved]
    question: Question
    broken: list[Breach]
    strayed: list[Part]

    @property
    def holds(self) -> bool:
        """Whether nothing breaks, and every part that is kept has the very address it had."""
        return not self.broken and not self.strayed


class Stable(NamedTuple):
    """The outcome.

    Attributes:
        moved: which parts leave their earlier place, and why.
        forced: none of them could have stayed, whatever else had moved.
    """

    attempt: Attempt
    moved: dict[Part, Reason]
    forced: bool


def fewest_moves(problem: Problem, recalled: Recalled, rules: tuple[Rule[Any], ...]) -> Stable:
    """The completion that keeps the most earlier addresses; one that does not hold where none does.

    Raises:
        TooHard, TimeIsUp: not found out within reason.
    """
    return _Search(problem, recalled, rules).run()


class _Search:
    def __init__(self, problem: Problem, recalled: Recalled, rules: tuple[Rule[Any], ...]) -> None:
        self.problem, self.recalled, self.rules = problem, recalled, rules
        self.places: dict[Part, Place] = dict(recalled.kept.places)
        self.domains = {one: one.domain for one in problem.controllers}
        self.moved = {
            part: Reason("addr-bus-exists", f"no controller provides bus {place.provider:#04x} any more")
            for part, place in recalled.lost.items()
        }

    def run(self) -> Stable:
        attempt = self.attempt(self.places)
        while not attempt.holds and (self._give_up(attempt) or self._give_heads(attempt)):
            attempt = self.attempt(self.places)
        forced = attempt.holds
        return Stable(attempt if forced else self._least(attempt), self.moved, forced)

    def attempt(self, places: dict[Part, Place]) -> Attempt:
        """What libvirt would make of the guest with these places, and whether it lasts."""
        problem = self.problem
        self._bind_domains(places)
        choice = choose(problem, self._kept(places))
        choice, moved = resettle(Question(problem, choice), self.rules)
        changes: list[Changed | Moved] = [*moved, *hold(problem, choice)]
        question = Question(problem, choice)
        broken = breaches(question, question.layout, self.rules)
        was = self.recalled.addresses
        strayed = [part for part, place in self._unmoved(places) if choice.addresses.get(part) != was[part]]
        return Attempt(choice, changes, question, broken, strayed)

    def _unmoved(self, places: dict[Part, Place]) -> Iterable[tuple[Part, Place]]:
        before = self.recalled.kept.places
        return [(part, place) for part, place in places.items() if before[part] == place]

    def _kept(self, places: dict[Part, Place]) -> Kept:
        """What goes with the places; what follows from a place is filled in anew for a part that moves."""
        kept = self.recalled.kept
        staying = {part for part, _ in self._unmoved(places)}
        targets = {one: self._lasting_targets(one, one in staying) for one in kept.targets}
        return Kept(dict(places), targets, {part for part in kept.multifunction if part in staying}, kept.zpci)

    def _lasting_targets(self, controller: Controller, stays: bool) -> dict[str, int]:
        options = controller.model.targets if controller.model is not None else {}
        values = self.recalled.kept.targets[controller]
        stays = stays or controller.pinned is not None or controller.is_root
        return {name: one for name, one in values.items() if stays or options[name].default not in ("place", "slot")}

    def _bind_domains(self, places: dict[Part, Place]) -> None:
        """A controller that moves stays in the PCI domain in which parts behind it are kept."""
        if self.problem.flat:
            return
        for one, domain in self.domains.items():
            one.domain = domain
        by_index = {one.index: one for one in self.problem.controllers}
        for part, place in self._unmoved(places):
            above = by_index[place.provider]
            if above.pinned is None and not above.is_root and above.domain is None:
                above.domain = self.recalled.addresses[part].domain

    def _give_up(self, attempt: Attempt) -> bool:
        """Give up what could not stay even if everything else moved; whether there was anything."""
        found = False
        for breach in attempt.broken:
            if breach.rule.id not in ALONE:
                continue
            here = parts_of(breach)
            kept = [part for part in here if part in self.places]
            if len(kept) == 1 and all(part.pinned is not None for part in here if part not in kept):
                found = True
                self._move(kept[0], breach, attempt)
        return found

    def _give_heads(self, attempt: Attempt) -> bool:
        """Of parts whose slot has lost its function 0, the first takes that: one has to move, and no more."""
        found = False
        for breach in attempt.broken:
            here = sorted((part for part in parts_of(breach) if part in self.places), key=lambda one: self.places[one])
            if breach.rule.id == _HEADLESS and here:
                place = self.places[here[0]]._replace(function=0)
                self._move(here[0], breach, attempt)
                self.places[here[0]] = place
                found = True
        return found

    def _move(self, part: Part, breach: Breach, attempt: Attempt) -> None:
        if part in self.places:
            del self.places[part]
            self.moved.setdefault(part, _reason(attempt, [breach]))

    def _least(self, failed: Attempt) -> Attempt:
        """Conflicts of several addresses: the fewest of them are given up."""
        claims = [part for part, _ in self._unmoved(self.places)]
        beside = {part: place for part, place in self.places.items() if part not in set(claims)}

        def possible(numbers: Sequence[int]) -> bool:
            return self.attempt({**beside, **{claims[one]: self.places[claims[one]] for one in numbers}}).holds

        given_up = fewest(len(claims), possible, self.problem.options.time_limit)
        if given_up is None:
            return failed
        for number in given_up:
            self.moved[claims[number]] = _reason(failed, failed.broken)
            del self.places[claims[number]]
        return self.attempt(self.places)


def parts_of(breach: Breach) -> tuple[Part, ...]:
    """The parts that a breach is about."""
    case = breach.case
    if isinstance(case, Part):
        return (case,)
    singles = (getattr(case, name, None) for name in ("part", "controller"))
    parts: tuple[Part, ...] = getattr(case, "parts", ())
    return (*parts, *(one for one in singles if isinstance(one, Part)))


def _reason(attempt: Attempt, broken: list[Breach]) -> Reason:
    if not broken:
        return Reason("rfc-child", "its bus is in another PCI domain now")
    telling = broken[0].rule.tell(attempt.question, broken[0].case)
    return Reason(broken[0].rule.id, telling.message)
