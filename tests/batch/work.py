"""What the workers of these tests do. In a module of its own, as they import it."""

from __future__ import annotations

import os
import signal
import time

from pcisolve.batch.answer import Answer, answer_of
from pcisolve.batch.input import Input


def upper(chunk: list[str]) -> list[str]:
    """The harmless work, and some that is not."""
    return [_one(word) for word in chunk]


def _one(word: str) -> str:
    if word == "abort":
        os.abort()
    if word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "exit":
        os._exit(7)
    if word == "sleep":
        time.sleep(10_000)
    if word == "hog":
        try:
            return str(len(bytearray(1 << 30)))
        except MemoryError:
            return "refused"
    return word.upper()


class Faulty:
    """Solves nothing; does what an input's content says. `folder` remembers how often."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, chunk: list[Input]) -> list[Answer]:
        return [self._one(one) for one in chunk]

    def _one(self, one: Input) -> Answer:
        word = (one.data or b"").decode()
        with open(os.path.join(self.folder, one.label), "a") as seen:
            seen.write("x")
        if word == "once" and os.path.getsize(os.path.join(self.folder, one.label)) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if word == "sleep":
            open(os.path.join(self.folder, f"asleep-{os.getpid()}"), "w").close()
        if word in ("abort", "sleep"):
            upper([word])
        row = {"status": "solved", "word": word, "findings": []}
        return answer_of(row)
