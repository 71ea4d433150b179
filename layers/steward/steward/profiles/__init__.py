"""Mergeable profiles of records."""
