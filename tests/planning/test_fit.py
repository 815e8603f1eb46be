"""Room in a guest, against what `solve` says of the guest with the devices written into it by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcisolve.api.guests import load
from pcisolve.api.options import make_options
from pcisolve.core.errors import InputError

EXAMPLES = Path(__file__).parents[2] / "examples"
LIBVIRT = make_options(policy="libvirt")
NET = "<interface type='user'><model type='virtio'/></interface>"
# Two root ports, one of them at NUMA node 1 and one without hot-plug; nothing else that takes a device unasked.
PORTS = b"""<domain type='qemu'><name>ports</name><memory>524288</memory><vcpu>2</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<cpu><numa><cell id='0' cpus='0' memory='256' unit='MiB'/><cell id='1' cpus='1' memory='256' unit='MiB'/></numa></cpu>
<devices>
<controller type='pci' index='0' model='pcie-root'/>
<controller type='pci' index='1' model='pcie-expander-bus'><target busNr='200'><node>1</node></target></controller>
<controller type='pci' index='2' model='pcie-root-port'>
<address type='pci' domain='0' bus='1' slot='0' function='0'/></controller>
<controller type='pci' index='3' model='pcie-root-port'><target hotplug='off'/></controller>
<controller type='usb' model='none'/><memballoon model='none'/>
</devices></domain>"""


def with_nets(xml: bytes, count: int) -> bytes:
    """The guest as text with so many network cards more."""
    return xml.replace(b"</devices>", (NET * count).encode() + b"</devices>")


def fits(xml: bytes, count: int) -> bool:
    return load(with_nets(xml, count)).solve(LIBVIRT).xml is not None


@pytest.mark.parametrize("name", ["q35.xml", "pseries-four-phb.xml"])
def test_most_is_exact(name: str) -> None:
    guest = load(EXAMPLES / name)
    solved = guest.solve(LIBVIRT).xml
    assert solved is not None
    room = guest.room([("virtio-net", 1)], LIBVIRT)
    most = room.most("virtio-net", beside=False).exact
    assert most is not None
    assert most > 1
    assert [fits(solved, most + more) for more in (-2, -1, 0, 1, 2)] == [True, True, True, False, False]


@pytest.mark.parametrize("name", ["q35.xml", "pseries-four-phb.xml", "proposal.xml", "bridges.xml"])
def test_what_is_there_stays_and_the_rest_goes_where_solve_puts_it(name: str) -> None:
    guest = load(EXAMPLES / name)
    before = guest.solve()
    fit = guest.room([("virtio-net", 2), ("virtio-disk", 1)]).asked()
    assert fit.fits
    assert fit.xml is not None
    again = load(fit.xml)
    after = again.check(make_options(scheme=before.verdict.scheme))
    assert after.status == "solved"
    old = {(one.kind, one.address) for one in before.verdict.devices}
    new = {(one.kind, one.address) for one in after.devices}
    assert old < new
    assert {address for _, address in new - old} == {one.address for one in fit.placed}
    had = {(one.index, one.model) for one in before.verdict.controllers}
    has = {(one.index, one.model) for one in after.controllers}
    assert had < has or had == has
    assert has - had == {(one.index, one.model) for one in fit.added}


def test_free_by_kind_and_node() -> None:
    fit = load(PORTS).room([("virtio-net", 1)]).asked()
    assert [tuple(one) for one in fit.free if one.kind == "pcie-port"] == [
        (None, "pcie-port", 1, 0),
        (1, "pcie-port", 1, 1),
    ]
    by_key = {(one.node, one.kind): one.free for one in fit.free}
    assert by_key[1, "root-slot"] == 31  # of 0 to 31, with one port
    assert sum(one.free for one in fit.left) < sum(one.free for one in fit.free) + len(fit.added)


def test_more_than_fit_is_refused_with_the_most_that_do() -> None:
    room = load(EXAMPLES / "q35.xml").room([("virtio-net", 300), ("virtio-disk", 1)], LIBVIRT)
    fit = room.asked()
    assert (fit.status, fit.exit_code, fit.placed, fit.xml) == ("infeasible", 1, (), None)
    assert fit.findings
    nets, disks = (room.most(kind, beside=False) for kind in ("virtio-net", "virtio-disk"))
    assert nets.exact == disks.exact  # each takes a port of its own
    assert not nets.beside


def test_beside_the_others() -> None:
    room = load(EXAMPLES / "q35.xml").room([("virtio-net", 10), ("virtio-disk", 1)], LIBVIRT)
    alone = room.most("virtio-disk", beside=False).exact
    beside = room.most("virtio-disk", beside=True)
    assert alone is not None
    assert (beside.exact, beside.beside) == (alone - 10, True)


def test_only_one_balloon() -> None:
    room = load(EXAMPLES / "q35.xml").room([("balloon", 1)])
    assert room.asked().status == "infeasible"
    assert room.most("balloon", beside=False).exact == 0


def test_stand_ins_are_no_second_time_the_same_host_device() -> None:
    first = load(EXAMPLES / "q35.xml").room([("hostdev-pcie", 2)]).asked()
    assert first.xml is not None
    second = load(first.xml).room([("hostdev-pcie", 2)]).asked()
    assert second.fits
    assert second.xml is not None
    assert load(second.xml).check().status == "solved"


def test_undecided_is_no_most() -> None:
    room = load(EXAMPLES / "q35.xml").room([("virtio-net", 1)], make_options(time_limit=0.001))
    most = room.most("virtio-net", beside=False)
    assert most.exact is None
    assert most.at_most is None or most.at_least < most.at_most


@pytest.mark.parametrize("wanted", [("nothing", 1), ("virtio-net", 0), ("virtio-net", 1_000_000), ("virtiofs", 1)])
def test_bad_wishes_are_named(wanted: tuple[str, int]) -> None:
    with pytest.raises(InputError, match=wanted[0]):
        load(EXAMPLES / "q35.xml").room([wanted])
