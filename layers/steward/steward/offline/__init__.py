"""Offline use without a deployment: compare tables, and suggest a declaration."""
