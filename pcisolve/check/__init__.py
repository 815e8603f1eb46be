"""Checking a layout rule by rule in plain Python, without any solver."""
