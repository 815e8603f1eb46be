"""Batches of hostile inputs, and in hostile places: each one line or one clear sentence, and the rest goes on."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
import tarfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from pcisolve.batch.output import Lines
from pcisolve.core.errors import InputError
from tests.cli.running import run
from tests.support import domain

SECRET = "<domain type='qemu'><name>secret-name</name></domain>"
ON_TOP = "base: {}\ndevices:\n  - {{name: n, kind: virtio-net}}\n"


def rows_of(text: str) -> list[dict[str, Any]]:
    """The lines of a batch."""
    return [json.loads(line) for line in text.splitlines()]


def tar(path: Path, members: dict[str, bytes]) -> Path:
    """An archive."""
    with tarfile.open(path, "w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def test_half_characters_in_ids(tmp_path: Path) -> None:
    ids = ["a\ud800b", "whole"]
    lines = tmp_path / "rows.jsonl"
    lines.write_text("".join(json.dumps({"id": one, "xml": domain("pc").decode()}) + "\n" for one in ids))
    ended = run("batch", str(lines), "--write", str(tmp_path / "out"))
    bad, good = rows_of(ended.text)
    assert "half a character" in bad["findings"][0]["message"] and good["status"] == "solved"
    assert os.listdir(tmp_path / "out") == ["whole.xml"]


def test_names_in_archives_that_are_no_text(tmp_path: Path) -> None:
    path = tar(tmp_path / "a.tar", {"b\udcffd.xml": domain("pc"), "\x1b[31mred.xml": domain("pc")})
    ended = run("batch", str(path), "--write", str(tmp_path / "out"))
    assert [one["status"] for one in rows_of(ended.text)] == ["solved", "solved"]
    assert "b\\xffd.xml" in os.listdir(tmp_path / "out") and "\x1b" not in ended.text + ended.error


@pytest.mark.parametrize("packed", [True, False], ids=["archive", "rows"])
def test_a_plan_that_is_contained_reads_nothing_outside(tmp_path: Path, packed: bool) -> None:
    secret = tmp_path / "secret.xml"
    secret.write_text(SECRET)
    plan = ON_TOP.format(secret).encode()
    path = tar(tmp_path / "a.tar", {"p.xml": plan}) if packed else tmp_path / "rows.jsonl"
    if not packed:
        path.write_text(json.dumps({"id": "p", "xml": plan.decode()}) + "\n")
    (row,) = rows_of(run("batch", str(path)).text)
    assert row["status"] == "invalid" and "has no base" in row["findings"][0]["message"]


def test_a_base_is_a_regular_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    plan = tmp_path / "plan.yaml"
    plan.write_text(ON_TOP.format("pipe"))
    ended = run("solve", str(plan))
    assert ended.code == 2 and "not a regular file" in ended.error


def test_a_temporary_folder_with_a_long_name(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 90) / ("y" * 90)
    deep.mkdir(parents=True)
    for name in ("one.xml", "two.xml"):
        (tmp_path / name).write_bytes(domain("pc"))
    words = [sys.executable, "-m", "pcisolve", "batch", "one.xml", "two.xml", "--workers", "2"]
    ended = subprocess.run(words, cwd=tmp_path, env={**os.environ, "TMPDIR": str(deep)}, capture_output=True, text=True)
    assert (ended.returncode, len(rows_of(ended.stdout))) == (0, 2), ended.stderr


def test_a_working_directory_that_was_deleted(tmp_path: Path) -> None:
    guest = tmp_path / "guest.xml"
    guest.write_bytes(domain("pc"))
    script = f"mkdir gone && cd gone && rmdir ../gone && exec {sys.executable} -m pcisolve batch {guest} {guest}"
    ended = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)
    assert "the working directory was deleted (expected one that is there)" in ended.stderr


def test_two_batches_on_one_output(tmp_path: Path) -> None:
    path = str(tmp_path / "out.jsonl")
    with Lines(path) as first:
        first.write("one")
        with pytest.raises(InputError, match="another batch is writing"):
            Lines(path)
        first.write("two")
    assert Path(path).read_text() == "one\ntwo\n"
    with Lines(path) as again:
        again.write("three")
    assert Path(path).read_text() == "three\n"


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:1", "tcp://host:99999999", "tcp://:"])
def test_nobody_is_at_a_cluster_address(tmp_path: Path, address: str) -> None:
    pytest.importorskip("distributed")
    guest = tmp_path / "guest.xml"
    guest.write_bytes(domain("pc"))
    ended = run("batch", str(guest), str(guest), "--cluster", address)
    assert ended.code == 2 and ended.error.startswith(f"pcisolve: no Dask scheduler answers at {address}: ")


BOMB = zlib.compress(b"{" + b" " * (300 << 20) + b"}", 9)
CHANGES = {
    "no status": ("status", "perhaps"),
    "a number for codes": ("codes", 7),
    "no packing": ("text", b"hello"),
    "a text": ("text", "hello"),
    "packed no text": ("text", zlib.compress(b"\xff\xfe")),
    "packed no JSON": ("text", zlib.compress(b"hello")),
    "a bomb": ("text", BOMB),
    "cut short": ("text", zlib.compress(b"{}" * 1000)[:-9]),
    "no seconds": ("seconds", "soon"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_row_of_a_ledger_that_is_not_ours_is_solved_anew(tmp_path: Path, change: tuple[str, object]) -> None:
    guest, ledger = tmp_path / "guest.xml", str(tmp_path / "ledger")
    guest.write_bytes(domain("pc"))
    before = run("batch", str(guest), "--ledger", ledger).text
    with sqlite3.connect(ledger) as database:
        assert database.execute(f"UPDATE answers SET {change[0]} = ?", (change[1],)).rowcount == 1
    database.close()
    for _ in range(2):
        ended = run("batch", str(guest), "--ledger", ledger)
        assert (ended.code, ended.text) == (0, before)
    with sqlite3.connect(ledger) as database:
        (found,) = database.execute(f"SELECT {change[0]} FROM answers").fetchone()
    database.close()
    assert found != change[1]


@pytest.mark.parametrize("offset", range(100, 4096, 97))
def test_a_damaged_ledger_is_named_or_works(tmp_path: Path, offset: int) -> None:
    guest, ledger = tmp_path / "guest.xml", tmp_path / "ledger"
    guest.write_bytes(domain("pc"))
    run("batch", str(guest), "--ledger", str(ledger))
    data = ledger.read_bytes()
    ledger.write_bytes(data[:offset] + b"\xb9" * 40 + data[offset + 40 :])
    ended = run("batch", str(guest), "--ledger", str(ledger))
    assert "internal error" not in ended.error and (ended.code == 0 or str(ledger) in ended.error)
