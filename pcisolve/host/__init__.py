"""A host as input: its PCI functions, read from whatever describes it."""
