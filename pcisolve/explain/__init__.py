"""From broken rules to findings that point into the input."""
