"""pcisolve diff: what it says, in which format, and its exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.support import QUIET, controller, domain, rng


def nic(mac: str, model: str = "virtio", at: str = "") -> str:
    """An interface."""
    return (
        f"<interface type='network'><source network='n'/><mac address='{mac}'/><model type='{model}'/>{at}</interface>"
    )


ONE, TWO = nic("52:54:00:00:00:01"), nic("52:54:00:00:00:02")
ROOTS = "".join(controller(index, "pcie-root-port", f"0:0:{index + 1:x}.0") for index in (1, 2, 3))
OLD = domain("q35", f"{QUIET}{ROOTS}\n{ONE}\n{TWO}\n{rng('0:3:0.0')}")
NEW = domain(
    "q35",
    QUIET
    + controller(2, "pcie-root-port", "0:0:3.0")
    + controller(1, "pcie-root-port", "0:0:5.0")
    + controller(3, "pcie-root-port", "0:0:4.0", "<target chassis='7'/>")
    + f"\n{ONE}\n{nic('52:54:00:00:00:02', 'e1000e')}\n{rng()}\n<vsock model='virtio'/>",
)


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """old.xml and new.xml in the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.xml").write_bytes(OLD)
    (tmp_path / "new.xml").write_bytes(NEW)
    return tmp_path


def test_what_is_said() -> None:
    ended = run("diff", "old.xml", "new.xml")
    assert ended.code == 1
    assert ended.error == ""
    assert ended.out.decode() == WORDS


WORDS = """\
old.xml -> new.xml: 2 added, 1 moved, 2 changed, 1 renumbered

added:
  vsock at 0000:04:00.0, line 10
  PCI controller 4 (pcie-root-port) at 0000:00:01.0

moved:
  PCI controller 1 (pcie-root-port): 0000:00:02.0 -> 0000:00:05.0, line 6
      port 16 -> 40

changed where they are:
  interface 52:54:00:00:00:02 at 0000:02:00.0, line 8
      model interface virtio -> interface e1000e
  PCI controller 3 (pcie-root-port) at 0000:00:04.0, line 6
      chassis 3 -> 7

not moved, and yet elsewhere to the guest:
  interface 52:54:00:00:00:01 at 0000:01:00.0, line 7
      the guest sees it at 0000:04:00.0 instead of 0000:01:00.0; named by its place, enp1s0 becomes enp4s0

the guest notices: 1 device is at another address
"""


def test_the_same_layout_is_nothing_and_0() -> None:
    for other in ("old.xml", "-"):
        ended = run("diff", "old.xml", other, stdin=OLD)
        assert (ended.code, ended.out, ended.error) == (0, b"", "")


def test_json_has_every_entry() -> None:
    ended = run("diff", "--format", "json", "old.xml", "new.xml")
    answer = json.loads(ended.out)
    assert ended.code == 1
    assert answer["same"] is False
    assert sum(answer["counts"].values()) == len(answer["entries"])
    renamed = next(one for one in answer["entries"] if one["notices"].startswith("the guest sees"))
    assert renamed["before"]["guest"]["address"] != renamed["after"]["guest"]["address"]


def test_quiet_says_it_with_the_exit_code() -> None:
    ended = run("diff", "-q", "old.xml", "new.xml")
    assert (ended.code, ended.out, ended.error) == (1, b"", "")


def test_the_json_of_a_solved_guest_says_the_same_as_its_xml(files: Path) -> None:
    for name in ("old", "new"):
        (files / f"{name}.json").write_bytes(run("solve", "--format", "json", f"{name}.xml").out)
        (files / f"{name}-solved.xml").write_bytes(run("solve", f"{name}.xml").out)
        assert run("diff", f"{name}.json", f"{name}-solved.xml").code == 0
    from_json = run("diff", "old.json", "new.json").out.decode().split("\n", 1)[1]
    assert from_json == run("diff", "old.xml", "new.xml").out.decode().split("\n", 1)[1]


def test_many_entries_are_cut_and_counted(files: Path) -> None:
    (files / "many.xml").write_bytes(domain("q35", QUIET + ROOTS + rng() * 60))
    (files / "few.xml").write_bytes(domain("q35", QUIET + ROOTS))
    cut = run("diff", "few.xml", "many.xml").out.decode()
    assert "\n  and 77 more; --all shows them\n" in cut
    whole = run("diff", "--all", "few.xml", "many.xml").out.decode()
    assert len(re.findall(r"\n  rng( \d+)? at ", whole)) == 60
    assert "more; --all" not in whole


def test_what_a_lost_function_zero_means_is_said(files: Path) -> None:
    (files / "both.xml").write_bytes(domain("q35", QUIET + rng("0:0:4.0") + "<vsock model='virtio'/>"))
    (files / "lost.xml").write_bytes(domain("q35", QUIET + rng("0:0:4.1") + "<vsock model='virtio'/>"))
    said = run("diff", "both.xml", "lost.xml").out.decode()
    assert "the guest does not find it any more: slot 04 of its bus has nothing at function 0" in said
    assert said.endswith("the guest notices: 1 that it does not find any more\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "new.xml"),
        (b"<domain", "new.xml:1:"),
        (b"{}", "new.xml: this is not the answer to a guest that was solved"),
        (b"guest: x\nmachine: {type: q35}\ndevices: []\n", "new.xml is a plan, which has no layout; solve it first"),
        (domain("q35", rng("0:0:4.0") * 2), "new.xml has no layout to compare: rng and rng 2 are both at 0000:00:04.0"),
    ],
)
def test_what_has_no_layout_is_refused(files: Path, content: bytes, message: str) -> None:
    (files / "new.xml").write_bytes(content)
    ended = run("diff", "old.xml", "new.xml")
    assert ended.code == 2
    assert ended.out == b""
    assert message in ended.error


def test_both_cannot_be_stdin() -> None:
    ended = run("diff", "-", "-", stdin=OLD)
    assert ended.code == 2
    assert "only one of the two can come from stdin" in ended.error
