"""Plans as integers: how many of what go where."""
