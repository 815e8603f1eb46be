"""One guest, judged and drawn."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.catalog.catalog import Catalog
from pcisolve.libvirt.document import Document
from pcisolve.ops.pictures.guest import picture
from pcisolve.ops.solve import verdict_on
from pcisolve.problem.problem import Options
from pcisolve.render.picture.picture import Picture
from pcisolve.solver.judge import judge
from pcisolve.verdict.values import Verdict


class Drawn(NamedTuple):
    """A picture, and the verdict that it shows."""

    picture: Picture
    verdict: Verdict


def draw(document: Document, catalog: Catalog, options: Options) -> Drawn:
    """A guest as libvirt would complete it, with all that is wrong marked where it is; also one that does not hold.

    Raises:
        InputError: the input cannot be used at all, such as an unknown machine.
    """
    judged = judge(document.root, document, catalog, options)
    verdict = verdict_on(judged, layout=False)
    return Drawn(picture(judged.question.layout, verdict, (document.text, document.start.line)), verdict)
