"""Corrections: applies uploads of corrected rows and rebuilds what was computed from the old ones."""
