"""A time limit over all that is done for one guest: building, searching, explaining, repairing, laying out.

Searches have limits of their own, which the same input meets at the same point; this one is the clock's, and ends what
they do not. It needs a system with alarms (POSIX), and Python's main thread; elsewhere searches alone are limited.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Final, TypeVar

from pcisolve.problem.problem import Options
from pcisolve.verdict.values import UNKNOWN, Verdict

T = TypeVar("T")
_GRACE: Final = 0.25  # seconds beyond the limit, for what a search that has used it up still says
_AGAIN: Final = 0.05  # seconds between alarms: one that comes while an object is destroyed is lost
SAID: Final = "time limit reached before a decision; raise --time-limit"


class OutOfTime(Exception):
    """The time limit came before the answer."""


class _Alarm(BaseException):
    """Raised wherever Python is; nothing but `within` catches it."""


def within(seconds: float, work: Callable[[], T]) -> T:
    """What some work comes to.

    Raises:
        OutOfTime: it took longer.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return work()
    before = signal.signal(signal.SIGALRM, _ring)
    signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE, _AGAIN)
    try:
        return work()
    except _Alarm:
        raise OutOfTime from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ring(number: int, frame: FrameType | None) -> None:
    raise _Alarm


def undecided(options: Options) -> Verdict:
    """The verdict on what was not decided in time."""
    return Verdict(UNKNOWN, False, options.scheme, options.policy, (), (), (), {})
