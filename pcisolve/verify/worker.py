"""One question to a real libvirt, asked by whichever Python interpreter has its bindings; imports nothing of ours.

Arguments: URI, root folder ("" unless the URI is an embedded driver's), "define" or "argv". stdin: a domain XML;
stdout: a JSON object. Exit code 7: no bindings. It ends by itself, so that what it defined is undefined.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
import time
from importlib import import_module
from typing import Any

NO_BINDINGS = 7
_SET_CHILD_SUBREAPER = 36  # prctl(2)

# Root's probes of QEMU must not switch to another user, who could not reach the scratch folder.
_QEMU_CONF = 'user = "+{user}"\ngroup = "+{group}"\nsecurity_driver = "none"\nstdio_handler = "file"\n'


def main() -> int:
    """Answer, or say that this interpreter cannot."""
    uri, root, question = sys.argv[1:4]
    os.environ["LIBVIRT_LOG_OUTPUTS"] = "4:file:/dev/null"  # read when the bindings load
    try:
        libvirt: Any = import_module("libvirt")
    except ImportError:
        return NO_BINDINGS
    for number in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C reaches the whole group
        signal.signal(number, signal.SIG_IGN)
    libvirt.registerErrorHandler(lambda *_: None, None)
    libvirt.virEventRegisterDefaultImpl()
    threading.Thread(target=run_events, args=(libvirt,), daemon=True).start()
    if root:
        prepare(root)
    collect_orphans()
    try:
        answer = _ask(libvirt, uri, question, sys.stdin.read())
    except libvirt.libvirtError as error:
        answer = {"no": "open", "message": error.get_error_message() or "unknown error"}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # the event thread never ends


def run_events(libvirt: Any) -> None:
    while True:
        libvirt.virEventRunDefaultImpl()


def prepare(root: str) -> None:
    os.makedirs(f"{root}/etc", exist_ok=True)
    with open(f"{root}/etc/qemu.conf", "w") as file:
        file.write(_QEMU_CONF.format(user=os.getuid(), group=os.getgid()))


def collect_orphans() -> None:
    """libvirt waits until its daemonized probes of QEMU are gone; where init is slow to collect them, we do."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    threading.Thread(target=_keep_collecting, daemon=True).start()


def _keep_collecting() -> None:
    """Dead children that had left our session, as daemons do: libvirt waits for all others, late on a busy host."""
    before: set[int] = set()
    while True:
        dead = {pid for pid in _children() if _is_dead_daemon(pid)}
        for pid in dead & before:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        before = dead
        time.sleep(0.02)


def _children() -> list[int]:
    found: list[int] = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children") as file:
                found += [int(pid) for pid in file.read().split()]
        except OSError:
            continue
    return found


def _is_dead_daemon(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            state, _, _, session = file.read().rpartition(")")[2].split()[:4]
    except OSError:
        return False
    return state == "Z" and int(session) != os.getsid(0)


def _ask(libvirt: Any, uri: str, question: str, xml: str) -> dict[str, str]:
    connection = libvirt.open(uri)
    version = connection.getLibVersion()
    about = {"libvirt": f"{version // 1000000}.{version // 1000 % 1000}.{version % 1000}"}
    try:
        if question == "argv":
            return {**about, "argv": connection.domainXMLToNative("qemu-argv", xml, 0)}
        return {**about, "xml": _define(libvirt, connection, xml)}
    except libvirt.libvirtError as error:
        return {**about, "no": question, "message": error.get_error_message() or "unknown error"}


def _define(libvirt: Any, connection: Any, xml: str) -> str:
    guest = connection.defineXMLFlags(xml, 0)
    try:
        described: str = guest.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    finally:
        guest.undefineFlags(libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM)
    return described


if __name__ == "__main__":
    sys.exit(main())
