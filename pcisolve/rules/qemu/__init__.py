"""What QEMU refuses when the guest is started, although libvirt has defined it (sections 5.10, 7.4, 7.5)."""
