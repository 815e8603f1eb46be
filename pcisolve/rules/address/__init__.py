"""Addresses: their own numbers, the bus they name, and each other."""
