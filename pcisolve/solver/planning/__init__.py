"""Plans put to CP-SAT: the best counts, level by level, or that there are none."""
