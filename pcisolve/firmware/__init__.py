"""What firmware makes of a layout: bus numbers, windows, and what lasts."""
