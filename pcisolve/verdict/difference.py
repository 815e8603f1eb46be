"""What is different between two layouts. Plain values."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pcisolve.core.version import JSON_VERSION
from pcisolve.firmware.guest_view import InGuest

ADDED: Final = "added"
REMOVED: Final = "removed"
MOVED: Final = "moved"
CHANGED: Final = "changed"
RENUMBERED: Final = "renumbered"
KINDS: Final = (ADDED, REMOVED, MOVED, CHANGED, RENUMBERED)


class Side(NamedTuple):
    """A device or controller in one of the two layouts.

    Attributes:
        name: in words, as in findings.
        line: where its element stands, from 1; None for what libvirt adds.
        address: libvirt's, dddd:bb:ss.f; None for a root and for what has none.
        guest: how the guest sees it; None where that was not written down.
    """

    name: str
    line: int | None
    address: str | None
    guest: InGuest | None

    def to_json(self) -> dict[str, Any]:
        """As in `diff --format json`."""
        return {**self._asdict(), "guest": None if self.guest is None else self.guest.to_json()}


class Entry(NamedTuple):
    """One device or controller that is not the same in both.

    Attributes:
        change: added, removed, moved (another address of libvirt's), changed (another model or option), or renumbered:
            all the same to libvirt, and elsewhere to the guest.
        kind: the element's name.
        before, after: the two sides; None for what is added or removed.
        options: what else changed, from what to what, such as {"model": ("virtio", "e1000e")}.
        notices: what the guest will notice, in words; "" if nothing.
    """

    change: str
    kind: str
    before: Side | None
    after: Side | None
    options: dict[str, tuple[str | None, str | None]]
    notices: str

    def to_json(self) -> dict[str, Any]:
        """As in `diff --format json`."""
        return {
            "change": self.change,
            "kind": self.kind,
            "before": None if self.before is None else self.before.to_json(),
            "after": None if self.after is None else self.after.to_json(),
            "options": {name: list(values) for name, values in self.options.items()},
            "notices": self.notices,
        }


class Difference(NamedTuple):
    """Two layouts compared: what they are called, their schemes, and every entry in the order of KINDS."""

    before: str
    after: str
    schemes: tuple[str, str]
    entries: tuple[Entry, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two are the same layout."""
        return not self.entries and self.schemes[0] == self.schemes[1]

    def count(self, change: str) -> int:
        """How many entries there are of one of KINDS."""
        return sum(one.change == change for one in self.entries)

    def to_json(self) -> dict[str, Any]:
        """As in `diff --format json`."""
        return {
            "version": JSON_VERSION,
            "before": self.before,
            "after": self.after,
            "same": self.is_empty,
            "schemes": list(self.schemes),
            "counts": {change: self.count(change) for change in KINDS},
            "entries": [one.to_json() for one in self.entries],
        }
