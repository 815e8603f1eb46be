"""Finding what is installed here, and asking libvirt through whichever Python interpreter has its bindings."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from pcisolve.verify.scratch import Scratch
from pcisolve.verify.worker import NO_BINDINGS

_WORKER = Path(__file__).with_name("worker.py")
_SYSTEM = "/usr/bin/python3"  # the one distributions package the bindings for
_NO_ANSWER = "libvirt did not answer within the time limit; QEMU may hang when it is probed"
_GRACE = 5.0  # seconds
_BETWEEN_LOOKS = 0.02  # seconds
_MOST = 64 << 20  # bytes of an answer


class Unavailable(Exception):
    """Somebody who could not be asked; the message says who and why."""


class Said(NamedTuple):
    """What libvirt answered.

    Attributes:
        version: its own, as "9.0.0".
        text: the resolved XML, or the command line; None when it refused.
        message: why it refused; "" when it did not.
    """

    version: str
    text: str | None
    message: str


class Hypervisor:
    """libvirt's QEMU driver: an embedded one with its state in the scratch folder, or that of a connection.

    Args:
        connect: a libvirt connection URI, or None for the embedded driver.
    """

    def __init__(self, scratch: Scratch, connect: str | None) -> None:
        self._scratch = scratch
        self._root = "" if connect else str(scratch.folder / "libvirt")
        self._uri = connect or f"qemu:///embed?root={self._root}"
        self._python: str | None = None

    def define(self, xml: bytes) -> Said:
        """Define a guest, read it back, undefine it.

        Raises:
            Unavailable: there is no libvirt to ask, or it does not answer in time.
        """
        return self._ask("define", xml, "xml")

    def command_line(self, xml: bytes) -> Said:
        """The words with which libvirt would start QEMU, as a shell would read them.

        Raises:
            Unavailable: as for define.
        """
        return self._ask("argv", xml, "argv")

    def _ask(self, question: str, xml: bytes, wanted: str) -> Said:
        for python in [self._python] if self._python else interpreters():
            code, out = self._run(python, question, xml)
            if code == NO_BINDINGS:
                continue
            self._python = python
            if code or len(out) > _MOST:
                raise Unavailable(f"libvirt could not be asked: its driver ended with status {code}")
            answer = json.loads(out)
            if answer.get("no") == "open":
                raise Unavailable(f"no connection to libvirt ({self._uri.partition('?')[0]}): {answer['message']}")
            return Said(answer["libvirt"], answer.get(wanted), answer.get("message", ""))
        raise Unavailable("libvirt's Python bindings are not installed (Debian, Ubuntu, Fedora: python3-libvirt)")

    def _run(self, python: str, question: str, xml: bytes) -> tuple[int, bytes]:
        # The folder among the words is what the sweep goes by.
        words = [python, "-I", str(_WORKER), self._uri, self._root, question, str(self._scratch.folder)]
        log, answer = self._scratch.folder / "worker.log", self._scratch.folder / "answer"
        (self._scratch.folder / "question.xml").write_bytes(xml)
        with (
            log.open("wb") as errors,
            answer.open("wb") as out,
            open(self._scratch.folder / "question.xml", "rb") as asked,
        ):
            process = self._scratch.start(words, stdin=asked.fileno(), stdout=out, stderr=errors)
            try:
                while (code := process.poll()) is None:
                    if not self._scratch.seconds_left():
                        raise Unavailable(_NO_ANSWER)
                    time.sleep(_BETWEEN_LOOKS)
            finally:
                self._let_finish(process)
        return code, answer.read_bytes()

    def _let_finish(self, process: subprocess.Popen[bytes]) -> None:
        """A libvirt of the user's gets a moment, so that the scratch guest is undefined; our own goes as it is."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0 if self._root else _GRACE)
        process.kill()
        process.wait()


def interpreters() -> list[str]:
    """Python interpreters that may have libvirt's bindings: this one, then those of the system."""
    found = [sys.executable, _SYSTEM, shutil.which("python3") or ""]
    return list(dict.fromkeys(one for one in found if one and os.access(one, os.X_OK)))


def emulator_of(arch: str) -> str:
    """The QEMU for an architecture, from PATH: never the one an input names, which may be any program.

    Raises:
        Unavailable: there is none.
    """
    name = f"qemu-system-{_QEMU_NAME.get(arch, arch)}"
    path = shutil.which(name)
    if path is None:
        raise Unavailable(f"{name} is not installed; it is what runs {arch} guests")
    return os.path.abspath(path)


# libvirt's names of architectures that QEMU calls otherwise.
_QEMU_NAME = {"i686": "i386", "armv7l": "arm", "armv6l": "arm", "ppc64le": "ppc64"}
