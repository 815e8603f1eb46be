"""Rules about who has which index and who is plugged into whom: they also steer the search for open indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from pcisolve.rules.rule import Rule

if TYPE_CHECKING:
    from pcisolve.placing.index_model import IndexModel

CaseT = TypeVar("CaseT")


class Structural(Rule[CaseT]):
    """A rule that is written twice: as a check, and over the indexes that are open. A test compares the two.

    Attributes:
        definition: it says what indexes, buses and domains are; told only where a conflict cannot be told without it.
    """

    definition: ClassVar[bool] = False

    def number(self, model: IndexModel, case: CaseT) -> None:
        """Write the law for one case over the open indexes."""
        raise NotImplementedError
