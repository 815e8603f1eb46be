"""A QEMU that is started paused, asked over QMP, and ended by whoever started it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import time
from types import TracebackType
from typing import Any, NoReturn, Self

from pcisolve.verify.hypervisor import Unavailable
from pcisolve.verify.scratch import Scratch

_LONGEST_ANSWER = 64 << 20  # bytes
_LAST_WORDS = 4096  # bytes of its log that are read
_LAST_MOMENTS = 100  # tenths of a second between the end of its monitor and its own


class Refused(Exception):
    """QEMU ended by itself; the message is its last line."""


class NoSuch(Exception):
    """QMP answered with an error."""


class Qemu:
    """Use as a context manager: QEMU is running, and paused, within.

    Args:
        scratch: bounds its time, and holds its socket and log.
        words: its command line, without -S and monitor.
        program: the QEMU to run, whatever the first of `words` says.

    Raises:
        Refused: it ended at once.
        Unavailable: it neither ends nor answers within the time limit.
        InputError: it cannot be started.
    """

    def __init__(self, scratch: Scratch, words: list[str], program: str) -> None:
        self._scratch = scratch
        self._socket = scratch.folder / "qmp"
        monitor = f"unix:{self._socket},server=on,wait=off"
        display = [] if "-display" in words else ["-display", "none"]
        self._words = [program, *words[1:], *display, "-S", "-qmp", monitor]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = scratch.folder / "qemu.log"

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = self._scratch.start(self._words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self._connect()
            self.ask("qmp_capabilities")
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        with contextlib.suppress(AttributeError):
            self._connection.close()

    def _connect(self) -> None:
        self._connection = socket.socket(socket.AF_UNIX)
        while True:
            self._look_alive()
            with contextlib.suppress(OSError):
                self._connection.connect(os.fspath(self._socket))
                break
            time.sleep(0.02)
        self._connection.settimeout(1)
        self._unread = b""
        self._line()

    def _look_alive(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            raise Refused(self._last_words())
        if not self._scratch.seconds_left():
            raise Unavailable(f"{os.path.basename(self._words[0])} did not answer within the time limit")

    def _monitor_closed(self) -> NoReturn:
        """A QEMU that ends closes its monitor first: its own words are worth waiting for."""
        for _ in range(_LAST_MOMENTS):
            self._look_alive()
            time.sleep(0.1)
        raise Unavailable("QEMU closed its monitor")

    def _last_words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - _LAST_WORDS))
            lines = log.read().decode(errors="replace").strip().splitlines()
        said = [one for one in lines if "warning:" not in one and one.strip()]
        status = self._process.returncode if self._process is not None else None
        return _without_options(said[-1]) if said else f"it ended with status {status} and said nothing"

    def ask(self, command: str, **arguments: Any) -> Any:
        """One QMP command; its return value.

        Raises:
            NoSuch: QEMU answers with an error.
            Refused: it ended.
            Unavailable: it does not answer in time.
        """
        with contextlib.suppress(OSError):  # it ended between two words: reading says why
            self._connection.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._line()
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise NoSuch(answer["error"].get("desc", ""))

    def _line(self) -> dict[str, Any]:
        while b"\n" not in self._unread:
            try:
                more = self._connection.recv(1 << 20)
            except TimeoutError:
                more = None
            except OSError:
                more = b""
            if more == b"":
                self._monitor_closed()
            if more is None:
                self._look_alive()
            self._unread += more or b""
            if len(self._unread) > _LONGEST_ANSWER:
                raise Unavailable("QEMU's answer is too long")
        line, _, self._unread = self._unread.partition(b"\n")
        try:
            read = json.loads(line)
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise Unavailable("QEMU's monitor does not speak QMP")
        return read


def _without_options(line: str) -> str:
    """QEMU's message without its program and the option it speaks about, of which the device's id is kept."""
    line = line.split(": ", 1)[-1]
    match = re.match(r"-\w+ (\{.*?\}): (.*)", line)
    if match is None:
        return line
    name = re.search(r'"id": ?"([^"]+)"', match[1])
    return f"{name[1]}: {match[2]}" if name else match[2]
