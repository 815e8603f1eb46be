"""What a plan allows and its author may not expect is told as a note."""

from __future__ import annotations

import pcisolve

HEAD = "machine: {arch: x86_64, type: q35}\ndevices:\n"
PAIRS = HEAD + "".join(f"  - {{name: {name}, kind: virtio-net}}\n" for name in ("a", "b", "c", "d"))


def notes(plan: str) -> list[str]:
    verdict = pcisolve.load(plan.encode()).solve().verdict
    assert verdict.status == "solved"
    assert all(one.severity == "note" for one in verdict.findings)
    return [f"{one.code}: {one.message}" for one in verdict.findings]


def cards(*hosts: str) -> str:
    listed = ", ".join(f'"{one}"' for one in hosts)
    return HEAD + f"  - {{name: gpu, kind: hostdev-pcie, count: {len(hosts)}, host: [{listed}], multifunction: true}}\n"


def test_two_relations_on_one_switch() -> None:
    relations = "relations:\n  - {together: [a, b], on: switch}\n  - {together: [c, d], on: switch}\n"
    assert notes(PAIRS + relations) == [
        'plan-shared-switch: "a" and "b" share the switch of PCI controller 2 with "c" and "d", '
        "and no wish keeps them apart"
    ]


def test_a_relation_that_shares_a_group_is_on_the_same_switch_by_its_own_words() -> None:
    relations = "relations:\n  - {together: [a, b], on: switch}\n  - {together: [b, c], on: switch}\n"
    assert notes(PAIRS + relations) == []


def test_relations_kept_apart_have_no_note() -> None:
    relations = (
        "relations:\n  - {together: [a, b], on: switch}\n  - {together: [c, d], on: switch}\n"
        "  - {apart: [a, c], on: switch}\n"
    )
    assert notes(PAIRS + relations) == []


def test_a_card_turned_around() -> None:
    assert notes(cards("0000:41:00.1", "0000:41:00.0")) == [
        'plan-host-order: 0000:41:00.0 is at guest function 1 and 0000:41:00.1 at 0: the order of "host" decides'
    ]


def test_a_card_in_its_order_and_two_cards() -> None:
    assert notes(cards("0000:41:00.0", "0000:41:00.1")) == []
    assert notes(cards("0000:42:00.0", "0000:41:00.0")) == []
