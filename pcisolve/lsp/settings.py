"""How the server is to work: from the command line, and from what an editor sends when it starts."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from pcisolve.api.options import make_options

LIMIT: Final = 5.0  # seconds for an analysis
DEBOUNCE: Final = 0.2  # seconds without a keystroke before one begins
_TAKEN: Final = ("scheme", "stage", "libvirt", "qemu", "platform")
_LONGEST: Final = 60.0


class Wanted(NamedTuple):
    """What is wanted of the server.

    Attributes:
        words: those of api.options.make_options that were said, with "time_limit" in seconds, "models", and which
            configuration counts: "config", "isolated".
        debounce: how many seconds nobody may have typed before a text is analyzed.
    """

    words: dict[str, Any]
    debounce: float = DEBOUNCE


def taken_over(settings: Wanted, wanted: Any) -> Wanted:
    """With what an editor wants; what is not understood stays as it was.

    Args:
        wanted: `initializationOptions`: scheme, stage, libvirt, qemu, platform; timeLimit, debounce (seconds).
    """
    if not isinstance(wanted, dict):
        return settings
    words = {**settings.words, **{name: wanted[name] for name in _TAKEN if isinstance(wanted.get(name), str)}}
    if isinstance(limit := wanted.get("timeLimit"), int | float) and 0 < limit <= _LONGEST:
        words["time_limit"] = float(limit)
    try:
        make_options(**{name: value for name, value in words.items() if name in _TAKEN})
    except ValueError:
        words = settings.words
    debounce = wanted.get("debounce")
    known = isinstance(debounce, int | float) and 0 <= debounce <= _LONGEST
    return Wanted(words, float(debounce) if known and debounce is not None else settings.debounce)
