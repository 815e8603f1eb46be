"""A plan as a library user holds it: what a guest can be asked, a plan can be asked too."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from pcisolve.api.guest import Guest, Result
from pcisolve.core.errors import InputError
from pcisolve.libvirt.container import read_path
from pcisolve.planning.against import solve_plan_against
from pcisolve.planning.base import base_document
from pcisolve.planning.file.read import read_plan
from pcisolve.planning.file.text import PlanText
from pcisolve.planning.steps import solve_plan
from pcisolve.problem.problem import STABLE, Options
from pcisolve.verdict.rows import Row
from pcisolve.verdict.survey import Span, Survey
from pcisolve.verdict.values import FactAt, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pcisolve.libvirt.document import Document
    from pcisolve.ops.pictures.drawn import Drawn
    from pcisolve.planning.fit import Room
    from pcisolve.planning.steps import PlanAnswer
    from pcisolve.verdict.mended import Mended


class PlannedResult(Result):
    """A verdict on a plan, and for a solved one the complete guest.

    Attributes:
        levels: each preference with its number, and whether that is proved to be the lowest.
    """

    __slots__ = ("_rows", "levels")

    def __init__(self, answer: PlanAnswer) -> None:
        super().__init__(answer.verdict, answer.xml, answer.layout)
        self._rows = answer.rows
        self.levels = answer.levels

    @property
    def rows(self) -> tuple[Row, ...]:
        """For each root what it has and what is left, with the plan's names; () when not solved."""
        return self._rows

    def to_json(self) -> dict[str, Any]:
        """As in `solve --format json`, with the key "plan"."""
        preferences = [{"name": name, "value": value, "proven": proven} for name, value, proven in self.levels]
        rows = [one._asdict() for one in self.rows]
        return {**super().to_json(), "plan": {"preferences": preferences, "roots": rows}}


class PlannedGuest(Guest):
    """A plan file that was read.

    Attributes:
        text: the plan's lines and values.
    """

    def __init__(self, text: PlanText, models: str | None = None) -> None:
        self.text = text
        self.models = models

    @property
    def name(self) -> str:
        """What messages call the plan."""
        return self.text.name

    def line(self, fact: FactAt) -> str:
        """The line a fact stands in, of the plan or of its base."""
        if fact.file == self.text.name:
            return self.text.line(fact.line)
        return read_path(fact.file).line(fact.line)

    def require_qemu(self) -> None:
        """A plan is for QEMU; a base that is not is refused when it is read."""

    def before(self) -> Document:
        """The base.

        Raises:
            InputError: there is none.
        """
        return base_document(read_plan(self.text).plan)

    def solve(
        self, options: Options | None = None, *, against: str | os.PathLike[str] | bytes | None = None
    ) -> PlannedResult:
        """Lay the plan out, best by its preferences.

        Raises:
            InputError: the base, the earlier layout or a model file cannot be used; or there is one beside a base.
        """
        options = options or Options()
        if options.rules:
            raise InputError("rules of your own steer domain XML only", expected="limits and relations in the plan")
        catalog = self._catalog(options)
        if against is not None or options.policy == STABLE:
            answer = solve_plan_against(self.text, catalog, options._replace(policy=STABLE), against)
        else:
            answer = solve_plan(self.text, catalog, options)
        return PlannedResult(answer)

    def check(self, options: Options | None = None, *, layout: bool = True) -> Verdict:
        """What is wrong with the plan, whether it has a layout, and if so which.

        Raises:
            InputError: as for solve.
        """
        return self.solve(options).verdict

    def survey(self, options: Options | None = None) -> tuple[Verdict, Survey]:
        """What is wrong with the plan; of its text nothing but how long it is.

        Raises:
            InputError: as for solve.
        """
        return self.check(options), Survey(Span(0, len(self.text.text)))

    def draw(self, options: Options | None = None) -> Drawn:
        """The guest that the plan comes to as a picture; where there is none, the plan with what cannot be had.

        Raises:
            InputError: as for solve.
        """
        from pcisolve.planning.drawn import drawn

        options = options or Options()
        return drawn(self.text, solve_plan(self.text, self._catalog(options), options))

    def repair(
        self, options: Options | None = None, *, pick: int = 1, unsafe: bool = False, warnings: bool = False
    ) -> Mended:
        """What a plan wishes for is for its author to change.

        Raises:
            InputError: always.
        """
        message = "a plan is not repaired by itself; `pcisolve check` says which numbers fit"
        raise InputError(message, location=self.text.location(self.text.top.at))

    def room(self, wanted: Iterable[tuple[str, int]], options: Options | None = None) -> Room:
        """What is wanted of a plan stands in the plan.

        Raises:
            InputError: always.
        """
        message = "what more is to fit into a plan is for the plan to say; solve it first"
        raise InputError(message, expected="a domain XML", location=self.text.location(self.text.top.at))

    def convert(self, to: str, options: Options | None = None) -> Result:
        """A plan has no addresses to convert.

        Raises:
            InputError: always.
        """
        message = f'a plan has no layout to convert; set "scheme: {to}" in it, or solve it first'
        raise InputError(message, location=self.text.location(self.text.top.at))
