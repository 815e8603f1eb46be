"""One guest before libvirt, QEMU and the firmware, in this order; who refuses it is the last to be asked."""

from __future__ import annotations

import re
import time
from pathlib import Path

from pcisolve.api.guest import Guest
from pcisolve.api.guests import load
from pcisolve.api.options import parse_version
from pcisolve.api.plan import PlannedGuest
from pcisolve.core.errors import InputError, SolverMissing
from pcisolve.problem.problem import Options
from pcisolve.problem.scheme import FLAT
from pcisolve.rules.rule import ERROR
from pcisolve.verdict.values import SOLVED, Finding, Verdict
from pcisolve.verify.commandline import startable_words
from pcisolve.verify.compare import with_libvirt, with_numbers, with_places
from pcisolve.verify.handed_on import handed_on, layout_of, with_arguments
from pcisolve.verify.hypervisor import Hypervisor, Said, Unavailable, emulator_of
from pcisolve.verify.machine import Place, numbers, places
from pcisolve.verify.memory import Memory, with_memory
from pcisolve.verify.qemu import Qemu, Refused
from pcisolve.verify.rehearsal import definable, startable
from pcisolve.verify.scratch import Scratch
from pcisolve.verify.values import AGREES, DIFFERS, SKIPPED, UNDECIDED, Difference, Step, Verification

LIBVIRT, QEMU, FIRMWARE = "libvirt", "QEMU", "firmware"
SCHEME = "multi-domain scheme"

_BETWEEN_LOOKS = 0.25  # seconds
_LONGEST_MEMORY = 10.0  # seconds, after the buses have their numbers
_LONGEST_BOOT = 60.0  # seconds; TCG on a busy machine needs up to 20

# A refusal of libvirt's or QEMU's that may be about PCI; any other (a processor, a file) says nothing about a layout.
_ABOUT_PCI = re.compile(
    r"pci|pxb|phb|MSI|slot|function|chassis|bus\b|busNr|bus_nr|bus=|address type|target index|integrated|NUMA node|"
    r"controller|acpi-index|uid|fid|bridge",
    re.IGNORECASE,
)
_NOT_PCI = re.compile(r"usb (device|port)|speed mismatch", re.IGNORECASE)  # USB has buses and ports of its own
_NOT_HANDED_ON = frozenset({"qemu-namespace", "qemu-arg-value", "qemu-override-value"})
_EDK2_ARM = ("/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", "/usr/share/edk2/aarch64/QEMU_EFI.fd")
_BOOTS = {"x86_64": "SeaBIOS", "i686": "SeaBIOS", "ppc64": "SLOF", "ppc64le": "SLOF", "aarch64": "edk2"}


class _Trial:
    """One guest on its way down; `steps` grows."""

    def __init__(self, guest: Guest, options: Options, scratch: Scratch, connect: str | None, agree: bool) -> None:
        self.guest, self.options, self.scratch, self.agree = guest, options, scratch, agree
        self.hypervisor = Hypervisor(scratch, connect)
        kind = guest.document.root.find("os/type")
        self.arch = (kind.get("arch") if kind is not None else None) or "x86_64"
        self.steps: list[Step] = []
        self.emulator = ""
        self.version = ""
        self.asked = LIBVIRT

    def run(self) -> None:
        """Ask one after the other, as far as each lets the guest pass."""
        try:
            resolved = self._define()
            if resolved is not None:
                self.asked, self.version = QEMU, ""
                self._start(resolved)
        except Unavailable as error:
            state = SKIPPED if "not installed" in str(error) else UNDECIDED
            self._say(state, str(error))

    def _say(self, state: str, message: str, differences: tuple[Difference, ...] = ()) -> None:
        self.steps.append(Step(self.asked, self.version, state, message, differences))

    def _define(self) -> str | None:
        """What libvirt makes of it; None when it goes no further."""
        self.emulator = emulator_of(self.arch)
        said = self.hypervisor.define(definable(self.guest.document.data, self.emulator))
        self.version = said.version
        if self.agree:
            self.options = self.options._replace(libvirt=parse_version(said.version))
        self.predicted = self.guest.check(self.options._replace(stage="libvirt", platform=""))
        if any(one.code in _NOT_HANDED_ON for one in self.predicted.findings):
            self._say(UNDECIDED, "was not asked about qemu:commandline and qemu:override, which it is not given")
            return None
        if self._judge(said.message, self.predicted.findings, said.text is None, "defines"):
            return None
        resolved = said.text or ""
        real = load(resolved.encode(), models=self.guest.models, name="libvirt's XML")
        there = real.check(self.options._replace(stage="libvirt", platform=""))
        count = f"{len(there.controllers)} controllers and {len(there.devices)} devices"
        differences = with_libvirt(self.predicted, there)
        self._compare(differences, f"defines it, with {count} where predicted", f"defines it, with {count}")
        return None if differences else resolved

    def _judge(self, message: str, findings: tuple[Finding, ...], refuses: bool, verb: str) -> bool:
        """Compare verdicts; whether this was the last step."""
        expected = next((one for one in findings if one.severity == ERROR), None)
        if not refuses and expected is None:
            return False
        if refuses and (_NOT_PCI.search(message) or not _ABOUT_PCI.search(message)):
            self._say(UNDECIDED, f"refuses it for a reason that is not its PCI layout: {message}")
        elif refuses and expected is not None:
            self._say(AGREES, f"refuses it, as predicted ({expected.code}): {message}")
        elif refuses:
            self._say(DIFFERS, f"refuses it: {message}", (Difference(None, "", "accepted", "refused"),))
        elif expected is not None:
            at = expected.facts[0].line if expected.facts else None
            known = f"refused ({expected.code}: {expected.message})"
            self._say(DIFFERS, f"{verb} it", (Difference(at, "", known, "accepted"),))
        return True

    def _compare(self, differences: tuple[Difference, ...], same: str, other: str) -> None:
        self._say(DIFFERS if differences else AGREES, other if differences else same, differences)

    def _start(self, resolved: str) -> None:
        copy = startable(resolved)
        said: Said = self.hypervisor.command_line(copy.xml)
        if said.text is None:
            self._say(UNDECIDED, f"was not asked, for libvirt makes no command line of it: {said.message}")
            return
        edk2 = next((path for path in _EDK2_ARM if Path(path).exists()), None) if self.arch == "aarch64" else None
        words = startable_words(said.text, copy.drivers, edk2)
        wrong = self.guest.check(self.options, layout=False).findings
        refused = tuple(one for one in wrong if one.stage == "qemu")
        if any(one.code in _NOT_HANDED_ON for one in refused):
            self._say(UNDECIDED, "was not asked, for an argument that nobody can read is not handed on to it")
            return
        extra = handed_on(self.guest, self.options, words)
        try:
            with Qemu(self.scratch, extra.words, self.emulator) as qemu:
                self.version = _version(qemu)
                if self._judge("", refused, False, "starts"):
                    return
                there = {name: at for name, at in places(qemu, words).items() if name not in extra.moved}
                self.predicted = extra.unmoved(self.predicted)
                differences = with_places(self.predicted, there, numbers(qemu))
                differences += with_arguments(qemu, extra.expected)
                self._compare(differences, f"starts it, with all {len(there)} devices in place", "starts it")
                if not differences and not extra.bridges:  # those have bus numbers that nobody predicts
                    self._boot(qemu, there, wrong)
        except Refused as error:
            self._judge(str(error), refused, True, "starts")

    def _boot(self, qemu: Qemu, there: dict[str, Place], wrong: tuple[Finding, ...]) -> None:
        self.asked, self.version = FIRMWARE, ""
        reason = self._no_boot()
        if not reason and not any(one.buses for one in numbers(qemu).devices.values()):
            reason = "there are no bridges whose buses it would number"
        if reason:
            self._say(SKIPPED, reason)
            return
        self.asked = _BOOTS[self.arch]
        qemu.ask("cont")
        ends = time.monotonic() + min(_LONGEST_BOOT, self.scratch.seconds_left())
        while (differences := with_numbers(self.predicted, there, now := numbers(qemu))) and time.monotonic() < ends:
            time.sleep(min(_BETWEEN_LOOKS, self.scratch.seconds_left()))
        if differences and not any(one.buses and one.buses[0] for one in now.devices.values()):
            self._say(UNDECIDED, "numbered nothing in the time it had; it may need more of it, or more memory")
        else:
            memory = self._memory(qemu, there) if not differences and not wrong else Memory(0, ())
            self._judge_boot(differences + memory.differences, wrong, memory.compared)

    def _memory(self, qemu: Qemu, there: dict[str, Place]) -> Memory:
        """The addresses of memory, once they are as predicted, or do not become so."""
        layout = layout_of(self.guest, self.options)
        if layout is None:
            return Memory(0, ())
        begun = time.monotonic()
        while True:
            memory = with_memory(layout, there, qemu)
            longest = _LONGEST_BOOT if memory.waiting else _LONGEST_MEMORY
            late = time.monotonic() >= begun + longest or not self.scratch.seconds_left()
            if (memory.compared and not memory.differences) or late:
                return memory
            time.sleep(min(_BETWEEN_LOOKS, self.scratch.seconds_left()))

    def _no_boot(self) -> str:
        """Why the firmware is not run; "" when it is."""
        os_node = self.guest.document.root.find("os")
        own = os_node is not None and (os_node.first("loader") is not None or os_node.get("firmware") is not None)
        if self.arch not in _BOOTS:
            return f"{self.arch} guests are started only; no firmware that numbers their buses is known"
        if self.arch == "aarch64":
            found = any(Path(path).exists() for path in _EDK2_ARM)
            return "" if found else "edk2 for ARM is not installed (Debian: qemu-efi-aarch64)"
        return "the guest brings its own firmware, which is not run" if own else ""

    def _judge_boot(self, differences: tuple[Difference, ...], wrong: tuple[Finding, ...], bars: int) -> None:
        views = [one.guest for one in self.predicted.controllers] + [one.guest for one in self.predicted.devices]
        lost = sum(not one.visible for one in views)
        lost += sum(one.guest.visible and one.guest.secondary is None for one in self.predicted.controllers)
        buses = sum(one.guest.secondary is not None for one in self.predicted.controllers)
        if not wrong:
            memory = f", and gives {bars} BARs the addresses predicted" if bars else ""
            self._compare(differences, f"numbers {buses} buses as predicted{memory}", "gives other numbers")
        elif differences:
            self._say(AGREES, f"does not find everything, as predicted ({wrong[0].code})")
        elif lost:
            self._say(AGREES, f"numbers {buses} buses as predicted; {lost} parts or buses are lost ({wrong[0].code})")
        else:
            self._say(UNDECIDED, f"numbers {buses} buses; whether it breaks later ({wrong[0].code}) is not seen here")


def _version(qemu: Qemu) -> str:
    said = qemu.ask("query-version")["qemu"]
    return f"{said['major']}.{said['minor']}.{said['micro']}"


def verify(guest: Guest, options: Options, scratch: Scratch, *, connect: str | None, agree: bool) -> Verification:
    """Ask the real things what they make of a guest as it stands.

    Args:
        guest: a domain XML that was read.
        options: scheme and libvirt version.
        scratch: where everything happens, and how long it may take.
        connect: a libvirt connection URI, None for the embedded driver.
        agree: whether to predict for the version of libvirt that is asked, instead of that of the options.

    Raises:
        InputError: the guest cannot be used at all.
    """
    guest.require_qemu()
    verdict: Verdict = guest.check(options, layout=False)
    before: tuple[Step, ...] = ()
    if verdict.scheme != FLAT:
        options = options._replace(scheme=verdict.scheme)
        flat = _in_flat(guest, options)
        before = (_other_scheme(flat is not None),)
        if flat is None:
            return Verification(guest.document.name, before)
        guest, options = flat, options._replace(scheme=FLAT)
    trial = _Trial(guest, options, scratch, connect, agree)
    trial.run()
    return Verification(guest.document.name, (*before, *trial.steps))


def _in_flat(guest: Guest, options: Options) -> Guest | None:
    """The same guest in the scheme that libvirt knows: its addresses have other numbers, its lines stay."""
    try:
        converted = guest.convert(FLAT, options._replace(repairs=False))
    except SolverMissing:
        raise
    except InputError:
        return None
    return None if converted.xml is None else load(converted.xml, models=guest.models, name=guest.document.name)


def _other_scheme(converted: bool) -> Step:
    if converted:
        return Step(SCHEME, "", SKIPPED, "libvirt does not know it; asked is the same layout in the flat scheme")
    return Step(SCHEME, "", UNDECIDED, "is not known to libvirt, and the layout has no sound form in the flat scheme")


def as_xml(guest: Guest, options: Options) -> Guest:
    """The guest itself, or the one a plan leads to."""
    if not isinstance(guest, PlannedGuest):
        return guest
    result = guest.solve(options)
    if result.verdict.status != SOLVED or result.xml is None:
        raise InputError("the plan has no layout that could be verified; `pcisolve solve` says why")
    return load(result.xml, models=guest.models, name=guest.text.name)
