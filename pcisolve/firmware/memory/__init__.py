"""Memory windows: what firmware makes of the BARs of a guest's devices."""
