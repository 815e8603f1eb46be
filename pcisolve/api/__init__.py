"""The library: load, solve, check, convert. What the command line does, as functions."""
