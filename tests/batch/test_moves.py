"""A fleet compared with itself under another libvirt."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import run
from tests.ops.test_moves import GUESTS, NIC, guest


def test_each_guest_has_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(GUESTS["bridges"][0])
    (tmp_path / "b.xml").write_bytes(guest("x86_64", "q35", NIC))
    (tmp_path / "c.xml").write_bytes(guest("armv7l", "versatilepb", "<rng model='virtio'/>"))
    ended = run("batch", str(tmp_path), "--moves", "9.0.0", "12.8", "--workers", "1")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert ended.code == 1
    assert [row["status"] for row in rows] == ["moves", "solved", "invalid"]
    assert rows[0]["libvirt"] == ["9.0.0", "12.8.0"]
    assert [one["since"] for one in rows[0]["causes"]] == ["11.3.0"]
    assert rows[0]["counts"]["moved"] == 3
    assert "versatilepb" in rows[2]["findings"][0]["message"] or "libvirt 9.0.0" in rows[2]["findings"][0]["message"]


def test_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(GUESTS["bridges"][0])
    ended = run("batch", str(tmp_path), "--moves", "9.0.0", "12.8", "--write", str(tmp_path / "out"))
    assert ended.code == 2
    assert "--moves writes no guests" in ended.error
    assert not (tmp_path / "out").exists()
