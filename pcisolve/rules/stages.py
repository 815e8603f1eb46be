"""How deep each stage is: what libvirt takes, what QEMU starts, what works in the guest."""

from __future__ import annotations

from typing import Final

DEPTH: Final = {"libvirt": 0, "qemu": 1, "guest": 2}
