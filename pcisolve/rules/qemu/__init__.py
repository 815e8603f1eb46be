"""What QEMU refuses when the guest is started, although libvirt has defined it."""
