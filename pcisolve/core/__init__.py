"""Values that every room shares: addresses, connection kinds, input elements, errors."""
