"""pcisolve solve --against: what stays, what is said of what moves, and earlier layouts that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.support import QUIET, address, controller, domain, rng

NIC = "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/>{}</interface>"
DISK = "<disk type='file' device='disk'><source file='/a'/><target dev='vda' bus='virtio'/></disk>"
CARD = (
    "<hostdev mode='subsystem' type='pci'><source>"
    "<address domain='0' bus='0x41' slot='0' function='0'/></source>{}</hostdev>"
)
OLD = domain("pc", f"{QUIET}\n{NIC.format('')}\n{DISK}\n{rng()}")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with old.xml: everything has its place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.xml").write_bytes(run("solve", stdin=OLD).out)
    return tmp_path


def places(data: bytes) -> dict[str, str]:
    rows = json.loads(run("solve", "--format", "json", stdin=data).out)
    return {one["name"]: one["address"] for one in rows["devices"] if not one["implicit"]}


def test_what_is_new_goes_where_there_is_room(folder: Path) -> None:
    new = domain("pc", f"{QUIET}\n{CARD.format('')}\n{rng()}\n{DISK}\n{NIC.format('')}")
    ended = run("solve", "--against", "old.xml", stdin=new)
    assert (ended.code, ended.error) == (0, "")
    before, after = places((folder / "old.xml").read_bytes()), places(ended.out)
    assert after == {**before, "hostdev 0000:41:00.0": "0000:00:05.0"}
    assert run("diff", "old.xml", "-", stdin=ended.out).out.startswith(b"old.xml -> <stdin>: 1 added\n")


def test_json_remembers_as_much_as_xml(folder: Path) -> None:
    answer = run("solve", "--format", "json", "old.xml").out
    (folder / "old.json").write_bytes(answer)
    new = domain("pc", f"{QUIET}\n{CARD.format('')}\n{rng()}\n{DISK}\n{NIC.format('')}")
    assert run("solve", "--against", "old.json", stdin=new).out == run("solve", "--against", "old.xml", stdin=new).out


def test_a_move_that_is_forced_is_explained() -> None:
    new = domain("pc", f"{QUIET}\n{CARD.format(address('0:0:3.0'))}\n{rng()}\n{DISK}\n{NIC.format('')}")
    ended = run("solve", "--against", "old.xml", stdin=new)
    assert ended.error == (
        "<stdin>:9: note[addr-duplicate]: disk vda moves from 0000:00:03.0 to 0000:00:05.0: "
        "there, hostdev 0000:41:00.0 and disk vda are both at 0000:00:03.0\n"
    )
    stats = json.loads(run("solve", "--against", "old.xml", "--format", "json", stdin=new).out)["stats"]
    assert (stats["kept"], stats["moved"]) == (2, 1)


def test_a_device_that_is_another_now_stays_where_it_may(folder: Path) -> None:
    port = controller(1, "pcie-root-port", "0:0:2.0")
    (folder / "old.xml").write_bytes(domain("q35", f"{QUIET}{port}{NIC.format(address('0:1:0.0'))}"))
    card = NIC.replace("'virtio'", "'rtl8139'").format("")
    ended = run("solve", "--against", "old.xml", stdin=domain("q35", f"{QUIET}{port}\n{card}"))
    assert (ended.code, ended.error) == (0, "")
    assert places(ended.out)["interface 52:54:00:00:00:01"] == "0000:01:00.0"


def test_the_first_of_a_slot_that_loses_its_function_0_becomes_that(folder: Path) -> None:
    pair = rng("0:0:7.0") + "\n" + NIC.format(address("0:0:7.1")) + "\n"
    (folder / "old.xml").write_bytes(domain("pc", QUIET + pair))
    ended = run("solve", "--against", "old.xml", stdin=domain("pc", f"{QUIET}\n{NIC.format('')}"))
    assert "interface 52:54:00:00:00:01 moves from 0000:00:07.1 to 0000:00:07.0" in ended.error


def test_of_another_machine_nothing_is_kept() -> None:
    ended = run("solve", "--against", "old.xml", stdin=domain("q35", QUIET + rng()))
    assert ended.out == run("solve", stdin=domain("q35", QUIET + rng())).out
    assert ended.error == (
        "<stdin>: note[alg-find]: nothing of old.xml is kept: its bus 0 is a pci-root and this guest's a pcie-root\n"
    )


def test_a_guest_that_cannot_be_says_so_as_ever() -> None:
    clash = domain("pc", QUIET + rng("0:0:1.0"))
    assert run("solve", "--against", "old.xml", stdin=clash).error == run("solve", stdin=clash).error


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("guest: a\n", "old is a plan, which has no layout; solve it first (expected domain XML, or "),
        ("<domain>", "pcisolve: old:1:9: "),
        ('{"status": "infeasible"}', "old: this is not the answer to a guest that was solved"),
        ('{"status": "solved",', "old:1:21: not JSON: "),
        ('{"status": "solved", "scheme": "flat", "devices": 1}', 'old: "devices" is not a list of at most 65,536'),
        ('{"status": "solved", "scheme": "flat", "devices": [{}], "controllers": []}', 'old: devices[0] has no "kind"'),
        ("[" * 5000, "old is a plan"),
        ("{" + '"a":{' * 5000, "old:1:501: not JSON: nested more than 100 deep"),
    ],
)
def test_what_is_no_earlier_layout_is_said(text: str, message: str, folder: Path) -> None:
    (folder / "old").write_text(text)
    ended = run("solve", "--against", "old", stdin=OLD)
    assert (ended.code, ended.out) == (2, b"")
    assert message in ended.error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--policy", "stable"), "--policy stable keeps what an earlier layout has: name it with --against OLD"),
        (
            ("--policy", "minimal", "--against", "old.xml"),
            "--against keeps what was there: it goes with --policy stable, not minimal",
        ),
        (("--against", "none.xml"), "none.xml: No such file or directory"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], message: str) -> None:
    ended = run("solve", *words, stdin=OLD)
    assert ended.code == 2
    assert message in ended.error
