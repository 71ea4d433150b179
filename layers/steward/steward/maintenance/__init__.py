"""Maintenance of the store: retention."""
