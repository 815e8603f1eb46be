"""Many inputs, one JSON line each, in input order."""
