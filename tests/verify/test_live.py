"""The real libvirt, QEMU and firmware; each test is skipped where one of them is not installed."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pcisolve.api.guests import load
from pcisolve.verify import run as trial
from pcisolve.verify.hypervisor import Hypervisor, Unavailable
from pcisolve.verify.rehearsal import PREFIX
from pcisolve.verify.scratch import Scratch, descendants
from tests.cli.running import Ended, run
from tests.support import QUIET, address, controller, domain, rng, sound

pytestmark = pytest.mark.live
SAMPLE = 15  # of the recorded guests


def ask(data: bytes, *words: str) -> tuple[Ended, dict[str, dict[str, Any]]]:
    """What verify says of a guest: how it ended, and the steps by name. Nothing of it may be left."""
    ended = run("verify", "--format", "json", "--time-limit", "600", *words, stdin=data)
    assert not list(descendants())
    if ended.code == 2:
        return ended, {}
    steps = {one["who"]: one for one in json.loads(ended.out)["steps"]}
    for one in steps.values():
        if "not installed" in one["message"]:
            pytest.skip(one["message"])
    return ended, steps


def small(machine: str) -> bytes:
    """A guest with one bridge, and a device behind it where the machine has any."""
    bridge = {"pseries": "pci-bridge", "s390": "pci-bridge", "pc": "pci-bridge"}.get(machine, "pcie-root-port")
    solved = load(domain(machine, controller(1, bridge) + rng())).solve().xml
    assert solved is not None
    return solved


@pytest.mark.parametrize(("name", "last"), [("gpu-node", "SLOF"), ("pseries-disks", "QEMU"), ("numa-pairs", "SeaBIOS")])
def test_shipped_plans(examples: Path, name: str, last: str) -> None:
    ended, steps = ask((examples / "plans" / f"{name}.yaml").read_bytes())
    assert ended.code == 0, ended.text
    assert steps[last]["state"] == "agrees"
    assert ("multi-domain scheme" in steps) == (name != "numa-pairs")


@pytest.mark.parametrize("name", ["q35", "breaks-later", "pseries-four-phb", "three-faults"])
def test_shipped_examples(examples: Path, name: str) -> None:
    ended, _ = ask((examples / f"{name}.xml").read_bytes())
    assert ended.code == 0, ended.text


def test_what_solve_writes_holds_all_the_way(examples: Path) -> None:
    solved = load(examples / "breaks-later.xml").solve().xml
    assert solved is not None
    ended, steps = ask(solved)
    assert ended.code == 0, ended.text
    assert [one["state"] for one in steps.values()] == ["agrees", "agrees", "agrees"]


@pytest.mark.parametrize(
    ("machine", "firmware"), [("q35", "SeaBIOS"), ("pc", "SeaBIOS"), ("pseries", "SLOF"), ("virt", "edk2")]
)
def test_architectures_whose_firmware_is_run(machine: str, firmware: str) -> None:
    ended, steps = ask(small(machine).replace(b"<memory>65536<", b"<memory>524288<"))  # edk2 needs some
    assert ended.code == 0, ended.text
    assert steps[firmware]["state"] == "agrees", steps


@pytest.mark.parametrize("machine", ["s390", "riscv"])
def test_architectures_that_are_started_only(machine: str) -> None:
    data = small("s390") if machine == "s390" else small("virt").replace(b"aarch64", b"riscv64")
    ended, steps = ask(data)
    assert ended.code == 0, ended.text
    assert steps["QEMU"]["state"] == "agrees" and "started only" in steps["firmware"]["message"]


def test_a_wrong_prediction_of_each_step_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions about another guest than the one that is asked about."""
    ports = controller(1, "pcie-root-port", "0:0:1.0") + controller(2, "pcie-root-port", "0:0:2.0")
    mine = load(domain("q35", ports + rng("0:1:0.0") + QUIET)).solve().xml
    other = load(domain("q35", ports + rng("0:2:0.0") + QUIET)).solve().xml
    assert mine is not None and other is not None
    monkeypatch.setattr(trial, "definable", lambda data, emulator: definable(other, emulator))
    from pcisolve.verify.rehearsal import definable

    ended, steps = ask(mine)
    assert ended.code == 1
    (difference,) = steps["libvirt"]["differences"]
    assert (difference["predicted"], difference["found"]) == ("0000:01:00.0", "0000:02:00.0")

    monkeypatch.setattr(trial, "with_libvirt", lambda *_: ())
    ended, steps = ask(mine)
    assert ended.code == 1
    assert "bus 01 slot 00 function 0" in {one["predicted"] for one in steps["QEMU"]["differences"]}


def test_numbers_that_the_firmware_gives_otherwise_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from pcisolve.verify.machine import numbers

    def shifted(qemu: Any) -> Any:
        found = numbers(qemu)
        return found._replace(devices={name: one._replace(slot=one.slot + 1) for name, one in found.devices.items()})

    monkeypatch.setattr(trial, "numbers", shifted)
    monkeypatch.setattr(trial, "_LONGEST_BOOT", 1.0)
    ended, steps = ask(small("q35"))
    assert ended.code == 1 and steps["SeaBIOS"]["differences"]


def test_a_refusal_that_is_not_about_pci_decides_nothing() -> None:
    ended, steps = ask(domain("q35").replace(b"'q35'", b"'pc-q35-99.9'"))
    assert ended.code == 3 and steps["libvirt"]["state"] == "undecided"


def test_an_address_on_no_bus_of_libvirt_is_refused_as_predicted() -> None:
    ended, steps = ask(domain("q35", sound("0:0:1f.2")))
    assert ended.code == 0 and "as predicted (addr-duplicate)" in steps["libvirt"]["message"], ended.text


def test_host_devices_and_networks_need_not_exist() -> None:
    here = address("0:0:5.0")
    host = (
        "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
        f"<address domain='0x0' bus='0xfa' slot='0x1f' function='0x0'/></source>{here}</hostdev>"
        "<interface type='network'><source network='none-such'/><model type='e1000e'/></interface>"
        "<disk type='file'><source file='/none/such'/><target dev='vda' bus='virtio'/></disk>"
        "<filesystem type='mount'><source dir='/none/such'/><target dir='x'/></filesystem>"
    )
    ended, steps = ask(domain("q35", host))
    assert ended.code == 0, ended.text
    assert steps["SeaBIOS"]["state"] == "agrees"


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("sleep 1000", 3, "did not answer within the time limit"),
        ("echo 'qemu: cannot set up guest memory' >&2; exit 1", 3, "not its PCI layout: cannot set up guest memory"),
        ("echo 'qemu: PCI: slot 1 not available' >&2; exit 1", 1, "refuses it: PCI: slot 1 not available"),
    ],
)
def test_a_qemu_that_answers_probes_and_then_fails(tmp_path: Path, body: str, code: int, said: str) -> None:
    real = shutil.which("qemu-system-x86_64")
    if real is None:
        pytest.skip("qemu-system-x86_64 is not installed")
    fake = tmp_path / "qemu-system-x86_64"
    fake.write_text(f'#!/bin/sh\ncase "$*" in *-daemonize*|*-version*|*-help*) exec {real} "$@";; esac\n{body}\n')
    fake.chmod(0o755)
    limit = "8" if "time limit" in said else "600"
    ended = run("verify", "--time-limit", limit, stdin=domain("q35"), PATH=f"{tmp_path}:/usr/bin:/bin")
    if "bindings are not installed" in ended.text:
        pytest.skip("libvirt's Python bindings are not installed")
    assert ended.code == code and said in ended.text
    assert not list(descendants())


def test_a_qemu_that_fails_every_probe(tmp_path: Path) -> None:
    fake = tmp_path / "qemu-system-x86_64"
    fake.write_text("#!/bin/sh\nexit 1\n")
    fake.chmod(0o755)
    ended = run("verify", "--time-limit", "60", stdin=domain("q35"), PATH=f"{tmp_path}:/usr/bin:/bin")
    assert ended.code == 3 and "Traceback" not in ended.error
    assert not list(descendants())


def test_a_connection_keeps_nothing_and_touches_no_guest_of_its_user(tmp_path: Path) -> None:
    """The same driver under a URI of its own: what was defined before is there afterwards, and nothing else."""
    emulator = shutil.which("qemu-system-x86_64") or pytest.skip("qemu-system-x86_64 is not installed")
    uri, defined = f"qemu:///embed?root={tmp_path}/driver", tmp_path / "driver" / "etc" / "qemu"
    defined.mkdir(parents=True)
    (tmp_path / "driver" / "etc" / "qemu.conf").write_text(
        f'user = "+{os.getuid()}"\ngroup = "+{os.getgid()}"\nsecurity_driver = "none"\n'
    )
    mine = domain("q35", f"<emulator>{emulator}</emulator>").replace(
        b"</name>", b"</name><uuid>%s</uuid>" % (b"1" * 32)
    )
    (defined / "small.xml").write_bytes(mine)
    ended, _ = ask(domain("q35"), "--connect", uri)
    assert ended.code == 0, ended.text
    assert [one.name for one in defined.glob("*.xml")] == ["small.xml"]
    assert (defined / "small.xml").read_bytes() == mine


def test_no_connection(tmp_path: Path) -> None:
    ended, steps = ask(domain("q35"), "--connect", "qemu+unix:///system?socket=/none/such")
    assert ended.code == 3 and "no connection to libvirt" in steps["libvirt"]["message"]


def test_killed_at_any_moment_it_leaves_nothing_that_the_next_run_does_not_sweep(examples: Path) -> None:
    short = tempfile.mkdtemp(prefix="v", dir="/tmp")  # a longer name would not be used
    words, draw = [sys.executable, "-m", "pcisolve", "verify", str(examples / "q35.xml")], Random(1)
    env = {**os.environ, "TMPDIR": short}
    whole = subprocess.run(words, env=env, capture_output=True, check=True).stdout
    killed = 0
    for _ in range(6):
        with subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(draw.uniform(0.2, 2))
            process.kill()
        killed += process.returncode == -signal.SIGKILL
    assert killed, "none was killed before it ended"
    assert subprocess.run(words, env=env, capture_output=True, check=True).stdout == whole
    assert os.listdir(short) == []
    assert not [one for one in Path("/proc").glob("[0-9]*") if short.encode() in command_of(one)]
    os.rmdir(short)


def command_of(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has ended
        return b""


def test_nothing_is_left_defined() -> None:
    with Scratch(60) as scratch:
        try:
            Hypervisor(scratch, None).define(b"<domain type='qemu'><name>%s</name></domain>" % PREFIX.encode())
        except Unavailable as error:
            pytest.skip(str(error))
        assert not list((scratch.folder / "libvirt" / "etc" / "qemu").glob("*.xml"))


@pytest.mark.corpus
def test_a_sample_of_the_recorded_guests(shared: Path) -> None:
    with gzip.open(shared / "corpus" / "boot" / "stages.jsonl.gz", "rt") as lines:
        cases = [json.loads(line) for line in lines]
    told = []
    for case in cases[:: len(cases) // SAMPLE]:
        ended, steps = ask(case["xml"].encode())
        if ended.code != 0:
            told.append(
                (case["id"], case["qemu"], [(one["who"], one["state"], one["message"]) for one in steps.values()])
            )
    assert not [one for one in told if any(state == "differs" for _, state, _ in one[2])], told
    assert len(told) <= SAMPLE // 10, told


def disks(count: int) -> str:
    names = [f"{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(count)]
    return "".join(f"<disk type='file'><source file='/d'/><target dev='vd{one}' bus='virtio'/></disk>" for one in names)


def cards() -> bytes:
    """40 GPUs and 40 NICs over two expanders, and 16 ports to plug more in later."""
    expanders = "".join(
        f"<controller type='pci' index='{index}' model='pcie-expander-bus'><target busNr='{number}'/></controller>"
        for index, number in ((1, 100), (2, 180))
    )
    ports = "".join(controller(index, "pcie-root-port") for index in range(3, 19))
    hosts = "".join(
        f"<hostdev mode='subsystem' type='pci'><source><address bus='{16 + number}' slot='0'/></source></hostdev>"
        for number in range(80)
    )
    return domain("q35", QUIET + expanders + ports + hosts)


@pytest.mark.parametrize("guest", ["disks", "cards", "lone port"])
def test_guests_placed_anew_or_large(guest: str) -> None:
    """What libvirt's own search gives up on, and what fills a machine: defined unchanged, started, numbered."""
    data = {
        "disks": domain("q35", QUIET + disks(300)),
        "cards": cards(),
        "lone port": domain("q35", QUIET + controller(3, "pcie-switch-downstream-port")),
    }[guest]
    solved = load(data).solve()
    assert solved.verdict.status == "solved" and solved.xml is not None
    assert solved.verdict.stats["decided_by"] == ("first-fit" if guest == "cards" else "cp-sat")
    ended, steps = ask(solved.xml)
    assert ended.code == 0, ended.text
    assert [steps[who]["state"] for who in ("libvirt", "QEMU")] == ["agrees", "agrees"]
