"""pcisolve.solve_many: the batch as a function."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pcisolve
from tests.cli.running import run
from tests.support import domain, rng


def test_paths_bytes_and_pairs(tmp_path: Path) -> None:
    file = tmp_path / "a.xml"
    file.write_bytes(domain("q35", rng()))
    found = list(pcisolve.solve_many([file, domain("pc"), ("mine", b"no xml"), str(tmp_path / "none")], workers=2))
    assert [one.input for one in found] == [str(file), "1", "mine", str(tmp_path / "none")]
    assert [one.status for one in found] == ["solved", "solved", "invalid", "invalid"]
    assert found[0].xml == pcisolve.load(file).solve().xml
    assert found[2].xml is None
    assert found[2].to_json()["findings"][0]["facts"][0]["file"] == "mine"
    assert found[0].line + "\n" == run("batch", file).text


def test_inputs_are_taken_as_they_are_needed() -> None:
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield domain("pc", rng())

    found = pcisolve.solve_many(endless(), workers=1)  # type: ignore[arg-type]
    for _ in range(100):
        assert next(found).status == "solved"
    found.close()  # type: ignore[attr-defined]
    assert taken < 10_000


def test_a_ledger(tmp_path: Path) -> None:
    guests = [domain("pc", rng() * number) for number in range(5)]
    first = list(pcisolve.solve_many(guests, ledger=tmp_path / "ledger"))
    assert list(pcisolve.solve_many(guests, ledger=tmp_path / "ledger")) == first
    (tmp_path / "other").write_text("x" * 5000)
    with pytest.raises(pcisolve.InputError, match="not a ledger"):
        list(pcisolve.solve_many(guests, ledger=tmp_path / "other"))


def test_shards_make_up_the_whole(tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"{number}.xml").write_bytes(domain("pc", rng() * number))
    whole = run("batch", tmp_path).text.splitlines()
    shards = [run("batch", tmp_path, "--shard", f"{number}/3").text.splitlines() for number in (1, 2, 3)]
    assert [shards[at % 3][at // 3] for at in range(7)] == whole
    for wrong in ("0/3", "4/3", "3", "a/b", "1/0"):
        assert run("batch", tmp_path, "--shard", wrong).code == 2


def test_fail_fast_and_summary(tmp_path: Path) -> None:
    for number, content in enumerate((domain("pc"), b"oops", domain("q35"))):
        (tmp_path / f"{number}.xml").write_bytes(content)
    ended = run("batch", tmp_path, "--fail-fast", "--workers", "1")
    assert [json.loads(line)["status"] for line in ended.text.splitlines()] == ["solved", "invalid"]
    assert ended.code == 1
    said = run("batch", tmp_path, "--summary").error.splitlines()
    assert said[0].startswith("3 inputs in ")
    assert said[1:5] == ["        2  solved", "        1  invalid", "inputs per finding:", "        1  input"]
    assert said[5] == "slowest:"
    assert len(said) == 9


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "a" * 300, "a\0b"])
def test_names_that_would_leave_the_folder(tmp_path: Path, name: str) -> None:
    rows = [{"id": "good", "xml": domain("pc").decode()}, {"id": name, "xml": domain("pc").decode()}]
    file = tmp_path / "fleet.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ended = run("batch", file, "--write", tmp_path / "in" / "solved")
    lines = [json.loads(line) for line in ended.text.splitlines()]
    assert [line["status"] for line in lines] == ["solved", "invalid"]
    written = [path.name for path in (tmp_path / "in").rglob("*") if path.is_file()]
    assert written == ["good.xml"]
