"""A plan laid out with the fewest moves against an earlier layout."""

from __future__ import annotations

import os
from collections.abc import Sequence

from pcisolve.catalog.catalog import Catalog
from pcisolve.core.address import Address
from pcisolve.core.errors import InputError
from pcisolve.earlier.identity import identity_of
from pcisolve.earlier.matching import match
from pcisolve.earlier.record import Earlier
from pcisolve.libvirt.document import Document
from pcisolve.ops.memory import remember
from pcisolve.planning.file.text import PlanText
from pcisolve.planning.file.values import DeviceWish, Which
from pcisolve.planning.kept.anchored import anchored, may_be_anchored
from pcisolve.planning.kept.remembered import Brought, bring
from pcisolve.planning.layout.expand import expand
from pcisolve.planning.layout.guest import planned_guest
from pcisolve.planning.model.ground import Ground
from pcisolve.planning.model.probe import Prober
from pcisolve.planning.refused import Refused
from pcisolve.planning.standing import ground_of
from pcisolve.planning.steps import PlanAnswer, decided, laid_out, plan_of, solve_plan
from pcisolve.problem.assemble import assemble
from pcisolve.problem.problem import Options
from pcisolve.solver.mus import TimeIsUp, fewest
from pcisolve.verdict.values import UNKNOWN, Note, Verdict

Source = str | os.PathLike[str] | bytes | None
_NOTHING_KEPT = "alg-find"
_WISHES = "plan-conflict"
_NUMBERS = 50_000


def solve_plan_against(text: PlanText, catalog: Catalog, options: Options, against: Source) -> PlanAnswer:
    """Keep what can be kept of an earlier layout, and lay the rest of the plan out, best by its preferences.

    Raises:
        InputError: the plan has a base, or the earlier layout uses the other scheme.
        CheckFailed: the check refused the layout: a defect of pcisolve.
    """
    try:
        return _Against(text, catalog, options, against).answer()
    except Refused as refused:
        return PlanAnswer(refused.verdict)
    except TimeIsUp:
        return PlanAnswer(Verdict(UNKNOWN, False, options.scheme, options.policy, (), (), (), {}))


class _Against:
    earlier: Earlier

    def __init__(self, text: PlanText, catalog: Catalog, options: Options, against: Source) -> None:
        self.text, self.catalog, self.options, self.against = text, catalog, options, against
        self.plan = plan_of(text, options)
        if self.plan.base is not None:
            where = text.location(self.plan.mark("base"))
            raise InputError("a plan keeps what its base has", expected="--against, or a base", location=where)

        if self.plan.mirror is not None:
            where = text.location(self.plan.mirror.at)
            raise InputError("a mirrored plan is not kept near an earlier layout", expected="no mirror", location=where)

    def answer(self) -> PlanAnswer:
        if self.plan.switches:
            where = self.text.location(self.plan.mark("switches"))
            message = "a plan with switches of its own is not kept near an earlier layout"
            raise InputError(message, expected="no switches", location=where)
        fresh = ground_of(self.plan, self.catalog, self.options)
        self.earlier = self._read(fresh[0].scheme)
        was = self._was(*fresh)
        brought = bring(self.plan, self.earlier, self.catalog)
        try:
            ground, document = ground_of(self.plan, self.catalog, self.options, brought.lines, brought.known)
        except Refused:
            return self._without()
        kept = self._kept(ground, self._claims(was, brought))
        if kept is None:
            return self._without()
        new = anchored(self.plan, kept)
        answer = laid_out(decided(new.plan, ground, self.options), ground, document, self.options, new.joined)
        return self._told(answer, was, brought)

    def _claims(self, was: dict[Which, Address], brought: Brought) -> dict[Which, Address]:
        """The devices that could be where they were, as far as one can know one by one."""
        wishes = {wish.name: wish for wish in self.plan.devices}
        return {
            which: address
            for which, address in sorted(was.items())
            if self._provider(address) in brought.indexes and may_be_anchored(self.plan, wishes[which[0]])
        }

    def _kept(self, ground: Ground, claims: dict[Which, Address]) -> dict[Which, Address] | None:
        """The most of the claims that go together; None where the plan has no layout even without them.

        Raises:
            InputError: they are too many.
            TimeIsUp: not known in time.
        """
        self._refuse_size(len(claims), len(ground.base.problem.roots) or 1)
        prober = Prober(ground, self.options.time_limit)
        places = list(claims.items())

        def possible(numbers: Sequence[int]) -> bool:
            answer = prober.possible(anchored(self.plan, dict(places[number] for number in numbers)).plan, ())
            if answer is None:
                raise TimeIsUp
            return answer

        given_up = fewest(len(places), possible, self.options.time_limit)
        if given_up is None:
            return None
        return {which: address for number, (which, address) in enumerate(places) if number not in set(given_up)}

    def _refuse_size(self, devices: int, roots: int) -> None:
        if devices * roots > _NUMBERS:
            message = f"{devices:,} devices below {roots} roots are too many to keep one by one"
            expected = f"at most {_NUMBERS:,} of one times the other"
            raise InputError(message, expected=expected, location=self.text.location(self.plan.mark("devices")))

    def _read(self, scheme: str) -> Earlier:
        """The earlier layout. An XML in which every address is of domain 0 may mean either scheme.

        Raises:
            InputError: it cannot be read, or uses the other scheme.
        """
        earlier = remember(self.against, self.catalog, self.options)
        if scheme == earlier.scheme or sum(one.address is None for one in earlier.controllers.values()) < 2:
            return earlier
        again = remember(self.against, self.catalog, self.options, scheme)
        # Each scheme fills other gaps with controllers of its own.
        as_it_says, as_asked = [[one.address for one in old.parts if one.index is None] for old in (earlier, again)]
        if again.scheme == scheme and as_it_says == as_asked:
            return again
        message = f"{earlier.name} uses the {earlier.scheme} scheme and the plan the {scheme} one"
        where = self.text.location(self.text.top.at)
        raise InputError(message, expected=f"scheme: {earlier.scheme}", location=where)

    def _was(self, ground: Ground, document: Document) -> dict[Which, Address]:
        """Where each device of the plan was: by what its element is known by in the guest it would be on its own."""
        scene, found = decided(self.plan, ground, self.options)
        guest = planned_guest(scene, expand(scene, found.counted), ground, document.root)
        problem = assemble(guest.root, document, self.catalog, self.options._replace(scheme=ground.scheme))
        before = [one.identity for one in self.earlier.parts]
        was: dict[Which, Address] = {}
        for pair in match(before, [identity_of(part) for part in problem.parts]):
            node, address = problem.parts[pair.after].node, self.earlier.parts[pair.before].address
            if node is not None and node.number in guest.ranks and address is not None:
                was[guest.ranks[node.number]] = address
        return was

    def _provider(self, address: Address) -> int:
        return address.bus if self.earlier.scheme == "flat" else address.bus or address.domain

    def _without(self) -> PlanAnswer:
        answer = solve_plan(self.text, self.catalog, self.options)
        message = f"nothing of {self.earlier.name} is kept: beside its controllers this plan has no layout"
        notes = (*answer.verdict.notes, Note(_NOTHING_KEPT, message, None))
        return answer._replace(verdict=answer.verdict._replace(notes=notes)) if answer.xml else answer

    def _told(self, answer: PlanAnswer, was: dict[Which, Address], brought: Brought) -> PlanAnswer:
        """With a note for each move."""
        lines = {wish.name: wish for wish in self.plan.devices}
        notes, moved = [], 0
        for (name, rank), before in sorted(was.items()):
            after = answer.places[name, rank]
            if after != before:
                moved += 1
                why = self._why(lines[name], before, brought)
                message = f"{lines[name].called(rank)} moves from {before} to {after}: {why}"
                notes.append(Note(_WISHES, message, lines[name].at.line))
        stats = {**answer.verdict.stats, "kept": len(was) - moved, "moved": moved}
        verdict = answer.verdict._replace(notes=(*notes, *answer.verdict.notes), stats=stats)
        return answer._replace(verdict=verdict)

    def _why(self, wish: DeviceWish, before: Address, brought: Brought) -> str:
        if self._provider(before) not in brought.indexes:
            return "its bus is below a root that the plan has no more"
        if wish.address is not None:
            return "the plan says so"
        if not may_be_anchored(self.plan, wish):
            return "devices that share a slot or a switch are laid out as a whole"
        return "with what else the plan asks it cannot stay"
