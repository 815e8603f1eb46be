"""From a plan and what the machine can do to a scene: roots, models that may be added, and what wants a place."""
