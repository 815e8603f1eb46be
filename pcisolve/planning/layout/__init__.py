"""From counts to elements, each with its place."""
