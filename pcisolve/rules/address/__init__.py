"""Addresses: their own numbers, the bus they name, and each other (sections 2.2, 5.1, 5.2)."""
