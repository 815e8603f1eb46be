"""Where QEMU puts everything when the guest starts: the layout, and the arguments that the guest hands on."""
