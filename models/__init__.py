"""Knowledge as data: PCI controllers, machines, devices and platforms, one TOML file per thing.

Read by pcisolve.catalog; a folder of the same shape given with --models adds to it or overrides it by file name.
"""
