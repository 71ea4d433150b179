"""Errors in a model's data: written down, corrected by a new version of the data, and followed to their end."""
