"""The names other model files may refer to."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class Known(NamedTuple):
    """The files there are, by name, so that a reference to a missing one is refused."""

    controllers: Collection[str]
    machines: Collection[str]
    devices: Collection[str]
