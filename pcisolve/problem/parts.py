"""Parts of a guest: PCI controllers and the devices that need, or could need, a PCI address."""

from __future__ import annotations

from typing import Final, NamedTuple

from pcisolve.catalog.controllers import ControllerModel
from pcisolve.catalog.devices import Variant
from pcisolve.core.address import Address
from pcisolve.core.kinds import PCI_EXPANDER, PCIE_EXPANDER
from pcisolve.core.node import Node


class ZpciIds(NamedTuple):
    """The uid (1..0xffff) and fid (32 bits) of a zPCI function; None where the input names none."""

    uid: int | None
    fid: int | None


NO_ZPCI = ZpciIds(None, None)
STAND_IN: Final = 0xFFFF  # the host's PCI domain of devices that a plan does not name


class Part:
    """One device or controller of the guest.

    `node` is the input's element (None when libvirt adds the part), `view` the element as libvirt
    reads it, with the defaults filled in. `asked` is the address as the input says it; `new_type` the type of
    address libvirt puts in its place, for devices it moves off PCI whatever the input says; `drops_address`: libvirt
    takes the address away before it places anything, `loses_address`: afterwards; `host` the address of the host's
    PCI device that is given to the guest; `called` what a plan calls it, "" without one.
    """

    __slots__ = (
        "address_node",
        "address_type",
        "asked",
        "automatic",
        "called",
        "drops_address",
        "explicit_needs",
        "group",
        "host",
        "integrated",
        "kind",
        "loses_address",
        "model",
        "multifunction",
        "needs",
        "new_type",
        "node",
        "shares_slot",
        "takes_zpci",
        "variant",
        "view",
        "zpci",
    )

    def __init__(self, kind: str, node: Node | None, view: Node) -> None:
        self.kind = kind
        self.node = node
        self.view = view
        self.variant: Variant | None = None
        self.model: ControllerModel | None = None
        self.needs = 0
        self.explicit_needs = 0
        self.automatic = False
        self.integrated = False
        self.shares_slot = False
        self.takes_zpci = True
        self.group = 0
        self.address_node: Node | None = None
        self.address_type = ""
        self.new_type = ""
        self.drops_address = False
        self.loses_address = False
        self.asked: Address | None = None
        self.multifunction: str | None = None
        self.zpci = NO_ZPCI
        self.host: Address | None = None
        self.called = ""

    @property
    def pinned(self) -> Address | None:
        """The address the input fixes; None when there is none or it is all zero (rule addr-all-zero-is-unset)."""
        asked = self.asked
        return None if asked is None or asked.is_unset or self.drops_address else asked

    @property
    def wants(self) -> bool:
        """Whether libvirt would choose a PCI address if the kind of device takes one (rule pci-wanted)."""
        return self.address_type == "" or (self.address_type == "pci" and self.pinned is None)

    @property
    def implicit(self) -> bool:
        """Whether libvirt adds this part by itself."""
        return self.node is None

    @property
    def place_node(self) -> Node:
        """The element a message points to."""
        return self.address_node or self.node or self.view


class Controller(Part):
    """A PCI controller: a part that also provides a bus. `index` is libvirt's controller index.

    `is_root` is whether it establishes a PCI domain instead of being plugged in; `domain` is set where the controller
    has no address but others name its bus in this PCI domain.
    """

    __slots__ = ("added", "domain", "index", "index_given", "is_root", "targets")

    def __init__(self, node: Node | None, view: Node, model: ControllerModel | None, index: int) -> None:
        super().__init__("controller", node, view)
        self.model = model
        self.is_root = model is not None and model.root
        self.index = index
        self.index_given = node is not None
        self.added = False
        self.domain: int | None = None
        self.targets: dict[str, int | str] = {}
        if model is not None:
            self.needs = model.needs
            self.explicit_needs = model.explicit_needs
            self.shares_slot = model.shares_slot

    @property
    def begins_root(self) -> bool:
        """Whether its bus is one that the firmware starts from: a root's, or an expander's."""
        return self.is_root or bool(self.needs & (PCI_EXPANDER | PCIE_EXPANDER))

    @property
    def model_name(self) -> str:
        """The model in words, for messages."""
        return self.model.name if self.model else (self.view.get("model") or "no model")

    @property
    def hotplug(self) -> bool:
        """Whether its bus takes devices while the guest runs."""
        return self.model is not None and self.model.hotplug and self.targets.get("hotplug") != "off"
