"""A plan laid out with the fewest moves against an earlier layout."""
