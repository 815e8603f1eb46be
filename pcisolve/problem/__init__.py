"""What the platform makes of an input: parts with needs, the buses there are, what is still to be chosen."""
