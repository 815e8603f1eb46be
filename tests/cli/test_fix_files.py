"""`check --fix` and the file: several domains, packing, hard links, read-only files, an edit made meanwhile."""

from __future__ import annotations

import gzip
import json
import os
import struct
from pathlib import Path
from unittest import mock

import pytest

from pcisolve.api.guest import Guest
from tests.cli.running import run
from tests.support import domain, rng

# Two devices in one place, of which one moves: a safe repair.
FAULT = domain("q35", f"{rng('0:0:3.0')}\n    {rng('0:0:3.0')}").decode().rstrip("\n")
MENDED = FAULT[::-1].replace("0x3"[::-1], "0x04"[::-1], 1)[::-1]
LINES = FAULT.count("\n") + 1
TWO = f"<?xml version='1.0'?>\n{FAULT}\n<!-- between -->\n<domainsnapshot>\n<name>s</name> {FAULT}\n</domainsnapshot>\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "guest.xml"
    path.write_text(TWO)
    return path


def test_every_domain_is_mended_in_its_place(file: Path) -> None:
    ended = run("check", "--fix", file)
    assert ended.code == 0
    assert file.read_text() == TWO.replace(FAULT, MENDED)
    assert f'{file}: domain 1 of 2 ("small"), at line 2: 1 repaired' in ended.error
    assert f'{file}: domain 2 of 2 ("small"), at line {LINES + 5}: 1 repaired' not in ended.error
    assert f'{file}: domain 2 of 2 ("small"), at line {LINES + 4}: 1 repaired' in ended.error
    assert run("check", file).code == 0


def test_findings_name_the_lines_of_the_file(file: Path) -> None:
    found = json.loads(run("check", "--format", "json", file).out)
    lines = TWO.split("\n")
    assert len(found) == 2
    for one in found:
        for fact in one["facts"]:
            assert lines[fact["line"] - 1][fact["column"] - 1 :].startswith(fact["text"].strip("<>").split("=")[0])
    said = run("check", file).text
    assert f'{file}: domain 1 of 2 ("small"), at line 2\n' in said
    assert f'{file}: domain 2 of 2 ("small"), at line {LINES + 4}\n' in said


def test_a_diff_is_of_the_whole_file(file: Path) -> None:
    text = run("check", "--fix", "--diff", file).text
    assert text.count("\n@@ ") == 2 and text.count(str(file)) == 2
    rows = json.loads(run("check", "--fix", "--diff", "--format", "json", file).out)
    assert [row["diff"] for row in rows] == [text, ""]
    assert [row["domain"][:13] for row in rows] == ["domain 1 of 2", "domain 2 of 2"]
    assert file.read_text() == TWO


def test_stdin_goes_to_stdout() -> None:
    assert run("check", "--fix", stdin=TWO.encode()).text == TWO.replace(FAULT, MENDED)


def test_a_packed_file_stays_packed(file: Path) -> None:
    file.write_bytes(gzip.compress(TWO.encode()))
    assert run("check", "--fix", file).code == 0
    assert gzip.decompress(file.read_bytes()).decode() == TWO.replace(FAULT, MENDED)


def test_hard_links_and_mode_stay(file: Path) -> None:
    twin = file.parent / "twin.xml"
    os.link(file, twin)
    file.chmod(0o600)
    assert run("check", "--fix", file).code == 0
    assert twin.read_text() == TWO.replace(FAULT, MENDED) and file.samefile(twin)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_read_only_file_is_not_replaced_without_a_word(file: Path) -> None:
    file.chmod(0o444)
    ended = run("check", "--fix", file)
    assert ended.code == 0
    assert f"{file}: the file was read-only, has been written all the same, and is read-only again\n" in ended.error
    assert (file.read_text(), file.stat().st_mode & 0o777) == (TWO.replace(FAULT, MENDED), 0o444)
    written = file.read_bytes()
    ended = run("solve", "-o", file, stdin=domain("q35", ""))
    assert (ended.code, ended.text) == (2, "")
    assert ended.error == f"pcisolve: the file is read-only: {file}\n"
    assert file.read_bytes() == written


def test_a_read_only_file_without_a_fault_is_fine(file: Path) -> None:
    file.write_bytes(domain("q35", rng()))
    file.chmod(0o444)
    assert run("check", "--fix", file).code == 0


def test_an_edit_made_meanwhile_stays(file: Path) -> None:
    repair = Guest.repair

    def slow(guest: Guest, *words: object, **options: object) -> object:
        file.write_text("<domain>edited</domain>")
        return repair(guest, *words, **options)

    with mock.patch.object(Guest, "repair", slow):
        ended = run("check", "--fix", file)
    assert ended.code == 2
    assert "somebody has changed the file since it was read; it is left as it is" in ended.error
    assert "repaired" not in ended.error
    assert file.read_text() == "<domain>edited</domain>"


def test_a_saved_guest_is_read_only(file: Path) -> None:
    xml = FAULT.encode() + b"\0"
    data = b"LibvirtQemudSave" + struct.pack("<5I", 2, len(xml), 1, 0, 0) + bytes(56) + xml + b"QEVM" + bytes(1 << 20)
    file.write_bytes(data)
    assert run("check", file).code == 1
    ended = run("check", "--fix", file)
    assert ended.code == 2
    assert f"{file}: nothing is written into a saved guest" in ended.error
    assert "virsh save-image-edit" in ended.error
    assert file.read_bytes() == data
    assert run("check", "--fix", stdin=data).text == MENDED
