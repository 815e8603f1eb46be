"""Small guests out of a few words, and the steps between input and verdict one by one."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NamedTuple
from xml.sax.saxutils import quoteattr

from pcisolve.catalog.catalog import Catalog, load_catalog
from pcisolve.firstfit.run import choose
from pcisolve.libvirt.container import read
from pcisolve.libvirt.document import Document
from pcisolve.problem.assemble import assemble
from pcisolve.problem.layout import Layout
from pcisolve.problem.problem import Options, Problem
from pcisolve.rules.rule import Question

# The word an example starts with, and the <type arch=… machine=…> it stands for.
MACHINES = {
    "q35": ("x86_64", "q35"),
    "pc": ("x86_64", "pc"),
    "pseries": ("ppc64", "pseries"),
    "virt": ("aarch64", "virt"),
    "s390": ("s390x", "s390-ccw-virtio"),
    "isapc": ("x86_64", "isapc"),
}
QUIET = "<controller type='usb' model='none'/><memballoon model='none'/>"


@contextmanager
def no_hang(seconds: float = 60) -> Iterator[None]:
    """Fails what takes very much longer than it should: for inputs so large that a square of their size never ends.

    Args:
        seconds: of this process's CPU, so that a busy machine fails no test.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        raise AssertionError(f"still at work after {seconds} seconds of CPU time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def domain(machine: str, devices: str = "", *, numa_cells: int = 0) -> bytes:
    """A whole domain XML.

    Args:
        machine: one of MACHINES.
        devices: the content of <devices>.
        numa_cells: how many <cell> elements the guest has.
    """
    arch, name = MACHINES[machine]
    cells = "".join(f"<cell id='{cell}' cpus='{cell}' memory='1024'/>" for cell in range(numa_cells))
    numa = f"  <cpu><numa>{cells}</numa></cpu>\n" if cells else ""
    return (
        f"<domain type='qemu'>\n  <name>small</name>\n  <memory>65536</memory>\n{numa}"
        f"  <os><type arch='{arch}' machine='{name}'>hvm</type></os>\n"
        f"  <devices>\n    {devices}\n  </devices>\n</domain>\n"
    ).encode()


def example(text: str) -> bytes:
    """A rule's example, "q35: <devices content>", as a whole domain XML; see rules.rule.Rule for what " -- " means."""
    machine, _, devices = text.partition(": ")
    devices, _, handed_on = devices.partition(" -- ")
    return with_qemu(domain(machine, devices), *handed_on.split(" ")) if handed_on else domain(machine, devices)


def with_qemu(data: bytes, *words: str) -> bytes:
    """A domain with a qemu:commandline of these words, or with ("override", ALIAS, NAME=VALUE ...).

    A word that begins with "<" is put in as it is. Everything stands on the line of the devices.
    """
    if words[0] == "override":
        pairs = [word.partition("=") for word in words[2:]]
        inner = "".join(f"<qemu:property name={quoteattr(n)} type='string' value={quoteattr(v)}/>" for n, _, v in pairs)
        text = f"<qemu:device alias={quoteattr(words[1])}><qemu:frontend>{inner}</qemu:frontend></qemu:device>"
        text = f"<qemu:override>{text}</qemu:override>"
    else:
        inner = "".join(one if one.startswith("<") else f"<qemu:arg value={quoteattr(one)}/>" for one in words)
        text = f"<qemu:commandline>{inner}</qemu:commandline>"
    head, tail = data.decode().split("\n  </devices>\n")
    space = " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
    return f"{head.replace('<domain', '<domain' + space, 1)}</devices>{text}\n{tail}".encode()


def address(text: str) -> str:
    """An <address> from dddd:bb:ss.f: address("0:1:0.0")."""
    number, bus, rest = text.split(":")
    slot, function = rest.split(".")
    return f"<address type='pci' domain='0x{number}' bus='0x{bus}' slot='0x{slot}' function='0x{function}'/>"


def controller(index: int | None, model: str, at: str = "", inside: str = "") -> str:
    """A PCI controller; `at` is its address, `inside` further child elements."""
    number = "" if index is None else f" index='{index}'"
    return f"<controller type='pci'{number} model='{model}'>{inside}{address(at) if at else ''}</controller>"


def balloon(at: str = "") -> str:
    """A virtio balloon, the simplest express device there is."""
    return f"<memballoon model='virtio'>{address(at) if at else ''}</memballoon>"


def rng(at: str = "") -> str:
    """A virtio random number generator: an express device of which a guest may have many."""
    return f"<rng model='virtio'><backend model='random'>/dev/random</backend>{address(at) if at else ''}</rng>"


def sound(at: str = "") -> str:
    """An AC97 card: a conventional device of which a guest may have many."""
    return f"<sound model='ac97'>{address(at) if at else ''}</sound>"


class Steps(NamedTuple):
    """A guest as every room on the way sees it."""

    document: Document
    catalog: Catalog
    problem: Problem
    question: Question
    layout: Layout


def steps(data: bytes, **options: Any) -> Steps:
    """Read, assemble and first-fit a guest whose controllers all have an index."""
    chosen = Options(**options)
    document, catalog = read(data), load_catalog(None, chosen.libvirt)
    problem = assemble(document.root, document, catalog, chosen)
    choice = choose(problem)
    return Steps(document, catalog, problem, Question(problem, choice), Layout(problem, choice))
