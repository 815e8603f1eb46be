"""pcisolve beside others: libvirt on domain XML, general solvers on plans. `make bench` writes benchmarks/README.md."""
