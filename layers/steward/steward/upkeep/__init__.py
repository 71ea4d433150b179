"""What may be removed of a store."""
