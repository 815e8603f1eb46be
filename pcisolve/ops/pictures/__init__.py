"""Pictures of guests, and of two guests compared."""
