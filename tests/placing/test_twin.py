"""A thousand small guests on a tiny board: the same feasibility and the same optimum of each level as by trying all."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

import pcisolve
from pcisolve.api.options import make_options
from pcisolve.catalog.folders import shipped_folder
from pcisolve.verdict.values import Verdict
from tests.placing.twin import Board, Endpoint, Given, best, models
from tests.scheme.guests import controller

GUESTS = 1000
OVERRIDES = {
    "controllers/pcie-switch-upstream-port": ("slots = [0, 31]", "slots = [0, 1]"),
    "controllers/pcie-to-pci-bridge": ("slots = [1, 31]", "slots = [1, 2]"),
    "controllers/pci-bridge": ("slots = [1, 31]", "slots = [1, 2]"),
    "controllers/dmi-to-pci-bridge": ("slots = [0, 31]", "slots = [0, 1]"),
}
LOWEST = {"pcie-root": 1, "pcie-to-pci-bridge": 1, "pci-bridge": 1}
DEVICES = {
    "pcie": "<rng model='virtio'><backend model='random'>/dev/random</backend>{}</rng>",
    "pci": "<sound model='ac97'>{}</sound>",
}


def tiny_models(folder: Path, board: Board) -> str:
    """The shipped models with few slots and few bus numbers."""
    folder = folder / f"{board.root_slots}-{board.numbers}"
    shipped = Path(shipped_folder())
    changes = {
        **OVERRIDES,
        "controllers/pcie-root": ("slots = [1, 31]", f"slots = [1, {board.root_slots}]"),
        "machines/arm-virt": ("guest_buses = 256", f"guest_buses = {board.numbers}"),
        "controllers/pcie-expander-bus": ('machines = ["q35", "arm-virt"]', 'machines = ["q35"]'),
    }
    for name, (before, after) in changes.items():
        text = (shipped / f"{name}.toml").read_text("utf-8")
        assert before in text, name
        path = folder / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(before, after), "utf-8")
    return str(folder)


def random_guest(seed: int) -> tuple[Board, list[Given], list[Endpoint]]:
    draw = Random(seed)
    roots = draw.choice(((0,), (0,), (0, 5)))
    board = Board(draw.choice((1, 2)), 3 if len(roots) > 1 else draw.choice((3, 4, 4)), roots)
    given: list[Given] = []
    taken: set[tuple[int, int]] = set()
    known = models(board.root_slots)

    def pin(bus: int, name: str) -> int | None:
        lowest = LOWEST.get(name, 0)
        slot = lowest + draw.randrange(known[name].slots)
        if (bus, slot) in taken:
            return None
        taken.add((bus, slot))
        return slot

    for index in sorted(draw.sample(range(1, board.numbers if board.flat else 5), draw.choice((0, 1, 1, 2)))):
        model = draw.choice([name for name, one in known.items() if one.needs])
        above = _fixed(board, given)
        fits = [one for one, name in above.items() if one < index and known[name].takes & known[model].needs]
        if fits and draw.random() < 0.5:
            parent = draw.choice(fits)
            slot = pin(parent, above[parent])
            if slot is not None:
                given.append(Given(index, model, parent, slot))
                continue
        given.append(Given(index, model))
    endpoints = []
    above = _fixed(board, given)
    for _ in range(draw.randrange(1, 7)):
        kind = draw.choice(("pcie", "pcie", "pci"))
        bus = draw.choice([one for one, name in above.items() if known[name].takes & {"pci"}] or [roots[0]])
        slot = pin(bus, above[bus]) if draw.random() < 0.3 else None
        endpoints.append(Endpoint(kind) if slot is None else Endpoint(kind, bus, slot))
    return board, given, endpoints


def as_xml(board: Board, given: list[Given], endpoints: list[Endpoint]) -> bytes:
    root_of = {root: root for root in board.roots}

    def address(bus: int, slot: int) -> str:
        domain = root_of[bus]
        number = 0 if bus in board.roots else bus
        return f"<address type='pci' domain='{domain}' bus='{number}' slot='{slot}' function='0'/>"

    body = [controller("pcie-root", root) for root in board.roots]
    for one in given:
        at = ""
        if one.parent is not None:
            root_of[one.index] = root_of.get(one.parent, 0)
            at = address(one.parent, one.slot)
        body.append(f"<controller type='pci' index='{one.index}' model='{one.model}'>{at}</controller>")
    body += [DEVICES[one.kind].format("" if one.bus is None else address(one.bus, one.slot)) for one in endpoints]
    machine = "<os><type arch='aarch64' machine='virt'>hvm</type></os>"
    head = f"<domain type='qemu'><name>tiny</name><memory>65536</memory>{machine}"
    return f"{head}<devices>{''.join(body)}</devices></domain>".encode()


def differs(folder: Path, seed: int) -> str:
    board, given, endpoints = random_guest(seed)
    data = as_xml(board, given, endpoints)
    guest = pcisolve.load(data, models=tiny_models(folder, board))
    scheme = "flat" if board.flat else "multi-domain"
    verdict = guest.solve(make_options(scheme=scheme, policy="minimal")).verdict
    nearest = guest.solve(make_options(scheme=scheme)).verdict
    cost = best(board, given, endpoints)
    if cost is None:
        # More buses than numbers are no fault while those without are empty, which trying does not know.
        spare = all(_is_spare(one) for one in (verdict, nearest))
        return "" if spare else f"{seed}: {verdict.status}, {nearest.status}, but nothing was found by trying"
    if (verdict.status, nearest.status) != ("solved", "solved"):
        return f"{seed}: {verdict.status}, {nearest.status}, by trying {cost}"
    levels = {one["name"]: one for one in verdict.stats["objective"]}
    names = ("controllers", "not hot-pluggable", "conventional slots", "controllers of other kinds than libvirt adds")
    values = tuple(levels[name]["value"] for name in names)
    bounds = tuple(levels[name]["bound"] for name in names)
    return "" if values == cost == bounds else f"{seed}: {values}, proved {bounds}, by trying {cost}"


def _is_spare(verdict: Verdict) -> bool:
    """Whether it is impossible, or holds with empty buses that have no number, or was left undecided for such."""
    words = [*(one.code for one in verdict.findings), *(one.message for one in verdict.notes)]
    return verdict.status == "infeasible" or any("bus-number-spare" in one or "or bus numbers" in one for one in words)


def _fixed(board: Board, given: list[Given]) -> dict[int, str]:
    """The models of the buses of which it is known where they are, by index."""
    return dict.fromkeys(board.roots, "pcie-root") | {one.index: one.model for one in given if one.parent is not None}


@pytest.mark.slow
def test_a_thousand_guests(tmp_path: Path) -> None:
    said = [words for seed in range(GUESTS) if (words := differs(tmp_path, seed))]
    undecided = [words for words in said if "unknown" in words and "nothing was found by trying" in words]
    assert [words for words in said if words not in undecided] == []
    assert len(undecided) < 10, "what is not there is proved, but for very few"


def test_a_few_guests(tmp_path: Path) -> None:
    assert [words for seed in range(40) if (words := differs(tmp_path, seed))] == []
