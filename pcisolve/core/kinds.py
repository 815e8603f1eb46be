"""Connection kinds: what a bus accepts and what a device or controller needs.

Plain integers used as bit sets, because the search asks "do these meet?" millions of times.
Source of the kinds: libvirt src/conf/domain_addr.h.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

CONVENTIONAL: Final = 1
EXPRESS: Final = 2
ROOT_PORT: Final = 4
UPSTREAM_PORT: Final = 8
DOWNSTREAM_PORT: Final = 16
DMI_BRIDGE: Final = 32
PCIE_TO_PCI_BRIDGE: Final = 64
PCI_BRIDGE: Final = 128
PCI_EXPANDER: Final = 256
PCIE_EXPANDER: Final = 512

ENDPOINT: Final = CONVENTIONAL | EXPRESS

# The words used in models/*.toml, and the words a message uses for them.
KIND_OF_WORD: Final[dict[str, int]] = {
    "conventional": CONVENTIONAL,
    "express": EXPRESS,
    "pcie-root-port": ROOT_PORT,
    "pcie-switch-upstream-port": UPSTREAM_PORT,
    "pcie-switch-downstream-port": DOWNSTREAM_PORT,
    "dmi-to-pci-bridge": DMI_BRIDGE,
    "pcie-to-pci-bridge": PCIE_TO_PCI_BRIDGE,
    "pci-bridge": PCI_BRIDGE,
    "pci-expander-bus": PCI_EXPANDER,
    "pcie-expander-bus": PCIE_EXPANDER,
}
_SPOKEN: Final = {CONVENTIONAL: "conventional PCI device", EXPRESS: "PCI Express device"}


def kinds_of(words: Iterable[str]) -> int:
    """The bit set of these words.

    Raises:
        KeyError: a word is not a kind.
    """
    bits = 0
    for word in words:
        bits |= KIND_OF_WORD[word]
    return bits


def spoken(bits: int) -> str:
    """The kinds in words, for a message: "a PCI Express device or a pcie-root-port"."""
    words = [_SPOKEN.get(bit, word) for word, bit in KIND_OF_WORD.items() if bits & bit]
    return " or ".join(f"a {word}" for word in words) if words else "nothing"
