"""Alike roots as few: what very many PCI domains have in common is asked of a handful.

Two scenes, both small, stand for one that is large. In the lump the roots of a class, but for the fullest one, share
what they have: whatever
the large scene can do, the lump can, so what is impossible there is impossible, and a lower bound there is one. In the
blocks a class is cut into 1, 1, 2, 4, ... roots, and those of a block hold the same: whatever the blocks can do, the
large scene can. Where both come to the same numbers, these are proved to be the best.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Final, NamedTuple, TypeVar

from pcisolve.planning.file.values import Together
from pcisolve.planning.model.counted import Counted
from pcisolve.planning.model.scene import PER_ROOT, Scene, Site

Key = TypeVar("Key", bound=tuple[Any, ...])

LEAST: Final = 16  # alike roots: fewer are quickly asked about one by one


class Folded(NamedTuple):
    """A scene of few sites, and the sites of the large scene, by position, that stand behind each of their classes.

    Attributes:
        classes: positions in the scene, and positions in the large one.
    """

    scene: Scene
    classes: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

    def unfolded(self, counted: Counted) -> Counted:
        """Counts of blocks as counts of the roots that they stand for; the fullest ones come first."""
        behind = self._behind(counted)
        return counted._replace(
            placed=_unfolded(counted.placed, 1, behind),
            devices=_unfolded(counted.devices, 1, behind),
            spare=_unfolded(counted.spare, 1, behind),
            added=_unfolded(counted.added, 0, behind),
            used={at: n // len(behind[one]) for one, n in counted.used.items() for at in behind[one]},
        )

    def _behind(self, counted: Counted) -> dict[int, tuple[int, ...]]:
        """For each site of the scene those of the large one."""
        found: dict[int, tuple[int, ...]] = {}
        sites = self.scene.sites
        held = dict.fromkeys(range(len(sites)), 0)
        for (_, position), number in counted.devices.items():
            held[position] += number
        for own, large in self.classes:
            begin = 0
            for one in sorted(own, key=lambda at: (-(counted.used.get(at, 0) > 0), -held[at] // sites[at].copies)):
                found[one] = large[begin : begin + sites[one].copies]
                begin += sites[one].copies
        return found


def _unfolded(table: dict[Key, int], site: int, behind: dict[int, tuple[int, ...]]) -> dict[Key, int]:
    """A table by keys whose part number `site` is a site."""
    found: dict[Any, int] = {}
    for key, value in table.items():
        own = behind[key[site]]
        for at in own:
            found[(*key[:site], at, *key[site + 1 :])] = value // len(own)
    return found


def lump(scene: Scene) -> Folded | None:
    """The scene with each class of alike roots as the fullest, some others, and one that has what the rest have.

    None where nothing is to be folded.
    """
    runs, alone = _runs(scene), _alone(scene)
    if runs is None:
        return None

    def sizes(number: int) -> list[int]:
        return [*[1] * alone, number - alone] if number >= max(LEAST, alone + 2) else [1] * number

    return _folded(scene, [(sizes(len(run)), run) for run in runs], same=False)


def blocks(scene: Scene) -> Folded:
    """The scene with each class of alike roots cut into 1, 1, 2, 4, ... that hold the same."""
    alone, runs = _alone(scene), _runs(scene) or []
    return _folded(
        scene, [(_sizes(len(run), alone) if len(run) >= LEAST else [1] * len(run), run) for run in runs], same=True
    )


def _alone(scene: Scene) -> int:
    """How many roots stay by themselves: the fullest, and one for each relation that wants all it names in one root."""
    whole = (one for one in scene.plan.relations if isinstance(one, Together) and not one.pairwise)
    return 1 + sum(1 for one in whole if one.unit in PER_ROOT)


def _sizes(number: int, alone: int) -> list[int]:
    """Block sizes that come to a number: some of 1, and then 1, 2, 4, ..., so that any total can be had."""
    sizes = [1] * min(alone, number)
    size = 1
    while sum(sizes) < number:
        sizes.append(min(size, number - sum(sizes)))
        size *= 2
    return sizes


def _runs(scene: Scene) -> list[list[int]] | None:
    """The sites in classes of alike ones; None where no class is large, or something looks at single roots.

    Switches are counted one by one, and isolation groups own whole roots.
    """
    if scene.switched_groups() or any(one.wish.isolation is not None for one in scene.groups):
        return None
    runs: list[list[int]] = []
    for site in scene.sites:
        if runs and _is_folded(site) and scene.sites[runs[-1][-1]].is_like(site):
            runs[-1].append(site.position)
        else:
            runs.append([site.position])
    return runs if any(len(run) >= LEAST for run in runs) else None


def _is_folded(site: Site) -> bool:
    return site.is_domain and site.node is None and site.window is None


def _folded(scene: Scene, cut: list[tuple[list[int], list[int]]], *, same: bool) -> Folded:
    """The scene with the sites of each run cut into parts of such sizes."""
    sites: list[Site] = []
    classes: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    place: dict[int, list[int]] = {}
    for sizes, run in cut:
        own: list[int] = []
        for size in sizes:
            site = copy(scene.sites[run[0]])
            site.position, site.copies, site.same = len(sites), size, same
            if len(run) > 1:
                site.domain = scene.sites[run[len(own)]].domain
            own.append(site.position)
            sites.append(site)
        classes.append((tuple(own), tuple(run)))
        place |= dict.fromkeys(run, own)
    groups = [
        one._replace(sites=tuple(sorted({at for large in one.sites for at in place[large]}))) for one in scene.groups
    ]
    other = scene.of_plan(scene.plan, groups).of_sites(sites)
    other.existing = {place[at][0]: found for at, found in scene.existing.items()}
    return Folded(other, tuple(classes))
