"""Plan files: what is wanted, in YAML, read into values that know their line and column."""
