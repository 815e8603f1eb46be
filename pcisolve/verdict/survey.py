"""Where everything of a guest stands in its text and in the layout, as a value: what an editor asks for."""

from __future__ import annotations

from typing import Any, NamedTuple

from pcisolve.problem.admits import takes


class Span(NamedTuple):
    """text[begin:end] of the file."""

    begin: int
    end: int


class TextEdit(NamedTuple):
    """Text to put in the place of text[begin:end] of the file."""

    begin: int
    end: int
    text: str


class PartAt(NamedTuple):
    """A device or controller that the text has.

    Attributes:
        begin, end: its element, text[begin:end].
        name: what messages call it.
        address: dddd:bb:ss.f as in the XML; None where it has none, and for a root.
        chosen: whether the address was not in the input.
        provider: the index of the controller whose bus it is on; None without one.
        controller: its own index, of a PCI controller; None of a device.
        needs: the kinds of buses it takes where its address is written (a bit set of core.kinds); 0 for none.
        integrated: whether it is only ever on bus 0.
        guest: its address as the guest sees it; None where there is none.
        reason: why the guest does not find it; "" for what it finds.
    """

    begin: int
    end: int
    name: str
    address: str | None
    chosen: bool
    provider: int | None
    controller: int | None
    needs: int
    integrated: bool
    guest: str | None
    reason: str


class Taken(NamedTuple):
    """A function of a slot that is not free, and where its part begins in the text; -1 for one that is not there."""

    slot: int
    function: int
    begin: int


class BusAt(NamedTuple):
    """A bus of a guest.

    Attributes:
        index: of the controller that provides it.
        model, name: that controller's model, and what messages call it.
        domain, bus: what addresses on it say.
        parent: the index of the controller that one is plugged into; None for a root.
        address: that one's own address as in the XML; None for a root.
        begin: where it begins in the text; -1 for one that libvirt adds.
        accepts: the kinds of parts that it takes where their address is written.
        min_slot, max_slot: the slots it has.
        taken: what is on it.
        first, last: the guest's number of the bus, and the highest one below it; None where there is none.
    """

    index: int  # type: ignore[assignment]  # libvirt's word
    model: str
    name: str
    domain: int
    bus: int
    parent: int | None
    address: str | None
    begin: int
    accepts: int
    min_slot: int
    max_slot: int
    taken: tuple[Taken, ...]
    first: int | None
    last: int | None

    def admits(self, part: PartAt) -> bool:
        """Whether the part may be here where its address is written."""
        return (self.index == 0 or not part.integrated) and takes(self.accepts, part.needs, written=True)

    def free_slots(self, begin: int = -1) -> list[int]:
        """The slots with nothing on them but, maybe, the part that begins there."""
        used = {one.slot for one in self.taken if one.begin != begin or begin < 0}
        return [slot for slot in range(self.min_slot, self.max_slot + 1) if slot not in used]

    def free_functions(self, slot: int, begin: int = -1) -> list[int]:
        """The functions of a slot that nothing has but, maybe, the part that begins there."""
        used = {one.function for one in self.taken if one.slot == slot and (one.begin != begin or begin < 0)}
        return [function for function in range(8) if function not in used]


class Fix(NamedTuple):
    """A repair as edits of the text.

    Attributes:
        finding: which of the verdict's findings it mends, from 0.
        repair: which of that finding's repairs it is, from 0.
        edits: in the order of the text; none overlaps another.
    """

    finding: int
    repair: int
    edits: tuple[TextEdit, ...]


class Survey(NamedTuple):
    """A guest as an editor sees it, whether it holds or not.

    Attributes:
        span: its element, the whole domain.
        parts, buses: in the order of libvirt.
        fixes: those of the findings' repairs that can be made on their own.
        free_indexes: of PCI controllers, the lowest first.
        models: the PCI controllers that its machine takes.
    """

    span: Span
    parts: tuple[PartAt, ...] = ()
    buses: tuple[BusAt, ...] = ()
    fixes: tuple[Fix, ...] = ()
    free_indexes: tuple[int, ...] = ()
    models: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Lists of lists, which from_json() reads."""
        return self._asdict()

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Survey:
        """A survey out of what to_json() made, through JSON."""
        return cls(
            Span(*value["span"]),
            tuple(PartAt(*one) for one in value["parts"]),
            tuple(BusAt(*one)._replace(taken=tuple(Taken(*each) for each in one[11])) for one in value["buses"]),
            tuple(Fix(one[0], one[1], tuple(TextEdit(*each) for each in one[2])) for one in value["fixes"]),
            tuple(value["free_indexes"]),
            tuple(value["models"]),
        )
