"""Asking the real libvirt, the real QEMU and the guest's real firmware, and comparing what they say with our answer."""
