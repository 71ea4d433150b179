"""Drift between a baseline and a window: statistics on shared bins, their null distributions, one decision."""

from steward.drift.chi_squared import chi_squared
from steward.drift.decision import evaluate_drift
from steward.drift.drift_scope import DriftScope
from steward.drift.family import Family
from steward.drift.jensen_shannon_distance import jensen_shannon_distance
from steward.drift.kolmogorov_smirnov import kolmogorov_smirnov
from steward.drift.population_stability_index import population_stability_index

__all__ = [
    "DriftScope",
    "Family",
    "chi_squared",
    "evaluate_drift",
    "jensen_shannon_distance",
    "kolmogorov_smirnov",
    "population_stability_index",
]
