"""Which texts are for us: an editor hands over every XML and YAML file it opens."""

from __future__ import annotations

import re
from typing import Final

_DOMAIN: Final = re.compile(r"<(?:domain|inactiveDomain)[\s>]")
_PLAN_KEY: Final = re.compile(
    r"(?m)^(machine|platform|base|scheme|domains|roots|devices|relations|spare|limits|prefer)[ \t]*:"
)
_OWN: Final = frozenset({"machine", "platform", "base", "relations", "spare", "prefer"})
_ENOUGH: Final = 2


def is_ours(text: str) -> bool:
    """Whether this is a domain XML or a plan, or is about to become one."""
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        return _DOMAIN.search(text) is not None
    keys = set(_PLAN_KEY.findall(text))
    return len(keys) >= _ENOUGH and bool(keys & _OWN)
