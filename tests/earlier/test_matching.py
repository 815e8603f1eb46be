"""Which part of one layout is which of another."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pcisolve.earlier.identity import WORDS, Identity, identity_of
from pcisolve.earlier.matching import IN_ORDER, IN_PLACE, Pair, match
from pcisolve.problem.parts import Part
from tests.support import domain, steps


def known(make: str, **keys: str) -> Identity:
    return Identity(make.split()[0], make, keys)


def identities(devices: str, kind: str) -> list[Identity]:
    return [identity_of(part) for part in steps(domain("q35", devices)).problem.by_kind(kind)]


def test_a_name_beats_the_order() -> None:
    before = [known("interface virtio", mac="a"), known("interface virtio", mac="b")]
    assert match(before, before[1:]) == [Pair(1, 0, "mac")]


def test_two_that_have_names_of_their_own_are_two() -> None:
    assert match([known("interface virtio", mac="a")], [known("interface virtio", mac="b")]) == []


def test_what_nothing_tells_apart_goes_in_order() -> None:
    old = [known("interface virtio", mac="a"), known("rng virtio"), known("rng virtio")]
    new = [known("rng virtio"), known("interface virtio")]
    assert match(old, new) == [Pair(1, 0, IN_ORDER), Pair(0, 1, IN_ORDER)]


def test_of_those_alike_one_is_that_which_stands_where_it_stood() -> None:
    three, two = [known("rng virtio")] * 3, [known("rng virtio")] * 2
    pairs = match(three, two, (["a", "b", "c"], [None, "b"]))
    assert pairs == [Pair(0, 0, IN_ORDER), Pair(1, 1, IN_PLACE)]
    assert match([known("rng virtio")], [known("sound ac97")], (["a"], ["a"])) == []


def test_the_only_one_of_its_kind_may_change_its_model() -> None:
    assert match([known("video vga")], [known("video virtio")]) == [Pair(0, 0, IN_ORDER)]
    assert match([known("video vga"), known("video qxl")], [known("video virtio")]) == []


def test_a_key_that_two_have_tells_nothing() -> None:
    before = [known("disk virtio", source="x", target="vda"), known("disk virtio", source="x", target="vdb")]
    after = [known("disk virtio", source="x", target="vdb")]
    assert match(before, after) == [Pair(1, 0, "target")]


def test_what_is_on_a_disk_says_more_than_its_letter() -> None:
    before = [known("disk virtio", source="x", target="vda"), known("disk virtio", source="y", target="vdb")]
    after = [known("disk virtio", source="y", target="vda")]
    assert match(before, after) == [Pair(1, 0, "source")]


def test_what_libvirt_made_up_is_no_name() -> None:
    (made_up,) = identities("<interface type='user'><alias name='net0'/></interface>", "interface")
    (given_,) = identities("<interface type='user'><alias name='ua-lan'/></interface>", "interface")
    assert made_up.keys == {}
    assert given_.keys == {"alias": "ua-lan"}


def test_keys_of_real_elements() -> None:
    devices = (
        "<disk type='file' device='disk'><source file='/a' startupPolicy='optional'/><target dev='vda' bus='virtio'/>"
        "<serial>S1</serial></disk>"
        "<interface type='user'><mac address='52:54:00:AB:00:01'/></interface>"
        "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='3' slot='0' function='1'/></source>"
        "</hostdev>"
        "<controller type='usb' index='0' model='ich9-ehci1'/>"
        "<controller type='pci' index='1' model='pcie-root-port'/>"
    )
    assert identities(devices, "disk")[0].keys == {"serial": "S1", "source": "file=/a", "target": "vda"}
    assert identities(devices, "interface")[0].keys == {"mac": "52:54:00:ab:00:01"}
    assert identities(devices, "hostdev")[0].keys == {"host": "0000:03:00.1"}
    keys = [one.keys["index"] for one in identities(devices, "controller")]
    assert keys == ["usb 0 ich9-ehci1", "pci 0", "pci 1", "sata 0"]


MAKES = st.sampled_from(("rng virtio", "interface virtio", "interface e1000", "disk virtio"))
KEYS = st.dictionaries(st.sampled_from(WORDS), st.sampled_from("abc"), max_size=2)
SEVERAL = st.lists(st.builds(lambda make, keys: known(make, **keys), MAKES, KEYS), max_size=8)


@given(SEVERAL, SEVERAL)
def test_each_part_is_matched_once_and_with_its_kind(before: list[Identity], after: list[Identity]) -> None:
    pairs = match(before, after)
    assert len({pair.before for pair in pairs}) == len({pair.after for pair in pairs}) == len(pairs)
    assert all(before[pair.before].kind == after[pair.after].kind for pair in pairs)
    assert match(before, after) == pairs


@given(SEVERAL)
def test_a_guest_is_itself(several: list[Identity]) -> None:
    pairs = match(several, several)
    assert len(pairs) == len(several)
    assert all(several[pair.before] == several[pair.after] for pair in pairs)


def test_parts_of_a_guest_have_an_identity_each() -> None:
    for part in steps(domain("q35", "<graphics type='vnc'/><sound model='ich9'/>")).problem.parts:
        assert isinstance(part, Part)
        assert identity_of(part).kind == part.kind
