"""Mergeable summaries of records, and the baselines they are compared with."""

from steward.profiles.baseline import Baseline
from steward.profiles.bins import Bins, CategoricalBins, NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.profile import Profile, merge
from steward.profiles.summaries import CategoricalSummary, NumericSummary

__all__ = [
    "Baseline",
    "Bins",
    "CategoricalBins",
    "CategoricalSummary",
    "DesignEffect",
    "NumericBins",
    "NumericSummary",
    "Profile",
    "merge",
]
