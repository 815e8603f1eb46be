"""Damaged descriptions of hosts: one clear error, or a host that is the same when it is written and read again."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pcisolve.core.errors import InputError
from pcisolve.host.read import read
from pcisolve.host.snapshot import write
from pcisolve.render.host import host_tree
from tests.fuzz.budget import seeds
from tests.fuzz.damage import damaged, lines_damaged
from tests.host.test_hwloc import NEW, OLD, v2
from tests.host.test_sysfs import tar_of
from tests.host.test_text import lspci, nodedev
from tests.host.trees import server

EXAMPLE = (Path(__file__).resolve().parents[2] / "examples" / "host.json").read_bytes()
WORDS = ("0", "-1", "ffff", "0000:00:00.0", "10000:ff:1f.7", "99999999999", "<", ">", "&", '"', "domain", "")


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One host in every format that is read."""
    folder, host = tmp_path_factory.mktemp("host"), read(EXAMPLE)
    server(folder)
    return {
        "snapshot": EXAMPLE,
        "hwloc 2": v2(OLD),
        "hwloc 3": v2(NEW, version="3.0"),
        "nodedev": nodedev(host).encode(),
        "lspci": lspci(host).encode(),
        "tar": tar_of(folder),
        "tar.gz": tar_of(folder, "gz"),
    }


@pytest.mark.parametrize("kind", ["snapshot", "hwloc 2", "hwloc 3", "nodedev", "lspci", "tar", "tar.gz"])
def test_a_damaged_description(kind: str, described: dict[str, bytes]) -> None:
    for seed in seeds(20):
        luck = random.Random(seed)
        data = described[kind]
        if not kind.startswith("tar") and luck.random() < 0.5:
            data = lines_damaged(data.decode(), luck, WORDS).encode()
        else:
            data = damaged(data, luck)
        try:
            host = read(data, "host")
        except InputError as error:
            assert str(error) and "\n" not in str(error), seed
            continue
        again = write(host)
        assert write(read(again, "host")) == again, seed
        assert host_tree(host), seed
