"""Whether a layout is what the plan asks for: no counts, no solver."""
