"""The laws of libvirt, QEMU and the multi-domain scheme: small classes one can read aloud."""
