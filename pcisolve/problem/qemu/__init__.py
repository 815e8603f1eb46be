"""What <qemu:commandline> and <qemu:override> make of a guest when QEMU starts it."""
