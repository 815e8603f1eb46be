"""pcisolve host and show of a host, as they are run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pcisolve.host.schema import schema
from tests.host.trees import server

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLE = ROOT / "examples" / "host.json"


def run(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "pcisolve", *words], input=stdin, capture_output=True, check=False)


def test_a_snapshot_of_a_snapshot_is_the_same(tmp_path: Path) -> None:
    target = tmp_path / "host.json"
    assert run("host", str(EXAMPLE), "-o", str(target)).returncode == 0
    assert target.read_bytes() == EXAMPLE.read_bytes()
    assert run("host", "-", stdin=EXAMPLE.read_bytes()).stdout == EXAMPLE.read_bytes()


def test_a_folder_is_shown_as_its_snapshot(tmp_path: Path) -> None:
    server(tmp_path)
    shown = run("show", str(tmp_path))
    assert shown.returncode == 0
    assert shown.stdout == run("show", str(EXAMPLE)).stdout
    assert b"|  `- 0000:17:00.0 bridge 8086:2030, buses 18 to 1a, node 0, pcieport\n" in shown.stdout


def test_this_machine() -> None:
    done = run("host")
    if not Path("/sys/bus/pci/devices").is_dir():
        pytest.skip("no sysfs here")
    found = len(list(Path("/sys/bus/pci/devices").iterdir()))
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["functions"]) == found


def test_the_schema_is_printed() -> None:
    assert json.loads(run("host", "--schema").stdout) == schema()


def test_wrong_usage_and_input(tmp_path: Path) -> None:
    assert run("host", str(EXAMPLE), "--schema").returncode == 2
    assert run("show", "--guest", str(EXAMPLE)).returncode == 2
    for words in (["host", str(tmp_path / "none")], ["host", str(tmp_path)], ["show", str(tmp_path)]):
        done = run(*words)
        assert done.returncode == 2
        assert b"expected" in done.stderr
        assert done.stderr.count(b"\n") == 1
