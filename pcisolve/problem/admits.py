"""What may be plugged into what (rule alg-compatible): written once, asked by every search."""

from __future__ import annotations

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.core.kinds import ENDPOINT, EXPRESS, UPSTREAM_PORT
from pcisolve.problem.parts import Part


def takes(accepts: int, needs: int, *, written: bool) -> bool:
    """Whether a bus that accepts these kinds takes a part that needs one of those.

    Args:
        written: the address is in the input, or will be: any endpoint goes where endpoints go, PCI Express or not.
    """
    if written and accepts & ENDPOINT:
        accepts |= ENDPOINT
    return bool(accepts & needs)


def unasked(model: ControllerModel, part: Part, index: int) -> bool:
    """Whether libvirt's own search would put the part on the bus of controller `index`."""
    if part.integrated:
        return index == 0 and takes(model.accepts, part.needs, written=True)
    return (model.automatic or not part.automatic) and takes(model.accepts, part.needs, written=False)


def by_hand(model: ControllerModel, part: Part, index: int) -> bool:
    """Whether libvirt accepts the part there where its address is written out."""
    return (index == 0 or not part.integrated) and takes(model.accepts, part.explicit_needs, written=True)


def takes_added(above: ControllerModel, model: ControllerModel, *, written: bool) -> bool:
    """Whether a bus of one model takes a controller of another that is added; `written`: with its address."""
    return takes(above.accepts, model.explicit_needs if written else model.needs, written=written)


def may_be_added(model: ControllerModel, family: str) -> bool:
    """Whether such a controller may be added below a root."""
    return not model.root and (not model.machines or family in model.machines)


def needs_express(part: Part) -> bool:
    """Whether the part is one that libvirt puts on PCI Express where there is some."""
    return bool(part.needs & (EXPRESS | UPSTREAM_PORT))
