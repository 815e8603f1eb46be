"""Rules of one site: disks are spread over the PCI domains, so that no domain carries more than two."""

from collections.abc import Iterable

from pcisolve.placing.layout_model import LayoutModel
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import Controller, Part
from pcisolve.rules.rule import Question, Rule, Telling, point

MOST = 2


def is_disk(part: Part) -> bool:
    """Whether it is a disk with a PCI address of its own."""
    return part.kind == "disk"


class DisksSpread(Rule[Controller]):
    """No PCI domain has more than two disks.

    One domain of a host that fails takes at most two disks of a guest with it.
    """

    id = "site-disks-spread"
    source = "operations handbook, storage"
    room = True  # another layout may keep it: solve looks for one

    def cases(self, question: Question) -> Iterable[Controller]:
        return question.problem.roots

    def check(self, layout: Layout, case: Controller) -> bool:
        return len(self._disks(layout, case)) <= MOST

    def post(self, model: LayoutModel) -> None:
        fixed = [part for part in model.problem.parts if is_disk(part) and part.pinned is not None]
        for sites in model.space.domains:
            root = model.space.tops[sites[0]]
            there = sum(part.pinned.domain == root.index for part in fixed if part.pinned is not None)
            model.at_most(model.endpoints(sites, is_disk), MOST - there)

    def likeness(self, part: Part) -> bool:
        return is_disk(part)

    def tell(self, question: Question, case: Controller) -> Telling:
        disks = self._disks(question.layout, case)
        message = f"domain {case.index:04x} has {len(disks)} disks; a domain has at most {MOST}"
        last, *others = reversed(disks)
        return Telling(message, (point(last), *(point(one, role="is one of them") for one in others)))

    def _disks(self, layout: Layout, root: Controller) -> list[Part]:
        here = [part for part in layout.problem.parts if is_disk(part) and part in layout.places]
        return [part for part in here if layout.root_above(part) is root]


RULES = (DisksSpread(),)
