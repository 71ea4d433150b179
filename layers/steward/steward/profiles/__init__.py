"""Mergeable summaries of records."""
