"""Hypothesis strategies for small guests: right ones, wrong ones, in one domain or several."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.support import domain

FLAT_MODELS = {
    "q35": (
        "pcie-root-port",
        "pcie-root-port",
        "pcie-switch-upstream-port",
        "pcie-switch-downstream-port",
        "pcie-to-pci-bridge",
        "dmi-to-pci-bridge",
        "pci-bridge",
        "pcie-expander-bus",
    ),
    "pc": ("pci-bridge", "pci-bridge", "pci-expander-bus"),
    "pseries": ("pci-root", "pci-bridge"),
    "virt": ("pcie-root-port", "pcie-root-port", "pcie-to-pci-bridge", "pcie-expander-bus"),
}
ROOTS = {"q35": "pcie-root", "pc": "pci-root", "pseries": "pci-root", "virt": "pcie-root"}
CHILDREN = {"q35": "pcie-root-port", "pc": "pci-bridge", "pseries": "pci-bridge", "virt": "pcie-root-port"}
DEVICES = (
    ("<rng model='virtio'><backend model='random'>/dev/random</backend>", "</rng>"),
    ("<sound model='ac97'>", "</sound>"),
    ("<sound model='ich9'>", "</sound>"),
    ("<controller type='usb' model='qemu-xhci'>", "</controller>"),
    ("<controller type='usb' model='ich9-uhci1'>", "</controller>"),
    ("<controller type='scsi' model='virtio-scsi'>", "</controller>"),
    ("<interface type='user'><model type='e1000e'/>", "</interface>"),
    ("<interface type='user'><model type='rtl8139'/>", "</interface>"),
    ("<watchdog model='i6300esb'>", "</watchdog>"),
    ("<video><model type='vga'/>", "</video>"),
    ("<filesystem type='mount'><source dir='/'/><target dir='root'/>", "</filesystem>"),
)
NO_ADDRESS = st.sampled_from(("", "", "", "<address type='pci'/>"))


def _address(domains: tuple[int, ...], buses: tuple[int, ...]) -> st.SearchStrategy[str]:
    slots, functions = (0, 1, 2, 3, 0x1D, 0x1F), (0, 0, 0, 1, 2, 7)
    return st.builds(
        "<address type='pci' domain='{:#06x}' bus='{:#04x}' slot='{:#04x}' function='{:#x}'/>".format,
        st.sampled_from(domains),
        st.sampled_from(buses),
        st.sampled_from(slots),
        st.sampled_from(functions),
    )


def _controller(index: int | None, model: str, address: str) -> str:
    number = "" if index is None else f" index='{index}'"
    return f"<controller type='pci'{number} model='{model}'>{address}</controller>"


def _device(start_end: tuple[str, str], address: str) -> str:
    return start_end[0] + address + start_end[1]


def _devices(address: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.builds(_device, st.sampled_from(DEVICES), address), max_size=6)


@st.composite
def flat_guests(draw: st.DrawFn) -> bytes:
    """Today's scheme, with controllers and addresses that may or may not fit."""
    machine = draw(st.sampled_from(sorted(FLAT_MODELS)))
    address = st.one_of(NO_ADDRESS, NO_ADDRESS, _address((0,), (0, 0, 1, 2, 4)))
    index = st.one_of(st.none(), st.integers(1, 5))
    controller = st.builds(_controller, index, st.sampled_from(FLAT_MODELS[machine]), address)
    root = [_controller(0, ROOTS[machine], "")] * draw(st.integers(0, 1))
    parts = root + draw(st.lists(controller, max_size=3)) + draw(_devices(address))
    return domain(machine, "\n    ".join(parts))


@st.composite
def multi_domain_guests(draw: st.DrawFn) -> bytes:
    """Roots 0, 5 and perhaps 15, children with or without an index, addresses in any domain."""
    machine = draw(st.sampled_from(sorted(ROOTS)))
    roots = (0, 5, 15)[: draw(st.integers(2, 3))]
    address = st.one_of(NO_ADDRESS, _address((*roots, 5, 5), (0, 0, 0, 6, 7)))
    index = st.one_of(st.none(), st.integers(1, 18))
    children = draw(st.lists(st.builds(_controller, index, st.just(CHILDREN[machine]), address), max_size=3))
    parts = [_controller(one, ROOTS[machine], "") for one in roots] + children + draw(_devices(address))
    parts.append("<memballoon model='virtio'><address type='pci' domain='5' bus='0' slot='9'/></memballoon>")
    return domain(machine, "\n    ".join(parts))


def guests() -> st.SearchStrategy[bytes]:
    """Any of them."""
    return st.one_of(flat_guests(), multi_domain_guests())
