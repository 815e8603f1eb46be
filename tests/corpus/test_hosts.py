"""The hosts of hwloc's tests, where they are beside this checkout: each is read, kept and drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcisolve.host.read import read
from pcisolve.host.relations import RELATIONS
from pcisolve.host.snapshot import read_snapshot, write
from pcisolve.render.host import host_tree

pytestmark = pytest.mark.corpus


def test_every_host_is_read_and_drawn(shared: Path) -> None:
    paths = [path for path in sorted((shared / "corpus" / "hosts").iterdir()) if path.suffix != ".md"]
    assert paths
    for path in paths:
        host = read(path)
        data = write(host)
        again = read_snapshot(data, path.name)
        assert again == host
        assert write(again) == data
        lines = host_tree(host).splitlines()
        assert len(lines) == len(host.nodes) + len(host.roots) + len(host.functions), path.name
        first = host.functions[0]
        assert {host.relation(first, one) for one in host.functions} <= set(RELATIONS)
