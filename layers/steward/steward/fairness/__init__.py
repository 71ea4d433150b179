"""Fairness: differences between groups of a protected attribute."""

from steward.fairness.group_fairness import GroupTreatment, evaluate_fairness

__all__ = ["GroupTreatment", "evaluate_fairness"]
