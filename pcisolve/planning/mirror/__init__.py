"""A host under a plan: what groups select of it, and a guest whose devices stand as the host's do."""
