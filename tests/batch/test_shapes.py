"""Guests of one shape have one answer: what comes out of a mould is what solving the guest itself gives."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pcisolve.batch.answer import Answer, Job, solve_content
from pcisolve.batch.shapes import STAND_IN, Shapes, shape_of
from pcisolve.problem.problem import Options
from tests.support import address, controller, domain, rng, sound

JOB = Job(Options(), wants_xml=True)
NIC = "<interface type='direct'><mac address='{mac}'/><source dev='{dev}'/><model type='virtio'/>{at}</interface>"
DISK = "<disk type='file'><source file=\"{file}\"/><target dev='vd{letter}' bus='virtio'/>{at}</disk>"
# Faults behind a value on the same line, so that columns move.
PLACES = (
    "",
    address("0:0:1.0"),
    address("0:7:0.0"),
    "<address type='pci' slot='0x20'/>",
    "<address type='pci' slot='q'/>",
)
VALUES = st.text("abcXYZ019_.:/-", min_size=1, max_size=30) | st.sampled_from(
    ["a&amp;b", "ä", "", "--", "a-", "-->", "x y"]
)


def same(one: Answer, other: Answer) -> bool:
    return one._replace(seconds=0) == other._replace(seconds=0)


@st.composite
def families(draw: st.DrawFn) -> list[bytes]:
    """Some guests that differ in their values at most."""
    shape = draw(st.lists(st.sampled_from((NIC, DISK, rng(), sound(), controller(1, "pcie-root-port"))), max_size=4))
    places = [draw(st.sampled_from(PLACES)) for _ in shape]
    machine = draw(st.sampled_from(("q35", "pc", "pseries")))
    comment = draw(st.sampled_from(("", "<!-- <name>{name}</name> -->", "<title>{name}</title>")))

    def one() -> bytes:
        words = {key: draw(VALUES) for key in ("mac", "dev", "file", "name", "uuid")}
        parts = [part.format(**words, letter="abcd"[number], at=places[number]) for number, part in enumerate(shape)]
        data = domain(machine, "".join(parts)).decode()
        head = f"<name>{words['name']}</name>\n  <uuid>{words['uuid']}</uuid>{comment.format(**words)}"
        return data.replace("<name>small</name>", head).encode()

    return [one() for _ in range(3)]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(families())
def test_a_mould_gives_what_solving_gives(family: list[bytes]) -> None:
    shapes = Shapes(JOB)
    for data in family:
        assert same(shapes.solve(data), solve_content(JOB, data))


def test_guests_of_one_shape_are_solved_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[bytes] = []

    def counting(job: Job, data: bytes) -> Answer:
        solved.append(data)
        return solve_content(job, data)

    monkeypatch.setattr("pcisolve.batch.shapes.solve_content", counting)
    shapes = Shapes(JOB)
    for number in range(5):
        for at in PLACES[:2]:
            disk = DISK.format(file=f"/images/{'x' * number}.img", letter="a", at=at)
            data = domain("q35", NIC.format(mac=f"52:54:00:00:00:0{number}", dev="eth0", at="") + disk)
            answer = shapes.solve(data)
            assert answer.status == "solved"
            assert answer.xml is not None
            assert b"'52:54:00:00:00:0%d'" % number in answer.xml
    assert len(solved) == 4  # each shape as it is, and at second sight with stand-ins


def test_columns_move_with_the_values_before_them() -> None:
    shapes, columns = Shapes(JOB), set()
    for name in ("a", "a-longer-name", "a-much-longer-name"):
        data = domain("q35", DISK.format(file=name, letter="a", at="<address type='pci' bus='9' slot='3'/>"))
        answer = shapes.solve(data)
        assert same(answer, solve_content(JOB, data))
        fact = json.loads(answer.text)["findings"][0]["facts"][0]
        columns.add(fact["column"])
        assert data.decode().splitlines()[fact["line"] - 1][fact["column"] - 1 :].startswith(fact["text"])
    assert len(columns) == 3


@pytest.mark.parametrize(
    "data",
    [
        f"<domain><name>{STAND_IN}</name></domain>".encode(),
        "<domain><name>ä</name></domain>".encode("latin-1"),
        b"<?xml version='1.0' encoding='iso-8859-1'?><domain/>",
        b"<domain>" + b" " * 300_000 + b"</domain>",
        "<domain/>".encode("utf-16"),
    ],
)
def test_what_has_no_shape_is_solved_as_it_is(data: bytes) -> None:
    assert shape_of(data) is None
    assert same(Shapes(JOB).solve(data), solve_content(JOB, data))


def test_hyphens_that_end_a_comment_stay_in_the_shape() -> None:
    shape = shape_of(b"<domain><!-- <name>a--b</name> --></domain>")
    assert shape is not None
    assert shape.text == f"<domain><!-- <name>{STAND_IN}000000--b</name> --></domain>"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pcisolve.batch.shapes._MAX_KEPT", 40_000)
    shapes = Shapes(JOB)
    monkeypatch.setattr("pcisolve.batch.shapes._MAX_MET", 10)
    for number in range(40):
        for _ in range(2):
            shapes.solve(domain("pc", f"<!-- {number} -->"))
    assert 1 <= len(shapes._moulds) < 40
    for number in range(40, 60):
        shapes.solve(domain("pc", f"<!-- {number} -->"))
    assert len(shapes._met) == 10
    assert shapes._size == sum(size for _, size in shapes._moulds.values()) <= 40_000


def _renamed(text: str) -> Iterator[str]:
    """The guest with other values in all places, twice."""
    for word in ("z", "/a/rather/long.path:1"):
        yield re.sub(
            r"(<(?:name|uuid)>|<mac address='|<source (?:file|dev)=')([\w.:/]+(?:-[\w.:/]+)*)",
            lambda found, word=word: found[1] + word,  # type: ignore[misc]
            text,
        )


@pytest.mark.corpus
@pytest.mark.slow
def test_recorded_guests_of_libvirt(shared: Path) -> None:
    job = Job(Options(stage="libvirt", libvirt=(9, 0, 0)), wants_xml=True)
    shapes, different = Shapes(job), []
    with gzip.open(shared / "corpus" / "random" / "cases.jsonl.gz", "rt") as file:
        for number, line in enumerate(file):
            text = json.loads(line)["input"]
            if number % 5 == 0:
                for one in (text, *_renamed(text)):
                    if not same(shapes.solve(one.encode()), solve_content(job, one.encode())):
                        different.append(one)
    assert different == []


def test_snapshots_of_one_shape() -> None:
    """What is around a domain stays, and has values of its own."""
    shapes = Shapes(JOB)
    for name in ("one", "another", "a-third-one"):
        guest = domain("q35", rng()).decode().replace("small", name)
        data = f"<domainsnapshot>\n<name>s-{name}</name>\n{guest}</domainsnapshot>\n".encode()
        answer = shapes.solve(data)
        assert same(answer, solve_content(JOB, data))
        assert answer.xml is not None
        assert answer.xml.startswith(f"<domainsnapshot>\n<name>s-{name}</name>\n<domain".encode())
        assert answer.xml.count(b"pcie-root-port") > 3 and answer.xml.endswith(b"</domainsnapshot>\n")


def test_several_domains_are_one_line_that_says_so() -> None:
    answer = solve_content(JOB, domain("q35", "") * 2)
    assert answer.status == "invalid"
    assert "2 domains in one file; the second begins here" in answer.text
