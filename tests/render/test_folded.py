"""Trees with alike neighbors folded, cut at a depth and wrapped: nothing is lost, and lines fit."""

from __future__ import annotations

import random
import re

import pytest

from pcisolve.render.branches import View, drawn
from pcisolve.render.folded import FEWEST, Twig, ends_of


def leaf(number: int, depth: int = 1, kind: str = "disk") -> Twig:
    place = f"0000:00:{number:02x}.0"
    return Twig(depth, f"{place} {kind} d{number}", kind, f"d{number}", (kind,), place, ("0000:00", number * 8))


@pytest.mark.parametrize("count", [1, FEWEST - 1])
def test_a_handful_is_told_one_by_one(count: int) -> None:
    twigs = [Twig(0, "root"), *map(leaf, range(count))]
    assert drawn(twigs, View()) == drawn(twigs, View(folds=False))


def test_more_than_a_handful_is_a_count_and_the_ranges() -> None:
    twigs = [Twig(0, "root"), *map(leaf, [1, 2, 3, 4, 7, 8, 9, 12])]
    assert drawn(twigs, View()) == (
        "root\n"
        "|- 0000:00:01.0 disk d1\n"
        "`- 7 more disk: 0000:00:02.0 to 0000:00:04.0, 0000:00:07.0 to 0000:00:09.0, 0000:00:0c.0, d2 ... d12\n"
    )


def test_what_differs_far_below_is_not_folded() -> None:
    twigs = [Twig(0, "root")]
    for number in range(8):
        port = leaf(number, kind="port")
        twigs += [port, leaf(0, 2, kind="nic" if number == 7 else "disk")]
    text = drawn(twigs, View())
    assert "6 more port: 0000:00:01.0 to 0000:00:06.0, d1 ... d6; below them 6 disk d0" in text
    assert "   `- 0000:00:00.0 nic d0" in text


def test_depth_says_how_much_is_below() -> None:
    twigs = [Twig(0, "root"), leaf(1), leaf(2, 2), leaf(3, 3)]
    assert drawn(twigs, View(depth=0)) == "root, 3 below\n"
    assert drawn(twigs, View(depth=1)) == "root\n`- 0000:00:01.0 disk d1, 2 below\n"


def a_tree(seed: int) -> list[Twig]:
    random_ = random.Random(seed)
    twigs, depth = [Twig(0, "root")], 0
    for number in range(random_.randrange(1, 120)):
        depth = random_.randrange(1, min(depth, 3) + 2)
        twigs.append(leaf(number, depth, random_.choice(["disk", "disk", "disk", "nic"])))
    return twigs


@pytest.mark.parametrize("seed", range(60))
def test_each_part_is_drawn_or_counted(seed: int) -> None:
    """Leaves that are drawn, folded away, or below what is folded away are all there are."""
    twigs = a_tree(seed)
    ends = ends_of(twigs)
    leaves = sum(end == at + 1 for at, end in enumerate(ends))
    text = drawn(twigs, View())
    counted = 0
    for line, after in zip(text.splitlines(), [*text.splitlines()[1:], ""], strict=True):
        bare = line.lstrip("|` -")
        more = re.match(r"(\d+) more ", bare)
        below = line.partition("; below them ")[2]
        if below:
            counted += sum(int(one) for one in re.findall(r"(\d+) (?:disk|nic)", below))
        elif more:
            counted += int(more[1])
        else:
            counted += len(after) - len(after.lstrip("|` -")) <= len(line) - len(bare)
    assert counted == leaves


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("width", [40, 60, 80])
def test_wrapped_lines_fit_and_say_the_same(seed: int, width: int) -> None:
    twigs = [one._replace(label=f"{one.label}, which has a rather long label of many words") for one in a_tree(seed)]
    wrapped, whole = drawn(twigs, View(folds=False, width=width)), drawn(twigs, View(folds=False))
    assert all(len(line) <= width for line in wrapped.splitlines())
    assert re.sub(r"[|`\s-]+", "", wrapped) == re.sub(r"[|`\s-]+", "", whole)
