"""Programs that are no QEMU, or none that works: a clear line, in bounded time, and nothing left running."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from pcisolve.verify import hypervisor
from pcisolve.verify.hypervisor import Hypervisor, Unavailable
from pcisolve.verify.qemu import Qemu, Refused
from pcisolve.verify.scratch import Scratch, descendants
from tests.cli.running import run
from tests.support import domain

HANGS = "#!/bin/sh\nsleep 1000\n"
LEAVES = "#!/bin/sh\nsetsid sleep 1000 &\nexec sleep 1000\n"
EXITS = "#!/bin/sh\necho 'qemu: warning: old' >&2\necho 'qemu: -device {\"id\": \"pci.5\"}: no room' >&2\nexit 1\n"
SILENT = "#!/bin/sh\nexit 3\n"
BABBLES = f"""#!{sys.executable}
import socket, sys, time
path = next(word for word in sys.argv if word.startswith("unix:"))[5:].split(",")[0]
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen()
client, _ = server.accept()
client.sendall(CONTENT)
time.sleep(1000)
"""
GREETS = f"""#!{sys.executable}
import os, socket, sys, time
path = next(word for word in sys.argv if word.startswith("unix:"))[5:].split(",")[0]
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen()
client, _ = server.accept()
client.sendall(b'{{"QMP": {{}}}}\\n')
HEARS
client.close()
server.close()
time.sleep(0.5)
sys.exit("qemu: no room")
"""
FLOODS = "#!/bin/sh\nexec yes a very long complaint >&2\n"


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = set(descendants())
    yield
    assert set(descendants()) <= before


def program(folder: Path, text: str, name: str = "qemu-system-x86_64") -> str:
    """An executable with this content."""
    path = folder / name
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def refusal(folder: Path, text: str, limit: float) -> str:
    """How starting that program as a QEMU ends."""
    with pytest.raises((Refused, Unavailable)) as caught, Scratch(limit) as scratch:
        name = scratch.folder
        with Qemu(scratch, ["qemu"], program(folder, text)):
            pass
    assert not name.exists()
    return f"{caught.type.__name__}: {caught.value}"


def test_one_that_exits_is_told_with_its_last_words(tmp_path: Path) -> None:
    assert refusal(tmp_path, EXITS, 600) == "Refused: pci.5: no room"
    assert refusal(tmp_path, SILENT, 600) == "Refused: it ended with status 3 and said nothing"


@pytest.mark.parametrize("hears", ["", "client.recv(1)", "client.recv(4096)"])
def test_one_that_closes_its_monitor_first_is_told_with_its_last_words(tmp_path: Path, hears: str) -> None:
    assert refusal(tmp_path, GREETS.replace("HEARS", hears), 600) == "Refused: no room"


@pytest.mark.parametrize("text", [HANGS, LEAVES])
def test_one_that_hangs_is_ended_at_the_limit_with_all_it_started(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text, 0.5) == "Unavailable: qemu-system-x86_64 did not answer within the time limit"


def test_one_that_writes_without_end_does_not_fill_the_disk(tmp_path: Path) -> None:
    assert refusal(tmp_path, FLOODS, 600).startswith("Refused: a very long")


@pytest.mark.parametrize("content", [b"hello\\n", b"[1]\\n", b"{\\n"])
def test_one_that_speaks_no_qmp(tmp_path: Path, content: bytes) -> None:
    text = BABBLES.replace("CONTENT", repr(content).replace("\\\\", "\\"))
    assert refusal(tmp_path, text, 600) == "Unavailable: QEMU's monitor does not speak QMP"


def test_no_qemu_at_all(tmp_path: Path) -> None:
    ended = run("verify", stdin=domain("s390"), PATH=str(tmp_path))
    assert ended.code == 3
    assert ended.text.startswith("skipped: libvirt: qemu-system-s390x is not installed; it is what runs s390x guests\n")


def test_no_libvirt_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, HANGS)
    monkeypatch.setattr(hypervisor, "interpreters", list)
    ended = run("verify", stdin=domain("q35"), PATH=str(tmp_path))
    assert ended.code == 3
    assert ended.text.startswith("skipped: libvirt: libvirt's Python bindings are not installed")


def test_an_architecture_that_is_none(tmp_path: Path) -> None:
    ended = run("verify", stdin=domain("q35").replace(b"x86_64", b"../../bin/sh"), PATH=str(tmp_path))
    assert ended.code in (2, 3) and "Traceback" not in ended.error + ended.text


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_of_it(tmp_path: Path, number: int, code: int) -> None:
    program(tmp_path, HANGS)
    program(tmp_path, f"#!/bin/sh\ntouch {tmp_path}/asked\nsleep 1000\n", "python3")
    words = "from pcisolve.verify import hypervisor as h; h.interpreters = lambda: [h.shutil.which('python3')];"
    short = tempfile.mkdtemp(prefix="v", dir="/tmp")  # a longer name would not be used
    guest = tmp_path / "guest.xml"
    guest.write_bytes(domain("q35"))
    child = subprocess.Popen(
        [sys.executable, "-c", f"{words} from pcisolve.cli.main import main; main()", "verify", str(guest)],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "TMPDIR": short},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    ends = time.monotonic() + 600
    while not (tmp_path / "asked").exists() and time.monotonic() < ends:
        time.sleep(0.02)
    assert os.listdir(short)
    child.send_signal(number)
    _, error = child.communicate(timeout=600)
    assert child.returncode == code, error
    assert b"Traceback" not in error
    os.rmdir(short)  # fails unless it is empty


def test_what_killed_runs_leave_is_swept_by_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    short = Path(tempfile.mkdtemp(prefix="v", dir="/tmp"))
    monkeypatch.setattr(tempfile, "tempdir", str(short))
    words = (
        "from pcisolve.verify.scratch import Scratch; import time; s = Scratch(9); s.__enter__(); print(1, flush=True)"
    )
    command = [sys.executable, "-c", f"{words}; time.sleep(1000)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(short)}) as killed:
        assert killed.stdout is not None and killed.stdout.readline()
        (left,) = os.listdir(short)
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)", str(short / left)])
        (short / "pcisolve-verify-link").symlink_to("/etc")
        (short / "pcisolve-verify-file").write_text("of somebody")
        with Scratch(9) as one:
            (one.folder / "mine").mkdir()
            assert left in os.listdir(short)  # its maker lives
            killed.kill()
            killed.wait()
            subprocess.run([*command[:2], words], check=True, env={**os.environ, "TMPDIR": str(short)})
            assert (one.folder / "mine").exists() and left not in os.listdir(short)
            assert sleeper.wait(600) == -signal.SIGKILL
    assert {"pcisolve-verify-file", "pcisolve-verify-link"} <= set(os.listdir(short))
    shutil.rmtree(short)


def test_a_libvirt_of_the_users_gets_a_moment_to_forget_the_scratch_guest(tmp_path: Path) -> None:
    slow = program(tmp_path, f"#!/bin/sh\nsleep 2\ntouch {tmp_path}/undefined\n", "python3")
    for connect, undefined in ((None, False), ("qemu:///session", True)):
        with (
            mock.patch.object(hypervisor, "interpreters", lambda: [slow]),
            mock.patch.object(hypervisor, "_GRACE", 600),
            Scratch(0.0) as scratch,
            pytest.raises(Unavailable, match="did not answer within the time limit"),
        ):
            Hypervisor(scratch, connect).define(b"<domain/>")
        assert (tmp_path / "undefined").exists() == undefined
