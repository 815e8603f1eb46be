"""What runs out, in numbers."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

BUSES: Final = "bus numbers"


class Shortage(NamedTuple):
    """A resource of which there is less than is needed, such as 256 "bus numbers" where 300 are."""

    resource: str
    needed: int
    available: int

    def to_json(self) -> dict[str, Any]:
        """As in `check --format json`."""
        return self._asdict()
