"""What `check` has found in all files, and how it leaves."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import click

from pcisolve.api.guest import Guest
from pcisolve.api.guests import Guests
from pcisolve.api.limits import SAID, OutOfTime
from pcisolve.cli.common import emit, findings_text, head_of, refuse, text_diff
from pcisolve.cli.terminal import is_coloured, paint_of
from pcisolve.core.errors import InputError
from pcisolve.core.files import is_read_only, write_atomically
from pcisolve.render.paint import patch
from pcisolve.verdict.mended import Mended
from pcisolve.verdict.values import EXIT_CODE, INVALID, MOVES, SAFE, UNKNOWN, UNSAFE, FactAt, Finding, Verdict

TEXTS: Final = ("full", "concise")
MACHINES: Final = ("json", "jsonl", "github", "gitlab", "junit", "sarif")
_UNUSABLE: Final = "input"  # codes of findings, as in batch
_TOO_LATE: Final = "time-limit"


class Style(NamedTuple):
    """How it is told: --format, --quiet, --statistics, --output-file."""

    name: str
    quiet: bool
    statistics: bool = False
    output: str | None = None

    @property
    def as_text(self) -> bool:
        """Whether people are to read it."""
        return self.name in TEXTS


class Report:
    """Collects verdicts, and prints them: text as it comes, what machines read at the end.

    Attributes:
        worst: the exit code.
        files: how many were looked at.
        last: the last of them, as it was named.
    """

    def __init__(self, style: Style, *, error_on_warning: bool) -> None:
        self.style, self.error_on_warning = style, error_on_warning
        self.worst = self.files = 0
        self.last = "-"
        self._by_file: dict[str, list[Finding]] = {}
        self._repairs: list[dict[str, Any]] = []
        self._severities: Counter[str] = Counter()
        self._codes: Counter[tuple[str, str]] = Counter()
        self._fixable = self._with_findings = self._unusable = 0
        self._text: list[str] = []

    @property
    def wants_edits(self) -> bool:
        """Whether repairs are told as edits of text."""
        return self.style.name == "sarif"

    @contextlib.contextmanager
    def failures(self, file: str) -> Iterator[None]:
        """What of a file cannot be used, or was not decided in time, is said; the others follow."""
        self.files += 1
        self.last = file
        before = self._severities.total()
        name = "<stdin>" if file == "-" else file
        if not self.style.as_text:
            self._by_file.setdefault(name, [])
        try:
            yield
        except InputError as error:
            self._failed(name, INVALID, _unusable(error, name))
            if self.style.name != "concise":
                refuse(error)
            self.worst = 2
        except OutOfTime:
            self._failed(name, UNKNOWN, Finding(_TOO_LATE, (), "libvirt", SAID, False, (_beginning(name),)))
            click.echo(f"{file}: {SAID}", err=True)
            self.worst = EXIT_CODE[UNKNOWN]
        self._with_findings += self._severities.total() > before

    def _failed(self, name: str, status: str, finding: Finding) -> None:
        """A file has no verdict: that is a finding where machines read, and a row of what is repaired."""
        self._unusable += status == INVALID
        if self.style.name == "concise" and status == INVALID:
            from pcisolve.render.findings import concise

            self._say(concise((finding,)))
        if not self.style.as_text:
            self._by_file.setdefault(name, []).append(finding)
            nothing = dict.fromkeys((SAFE, MOVES, UNSAFE), 0)
            verdict = Verdict(status, False, "auto", "auto", (), (), (finding,), {})
            self._repairs.append(Mended(b"", verdict, nothing, 1, {MOVES: 0, UNSAFE: 0}).to_json(name, None))

    def checked(self, guests: Guests, guest: Guest, verdict: Verdict) -> None:
        """One guest was checked."""
        self._exit(verdict)
        self._count(guests.name, verdict.findings)
        style = self.style
        if verdict.status == UNKNOWN:
            if not style.as_text:
                late = Finding(_TOO_LATE, (), "libvirt", SAID, False, (_beginning(guests.name),))
                self._by_file.setdefault(guests.name, []).append(late)
            if not style.quiet:
                click.echo(f"{guests.name}: {SAID}", err=True)
        if style.as_text and not style.quiet and not style.statistics:
            if verdict.findings and style.name == "full":
                self._say(head_of(guests, guest))
            self._say(findings_text(guest, verdict, style.name, coloured=style.output is None and is_coloured()))

    def _count(self, name: str, findings: tuple[Finding, ...]) -> None:
        self._severities.update(one.severity for one in findings)
        self._codes.update((one.code, one.severity) for one in findings)
        self._fixable += sum(any(repair.safety == SAFE for repair in one.repairs) for one in findings)
        if not self.style.as_text:
            self._by_file.setdefault(name, []).extend(findings)

    def mended(self, guests: Guests, file: str, repaired: list[Mended], *, writes: bool) -> None:
        """The guests of a file were mended: it is written, or the difference shown."""
        diff = None
        contents = [one.data for one in repaired]
        if not writes:
            diff = text_diff(*guests.texts(contents), "repaired")
        elif file != "-":
            _write(guests, file, contents)
        for one in repaired:
            self._exit(one.verdict)
            if not writes and one.done:
                self.worst = max(self.worst, 1)  # the file is as it was
            self._count(guests.name, one.verdict.findings)
        if not self.style.as_text:
            self._mended_rows(guests, repaired, diff)
            return
        if diff is not None:
            emit(patch(diff, paint_of()), None)
        elif file == "-":
            emit(guests.replaced(contents), None)
        if not self.style.quiet:
            self._summaries(guests, repaired)

    def _summaries(self, guests: Guests, repaired: list[Mended]) -> None:
        from pcisolve.render.mended import summary

        for guest, one in zip(guests, repaired, strict=True):
            name = f"{guests.name}: {guests.label(guest)}" if len(guests) > 1 else guests.name
            click.echo(summary(name, one), err=True, nl=False)

    def _mended_rows(self, guests: Guests, repaired: list[Mended], diff: bytes | None) -> None:
        """A row for each guest; the difference is that of the file, and stands in its first row."""
        said = None if diff is None else diff.decode()
        for guest, one in zip(guests, repaired, strict=True):
            row = one.to_json(guests.name, said)
            self._repairs.append({**row, "domain": guests.label(guest)} if len(guests) > 1 else row)
            said = None if said is None else ""

    def finish(self, *, mended: bool, several: bool) -> None:
        """Print what is printed once for all files; `several`: whether there could be more than one."""
        if self.style.as_text:
            self._finish_text(mended=mended, several=several)
            return
        from pcisolve.render.reports import repairs, report, statistics

        if self.style.statistics:
            self._say(statistics(self._codes, self.style.name))
        elif mended and self.style.name in ("json", "jsonl"):
            self._say(repairs(self._repairs, self.style.name))
        else:
            self._say(report(self._by_file, self.style.name))
        self._deliver()

    def _finish_text(self, *, mended: bool, several: bool) -> None:
        if not self.style.quiet and (self.style.statistics or several):
            from pcisolve.render.total import Total, table, total

            if self.style.statistics:
                self._say(table(self._codes))
            if several and not mended:
                counts = Total(dict(self._severities), self._with_findings, self.files, self._fixable, self._unusable)
                self._say(total(counts))
        self._deliver()

    def _say(self, text: str) -> None:
        """To stdout, or for the end into the output file."""
        if self.style.output is None:
            click.echo(text, nl=False, color=is_coloured())
        else:
            self._text.append(text)

    def _deliver(self) -> None:
        if self.style.output is not None:
            emit("".join(self._text).encode("utf-8", "surrogateescape"), self.style.output)

    def _exit(self, verdict: Verdict) -> None:
        warned = self.error_on_warning and any(one.severity == "warning" for one in verdict.findings)
        self.worst = max(self.worst, verdict.exit_code, int(warned))


def _unusable(error: InputError, name: str) -> Finding:
    """Why a file cannot be used, as a finding."""
    message = error.message + (f" (expected {error.expected})" if error.expected else "")
    where = error.location
    fact = _beginning(name) if where is None else FactAt("", where.file, where.line, where.column, "")
    return Finding(_UNUSABLE, (), "libvirt", message.removeprefix(f"{name}: "), False, (fact,))


def _beginning(name: str) -> FactAt:
    return FactAt("", name, 1, 1, "")


def _write(guests: Guests, file: str, contents: list[bytes]) -> None:
    """Put the repaired domains into the file that they come from, if it still is as it was read.

    Raises:
        InputError: it is not, or it cannot be written.
    """
    if all(guest.document.data == content for guest, content in zip(guests, contents, strict=True)):
        return
    read_only = is_read_only(file)
    try:
        write_atomically(file, guests.file_with(contents), expected=guests.raw, even_read_only=True)
    except OSError as error:
        raise InputError(f"{file}: {error.strerror or error}", expected="a file that can be written") from None
    if read_only:
        click.echo(f"{file}: the file was read-only, has been written all the same, and is read-only again", err=True)
