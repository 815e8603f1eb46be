"""What a rule is: a law that is checked on a layout and told in words; some steer a search, too."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, ClassVar, Generic, NamedTuple, TypeVar

from mypy_extensions import mypyc_attr

from pcisolve.core.node import Node
from pcisolve.core.shortage import Shortage
from pcisolve.problem.choice import Choice
from pcisolve.problem.layout import Layout
from pcisolve.problem.naming import clipped as clipped  # rules tell with these
from pcisolve.problem.naming import name_of as name_of
from pcisolve.problem.parts import Controller, Part
from pcisolve.problem.problem import Problem
from pcisolve.rules.docstrings import docstring_of

if TYPE_CHECKING:
    from pcisolve.placing.layout_model import LayoutModel

CaseT = TypeVar("CaseT")

ERROR, WARNING, NOTE = "error", "warning", "note"


class Point(NamedTuple):
    """A place in the input that a message points to; `attribute` "" is the element itself."""

    node: Node
    attribute: str = ""
    role: str = ""


class Telling(NamedTuple):
    """A broken law in words; the first point is the element at fault.

    `notes` say what the platform has and what was counted, apart from what the user wrote; `shortages` say in numbers
    what runs out.
    """

    message: str
    points: tuple[Point, ...]
    notes: tuple[str, ...] = ()
    shortages: tuple[Shortage, ...] = ()


class Question:
    """What rules take their cases from: the guest, and what first fit made of it, which does not change any more.

    `controllers` are the input's and implicit ones, then those that were added.
    """

    __slots__ = ("_layout", "_placed", "choice", "controllers", "problem")

    def __init__(self, problem: Problem, choice: Choice) -> None:
        self.problem = problem
        self.choice = choice
        self.controllers: list[Controller] = problem.controllers + choice.added
        self._layout: Layout | None = None
        self._placed: list[Part] | None = None

    @property
    def layout(self) -> Layout:
        """What was chosen, as a layout."""
        if self._layout is None:
            self._layout = Layout(self.problem, self.choice)
        return self._layout

    @property
    def placed(self) -> list[Part]:
        """Every part that needs a place on some bus."""
        if self._placed is None:
            places = self.choice.places
            self._placed = [part for part in self.problem.parts if part in places]
            self._placed += [one for one in self.choice.added if one in places]
        return self._placed


@mypyc_attr(allow_interpreted_subclasses=True)
class Rule(Generic[CaseT]):
    """A law of the platform. The docstring's first line is its title, the rest its reason.

    Attributes:
        id: stable, printed with every finding.
        stage: who enforces it: libvirt (refused at define), qemu (at start) or guest (silently broken).
        severity: error where the guest is refused or something the user has does not work; warning where something is
            dropped or does less than was asked for; note where it is only good to know. Only errors refuse a guest.
        common: whether libvirt's drivers for other hypervisors enforce it too.
        source: where the fact was read or tried.
        allows, forbids: the smallest <devices> that keep and break it, with the machine in front:
            "q35: <controller .../>"; behind " -- " the words of qemu:commandline, or "override ALIAS NAME=VALUE".
        follows_from: ids of rules of which this is a consequence: where one of them is broken for the same
            case, this one has nothing to add.
        impossible: what is pointed to means nothing on this machine, so that nothing is lost when it goes.
        carries: the law is about which controllers there are; where it is broken, what is below has no place, and
            nobody knows the bus numbers that the guest would see.
        placeless: it is about what a part is, not where, so that no other place mends it.
        room: it is broken where libvirt's search finds no room; another layout may keep it.
        place: it is about where a part is; where libvirt has chosen the place, another layout may keep it.
        unmendable: nothing that is changed about the guest would mend it.
        alone: where it is broken nothing else is told, because nothing else can be known.
    """

    id: ClassVar[str]
    stage: ClassVar[str] = "libvirt"
    severity: ClassVar[str] = ERROR
    common: ClassVar[bool] = False
    source: ClassVar[str]
    allows: ClassVar[tuple[str, ...]] = ()
    forbids: ClassVar[tuple[str, ...]] = ()
    follows_from: ClassVar[tuple[str, ...]] = ()
    impossible: ClassVar[bool] = False
    carries: ClassVar[bool] = False
    placeless: ClassVar[bool] = False
    room: ClassVar[bool] = False
    place: ClassVar[bool] = False
    alone: ClassVar[bool] = False
    unmendable: ClassVar[bool] = False

    def cases(self, question: Question) -> Iterable[CaseT]:
        """The things in this guest that the law speaks about."""
        raise NotImplementedError

    def check(self, layout: Layout, case: CaseT) -> bool:
        """Whether a layout keeps the law for one case; parts without an address break nothing."""
        raise NotImplementedError

    def post(self, model: LayoutModel) -> None:
        """Steer the search for another layout, where the rule can: the law over the whole model, in counts.

        What is posted may be weaker than the check, which has the last word, and never stronger.
        """

    def likeness(self, part: Part) -> Hashable:
        """What a site rule that posts sees of a part: those that differ in it are counted apart. It sees their places
        anyway, and what they need."""
        return None

    def tell(self, question: Question, case: CaseT) -> Telling:
        """The broken law in the words of someone who has a guest down."""
        raise NotImplementedError

    def demand(self, question: Question, case: CaseT) -> str:
        """What the law demands of the case, for conflicts of several laws."""
        return self.title.rstrip(".")

    @property
    def text(self) -> str:
        """The docstring: the title, and the reason."""
        return docstring_of(type(self))

    @property
    def title(self) -> str:
        """The first line of the docstring."""
        return self.text.split("\n")[0]


def point(part: Part, attribute: str = "", role: str = "") -> Point:
    """Where a part's address (or the part itself) stands."""
    node = part.place_node
    return Point(node, attribute if attribute in node.attributes else "", role)
