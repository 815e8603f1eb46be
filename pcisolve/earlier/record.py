"""An earlier layout as it is remembered: plain values, whether they come from XML or from pcisolve's JSON."""

from __future__ import annotations

from typing import NamedTuple

from pcisolve.core.address import Address
from pcisolve.core.change import NewElement
from pcisolve.core.node import Node
from pcisolve.earlier.identity import Identity, identity_of
from pcisolve.problem.choice import Place
from pcisolve.problem.layout import Layout
from pcisolve.problem.parts import NO_ZPCI, Controller, Part, ZpciIds

_OF_A_RUN = "alias"  # libvirt makes aliases up at each start
_USER_ALIAS = "ua-"


class Remembered(NamedTuple):
    """A part of an earlier layout.

    Attributes:
        place: where it was; None for a root, and for what had no PCI address.
        address: the same as the XML says it.
        index: of a PCI controller, else None.
        model: of a PCI controller, else "".
        targets: of a PCI controller its <target> options.
        element: of a PCI controller all that it says but its address and what libvirt would fill in.
    """

    identity: Identity
    place: Place | None
    address: Address | None
    multifunction: bool = False
    zpci: ZpciIds = NO_ZPCI
    index: int | None = None  # type: ignore[assignment]  # libvirt's word; a tuple's own index() is not wanted here
    model: str = ""
    targets: dict[str, int | str] = {}  # noqa: RUF012  # a default that nobody changes
    element: NewElement | None = None


class Earlier(NamedTuple):
    """An earlier layout.

    Attributes:
        name: the file's, for messages.
        scheme: "flat" or "multi-domain".
        parts: in libvirt's order.
    """

    name: str
    scheme: str
    parts: tuple[Remembered, ...]

    @property
    def controllers(self) -> dict[int, Remembered]:
        """The PCI controllers by index."""
        return {one.index: one for one in self.parts if one.index is not None}


def earlier_of(layout: Layout, name: str) -> Earlier:
    """What there is to remember of a layout."""
    return Earlier(name, layout.problem.scheme, tuple(remembered(layout, part) for part in parts_of(layout)))


def parts_of(layout: Layout) -> list[Part]:
    """Every part of a layout, in the order of Earlier.parts: the guest's own, then the controllers that were added."""
    return [*layout.problem.parts, *(one for one in layout.controllers if one.added)]


def remembered(layout: Layout, part: Part) -> Remembered:
    """What there is to remember of a part."""
    bit = part.multifunction == "on" or (part.multifunction is None and part in layout.multifunction)
    memory = Remembered(
        identity=identity_of(part),
        place=layout.places.get(part),
        address=layout.addresses.get(part),
        multifunction=bit,
        zpci=layout.zpci.get(part, NO_ZPCI),
    )
    if not isinstance(part, Controller):
        return memory
    return memory._replace(
        index=part.index,
        model=part.model.name if part.model is not None else "",
        targets={**layout.targets.get(part, {}), **part.targets},
        element=_element(part),
    )


def _element(part: Controller) -> NewElement:
    view, children = part.view, []
    for child in view.children:
        if child.tag == "target":
            target = _copy(child)
            attributes = {name: value for name, value in target.attributes.items() if not _is_filled(part, name)}
            if attributes or target.children:
                children.append(target._replace(attributes=attributes))
        elif child.tag != "address" and not _is_made_up(child):
            children.append(_copy(child))
    return NewElement(view.tag, {**view.attributes, "index": str(part.index)}, tuple(children))


def _is_filled(part: Controller, option: str) -> bool:
    known = part.model.targets.get(option) if part.model is not None else None
    return known is not None and bool(known.default)


def _is_made_up(child: Node) -> bool:
    return child.tag == _OF_A_RUN and not (child.get("name") or "").startswith(_USER_ALIAS)


def _copy(node: Node) -> NewElement:
    text = "" if node.children else node.text
    return NewElement(node.tag, dict(node.attributes), tuple(_copy(child) for child in node.children), text)
