"""What was answered already, in an SQLite file: a killed batch goes on, and unchanged inputs cost a look-up."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pcisolve.batch.answer import Answer, Job
from pcisolve.batch.input import Input
from pcisolve.core.errors import InputError
from pcisolve.core.version import VERSION
from pcisolve.libvirt.kinds import is_plan
from pcisolve.verdict.values import INFEASIBLE, INVALID, SOLVED

_APPLICATION: Final = 0x70636973  # "pcis", so that other people's databases are not written to
_FORMAT: Final = 1
_LASTING: Final = frozenset({SOLVED, INFEASIBLE, INVALID})  # the others may end better when tried again
_SECONDS: Final = 1.0  # between two transactions: what a killed batch has to do again
_BYTES: Final = 8 << 20
_LARGEST: Final = 256 << 20  # bytes of an answer: the largest input has 64 MiB
_LEVEL: Final = 1  # of compression: answers shrink to a tenth, and it is quick

_TABLE: Final = """
CREATE TABLE answers (
    key BLOB PRIMARY KEY,  -- of options, version and content
    status TEXT NOT NULL,
    codes TEXT NOT NULL,   -- of the findings, separated by blanks
    text BLOB NOT NULL,    -- the verdict as JSON, compressed
    xml BLOB,              -- the solved XML, compressed; NULL when it was not asked for
    seconds REAL NOT NULL
)
"""


class Ledger:
    """Answers by content. Open it once per batch; several batches may share one file on one machine."""

    def __init__(self, path: str, job: Job) -> None:
        """
        Raises:
            InputError: the file is there and is no ledger.
            OSError: it cannot be opened or written.
        """
        self._path, self._job = path, job
        self._seed = identity(job)
        self._new: list[tuple[bytes, str, str, bytes, bytes | None, float]] = []
        self._size, self._flushed = 0, time.monotonic()
        with self._told():
            self._database = sqlite3.connect(path, timeout=60, isolation_level=None)
            self._prepare()

    def _prepare(self) -> None:
        ask = self._database.execute
        (application,), (form,) = ask("PRAGMA application_id").fetchone(), ask("PRAGMA user_version").fetchone()
        (tables,) = ask("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and (application, form) != (_APPLICATION, _FORMAT):
            raise self._no_ledger()
        ask("BEGIN IMMEDIATE")
        if not ask("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            ask(_TABLE)
            ask(f"PRAGMA application_id = {_APPLICATION}")
            ask(f"PRAGMA user_version = {_FORMAT}")
        ask("COMMIT")

    def _no_ledger(self) -> InputError:
        return InputError(
            f"{self._path} is not a ledger of this version of pcisolve", expected="a ledger or a new file"
        )

    def known(self, one: Input) -> Answer | None:
        """The answer to an input's content, if it is recorded with all that is wanted.

        Plan files are not recorded: they may stand on other files.

        Raises:
            OSError: the file cannot be read.
        """
        if is_plan(one.data or b""):
            return None
        with self._told():
            row = self._database.execute(
                "SELECT status, codes, text, xml, seconds FROM answers WHERE key = ?", (self._key(one),)
            ).fetchone()
        if row is None or (self._job.wants_xml and row[0] == SOLVED and row[3] is None):
            return None
        return _recorded(row, wants_xml=self._job.wants_xml)

    def learned(self, one: Input, answer: Answer) -> None:
        """Record an answer; it is on the disk a second later, or when the ledger is closed.

        Raises:
            OSError: the disk does not take it.
        """
        if answer.status not in _LASTING or is_plan(one.data or b""):
            return
        text = zlib.compress(answer.text.encode(), _LEVEL)
        xml = None if answer.xml is None else zlib.compress(answer.xml, _LEVEL)
        self._new.append((self._key(one), answer.status, " ".join(answer.codes), text, xml, answer.seconds))
        self._size += len(text) + len(xml or b"")
        if self._size > _BYTES or time.monotonic() - self._flushed > _SECONDS:
            self.flush()

    def flush(self) -> None:
        """Put everything on the disk, in one transaction.

        Raises:
            OSError: the disk does not take it; what was there before stays.
        """
        if self._new:
            with self._told():
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    self._database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)", self._new)
                    self._database.execute("COMMIT")
                except BaseException:
                    with contextlib.suppress(sqlite3.Error):
                        self._database.execute("ROLLBACK")
                    raise
        self._new, self._size, self._flushed = [], 0, time.monotonic()

    def close(self) -> None:
        """Flush and close.

        Raises:
            OSError: the disk does not take it.
        """
        try:
            self.flush()
        finally:
            self._database.close()

    def _key(self, one: Input) -> bytes:
        digest = self._seed.copy()
        digest.update(one.data or b"")
        return digest.digest()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of SQLite as those that name a file and reach a user."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OSError(error.sqlite_errorcode, str(error), self._path) from None
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # SQLite's own words may name what is no text
            raise self._no_ledger() from None


def _recorded(row: tuple[Any, ...], *, wants_xml: bool) -> Answer | None:
    """An answer as it was recorded; None for a row that pcisolve has not written, which is then solved anew."""
    status, codes, packed, packed_xml, seconds = row
    text, xml = _unpacked(packed), None if packed_xml is None else _unpacked(packed_xml)
    is_ours = status in _LASTING and isinstance(codes, str) and isinstance(seconds, float) and text is not None
    if not is_ours or (packed_xml is not None and xml is None):
        return None
    try:
        words = (text or b"").decode()
    except UnicodeDecodeError:
        return None
    if not (words.startswith("{") and words.endswith("}")):
        return None
    return Answer(status, words, tuple(codes.split()), xml if wants_xml else None, seconds)


def _unpacked(packed: object) -> bytes | None:
    """What was packed; None for what was not, and for more than any answer is."""
    if not isinstance(packed, bytes):
        return None
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, _LARGEST)
    except zlib.error:
        return None
    return data if unpacker.eof else None


def identity(job: Job) -> hashlib._Hash:
    """A digest of all that an answer depends on beside the content: options, version, models and pcisolve itself."""
    digest = hashlib.sha256(f"{VERSION} {tuple(job.options)} {job.moves}".encode())
    own = Path(__file__).resolve().parents[1]
    for folder in (own, own.parent / "models", *([Path(job.models)] if job.models else [])):
        for file in sorted(one for suffix in ("*.py", "*.toml") for one in folder.rglob(suffix)):
            digest.update(os.fsencode(file.name) + b"\0" + file.read_bytes() + b"\0")
    return digest
