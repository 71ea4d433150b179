"""Care of the store: what may be merged, and what may be removed."""
