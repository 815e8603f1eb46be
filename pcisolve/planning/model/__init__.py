"""A plan as integers, and the best of them."""
