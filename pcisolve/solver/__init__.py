"""Asking CP-SAT: whether the claims can hold together, and what is the best layout."""
