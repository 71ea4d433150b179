"""Fairness: differences between groups of a protected attribute."""
