"""What damaged inputs do to each reader: nothing but a clear refusal, or an answer that is the same the second time.

`make fuzz` tries two hundred times as many, from a seed of the day.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.api.plan import PlannedGuest
from pcisolve.batch.answer import Answer, Job, solve_content
from pcisolve.batch.input import Input
from pcisolve.batch.inputs import inputs
from pcisolve.batch.ledger import Ledger
from pcisolve.core.errors import InputError
from pcisolve.planning.file.fields import PREFERENCES, SCHEMES, TABLES, UNITS
from pcisolve.problem.problem import Options
from pcisolve.verdict.values import SOLVED
from tests.fuzz.budget import seeds
from tests.fuzz.damage import damaged, lines_damaged
from tests.fuzz.mutants import bases, mutant
from tests.support import domain

PLANS = tuple(sorted((Path(__file__).resolve().parents[2] / "examples" / "plans").glob("**/*.yaml")))
QUICK = make_options(time_limit=60.0)._replace(repairs=False)  # the clock must decide nothing
PATIENT = make_options(time_limit=600.0)


def answered(data: bytes, options: Options = QUICK) -> tuple[str, bytes | None]:
    """The status of an input, and what it is solved to; "refused" for what cannot be used.

    An input that is read is written back as it was.
    """
    try:
        guests = pcisolve.load_all(data)
        if not isinstance(guests[0], PlannedGuest):
            assert guests.replaced([one.document.data for one in guests]) == data
        result = guests[0].solve(options)
    except InputError as error:
        assert error.message
        return "refused", None
    return result.verdict.status, result.xml


def assert_settled(data: bytes, options: Options = QUICK) -> None:
    """The same answer twice, and a solved guest is solved."""
    status, xml = answered(data, options)
    assert answered(data, options) == (status, xml)
    if status == SOLVED and xml is not None:
        assert answered(xml, options)[0] == SOLVED


def test_guests() -> None:
    for seed in seeds(250):
        assert_settled(mutant(seed))


def test_explained_guests() -> None:
    for seed in seeds(25):
        data = mutant(seed)
        try:
            verdict = pcisolve.load(data).check(PATIENT)
        except InputError:
            continue
        assert verdict == pcisolve.load(data).check(PATIENT)


def test_xml_text() -> None:
    for seed in seeds(250):
        luck = random.Random(seed)
        answered(damaged(luck.choice(bases()), luck))


def test_arguments_for_qemu() -> None:
    those = [one for one in bases() if b"qemu:arg " in one and b"value=" in one]
    for seed in seeds(100):
        luck = random.Random(seed)
        data = luck.choice(those)
        begin = data.index(b"qemu:")
        answered(data[:begin] + damaged(data[begin:], luck) if luck.random() < 0.3 else _other_argument(data, luck))


def _other_argument(data: bytes, luck: random.Random) -> bytes:
    """One value of an argument damaged, the XML around it whole."""
    head, mark, tail = data.partition(b"value=")
    quote = tail[:1]
    value, _, rest = tail[1:].partition(quote)
    kept = damaged(value, luck).translate(None, b"<>&\"'\0").decode(errors="replace").encode("ascii", "replace")
    return head + mark + quote + kept + quote + rest if mark else data


def test_plans() -> None:
    keys = sorted(f"{key}:" for table in TABLES.values() for key in table)
    words = (
        *keys,
        *SCHEMES,
        *UNITS,
        *PREFERENCES,
        "0",
        "-1",
        "99999999999",
        "{}",
        "[]",
        "null",
        "true",
        "~",
        "&a",
        "*a",
        "!!python/none",
        '"',
    )
    for seed in seeds(60):
        luck = random.Random(seed)
        text = luck.choice(PLANS).read_text()
        assert_settled(lines_damaged(text, luck, words).encode())


def _archive() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for number in range(3):
            member, data = tarfile.TarInfo(f"guest-{number}.xml"), domain("pc")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return held.getvalue()


def _rows() -> bytes:
    return "".join(json.dumps({"id": f"g{n}", "xml": domain("pc").decode()}) + "\n" for n in range(3)).encode()


@pytest.mark.parametrize("whole", [_archive(), _rows()], ids=["archives", "rows"])
def test_many_guests_in_one_file(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / "many"
    for seed in seeds(100):
        path.write_bytes(damaged(whole, random.Random(seed)))
        first = [_told(one) for one in _bounded(inputs([str(path)]))]
        assert first == [_told(one) for one in _bounded(inputs([str(path)]))]


def _bounded(found: Iterator[Input]) -> Iterator[Input]:
    for number, one in enumerate(found):
        assert number < 10_000, "more than the file holds"
        yield one


def _told(one: Input) -> tuple[object, ...]:
    return one.label, one.name, one.data, None if one.refusal is None else str(one.refusal)


def test_ledgers(tmp_path: Path) -> None:
    job, guest = Job(QUICK), Input("guest", "guest.xml", data=domain("pc"))
    whole, path = tmp_path / "whole", tmp_path / "damaged"
    ledger = Ledger(str(whole), job)
    ledger.learned(guest, _answer(job, guest))
    ledger.close()
    for seed in seeds(100):
        luck = random.Random(seed)
        shutil.copy(whole, path)
        if luck.random() < 0.5:
            path.write_bytes(damaged(path.read_bytes(), luck))
        else:
            _other_row(path, luck)
        _use(path, job, guest)


def _answer(job: Job, guest: Input) -> Answer:
    return solve_content(job, guest.data or b"")


def _other_row(path: Path, luck: random.Random) -> None:
    column = luck.choice(("key", "status", "codes", "text", "xml", "seconds"))
    value = luck.choice((luck.randbytes(20), "text", 7, 0.5, b"", ""))
    database = sqlite3.connect(path)
    with database:
        database.execute(f"UPDATE answers SET {column} = ?", (value,))
    database.close()


def _use(path: Path, job: Job, guest: Input) -> None:
    """A ledger answers, knows nothing, or is refused in words."""
    try:
        ledger = Ledger(str(path), job)
        try:
            known = ledger.known(guest)
            assert known is None or known.status
        finally:
            ledger.close()
    except (InputError, OSError) as error:
        assert str(path) in f"{error} {getattr(error, 'filename', '')}"
