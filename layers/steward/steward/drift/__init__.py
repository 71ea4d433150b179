"""Drift between a baseline and a window: statistics on shared bins, their null tails, and the one decision."""

from steward.drift.chi_squared import chi_squared
from steward.drift.decision import judge_drift
from steward.drift.family import Family
from steward.drift.jensen_shannon_distance import jensen_shannon_distance
from steward.drift.kolmogorov_smirnov import kolmogorov_smirnov
from steward.drift.population_stability_index import population_stability_index
from steward.drift.watched import Watched

__all__ = [
    "Family",
    "Watched",
    "chi_squared",
    "jensen_shannon_distance",
    "judge_drift",
    "kolmogorov_smirnov",
    "population_stability_index",
]
