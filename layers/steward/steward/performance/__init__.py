"""Realised performance: additive outcomes, metrics with intervals, and their evaluation."""
