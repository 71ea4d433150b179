"""Mergeable summaries of records, and the baselines they are compared with."""
