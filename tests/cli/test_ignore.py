"""Comments in XML that ignore rules."""

from __future__ import annotations

import json

import pytest

import pcisolve
from pcisolve.core.errors import InputError
from tests.cli.running import run
from tests.support import address, domain, rng

CLASH = "<rng model='virtio'><address type='pci' slot='0x1f'/></rng>"
IGNORE = "<!-- pcisolve: ignore[addr-duplicate] the ISA bridge is patched away -->"


def guest(devices: str) -> bytes:
    return domain("q35", devices)


def codes(data: bytes, *words: str) -> list[str]:
    """What check finds."""
    return [one["code"] for one in json.loads(run("check", "--format", "json", *words, stdin=data).out)]


def test_it_is_about_the_element_below_and_what_is_in_it() -> None:
    assert codes(guest(CLASH)) == ["addr-duplicate"]
    assert codes(guest(IGNORE + CLASH)) == []
    inside = CLASH.replace("<address", f"{IGNORE}<address")
    assert codes(guest(inside)) == []
    assert codes(guest(IGNORE + rng() + CLASH)) == ["ignore-unused", "addr-duplicate"]
    above_all = guest(CLASH).replace(b"  <devices>", f"  {IGNORE}<devices>".encode())
    assert codes(above_all) == []
    assert codes(IGNORE.encode() + guest(CLASH)) == []


def test_solve_takes_it_and_keeps_it() -> None:
    data = guest(IGNORE + CLASH)
    ended = run("solve", stdin=data)
    assert (ended.code, ended.error) == (0, "")
    assert IGNORE.encode() in ended.out
    assert run("solve", stdin=ended.out).out == ended.out


def test_each_of_several_rules() -> None:
    ports = "<controller type='pci' index='1' model='pcie-root-port'/>"
    far = f"<rng model='virtio'>{address('0:1:3.0')}</rng>"
    (code,) = codes(guest(ports + far))
    both = f"<!-- pcisolve: ignore[addr-duplicate, {code}] -->"
    assert codes(guest(ports + both + far)) == ["ignore-unused"]
    assert codes(guest(ports + both + far), "--without", "addr-duplicate") == []


def test_what_only_looks_like_one() -> None:
    assert codes(guest(f"<!-- x {IGNORE[5:]}{CLASH}")) == ["addr-duplicate"]
    quoted = f"<rng model='virtio'><backend><![CDATA[{IGNORE}]]></backend><address type='pci' slot='0x1f'/></rng>"
    assert codes(guest(quoted)) == ["addr-duplicate"]


def test_unused_ones_are_told() -> None:
    text = guest(f"{IGNORE}\n    {rng()}\n    <!-- pcisolve: ignore[addr-dup] -->\n    <!-- pcisolve: hi -->")
    ended = run("check", "--format", "concise", stdin=text)
    assert ended.code == 0
    assert [line.partition(": warning[ignore-unused]: ")[::2] for line in ended.text.splitlines()] == [
        ("<stdin>:7:5", "the comment in line 6 ignores addr-duplicate, and nothing below it breaks that"),
        ("<stdin>:7:25", 'the comment in line 8 ignores "addr-dup", which is no rule'),
        ("<stdin>:7:25", "the comment in line 9 is not of the form pcisolve: ignore[rule]"),
    ]
    assert run("check", "--without", "ignore-unused", stdin=text).out == b""


def test_nothing_mends_an_unused_one() -> None:
    data = guest(IGNORE + rng())
    ended = run("check", "--fix", "--unsafe-fixes", "--error-on-warning", stdin=data)
    assert (ended.code, ended.out) == (1, data)


def test_a_rule_below_the_stage_says_nothing_of_its_comment() -> None:
    data = guest("<!-- pcisolve: ignore[start-depth] -->" + rng())
    assert codes(data, "--stage", "libvirt") == []
    assert codes(data) == ["ignore-unused"]


def test_there_may_be_a_thousand() -> None:
    assert pcisolve.load(guest(IGNORE * 1000 + CLASH)).check().status == "solved"
    with pytest.raises(InputError, match="more than 1,000 comments to pcisolve"):
        pcisolve.load(guest(IGNORE * 1001 + CLASH)).check()


def test_of_several_domains_each_has_its_own() -> None:
    ended = run("check", "--format", "json", stdin=guest(IGNORE + CLASH) + guest(CLASH))
    (found,) = json.loads(ended.out)
    assert found["facts"][0]["line"] == 14
