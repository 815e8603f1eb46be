"""The table of roots: equal rows that follow each other are one."""

from __future__ import annotations

from pcisolve.render.folded import FEWEST
from pcisolve.render.table import table
from pcisolve.verdict.rows import Row


def row(domain: int, devices: int = 3) -> Row:
    return Row(domain, domain, f"d-{domain}", None, 4, None, None, 4, devices, 7, 1, 0)


def test_a_handful_of_equal_rows_is_told_one_by_one() -> None:
    lines = table([row(domain) for domain in range(FEWEST - 1)]).splitlines()
    assert len(lines) == FEWEST
    assert not lines[0].endswith("roots")


def test_more_equal_rows_are_one_with_their_number() -> None:
    rows = [*(row(domain) for domain in range(64)), row(64, devices=2), *(row(domain) for domain in range(66, 72))]
    lines = table(rows).splitlines()
    assert [line.split()[0] for line in lines] == ["domain", "0000-003f", "0040", "0042-0047"]
    assert [line.split()[-1] for line in lines] == ["roots", "64", "1", "6"]
    assert "0-63  d-0 ... d-63" in lines[1]


def test_windows_are_folded_where_they_join() -> None:
    rows = [row(0)._replace(root=n, name="", node=n // 8, first_bus=n * 8, last_bus=n * 8 + 7) for n in range(8)]
    assert table(rows).splitlines()[1].split() == ["0000", "0-7", "0", "4", "00-3f", "4", "3", "7", "1", "0", "8"]
    rows[3] = rows[3]._replace(first_bus=25)
    assert len(table(rows).splitlines()) == 9


def test_no_rows() -> None:
    assert len(table([]).splitlines()) == 1
