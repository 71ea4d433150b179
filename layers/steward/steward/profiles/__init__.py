"""Mergeable summaries of records, and the baselines they are compared with."""

from steward.profiles.baseline import Baseline
from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.intake import Intake
from steward.profiles.log_histogram import LogHistogram
from steward.profiles.merging import merge
from steward.profiles.model_bins import Bins
from steward.profiles.operation import Operation
from steward.profiles.portion import Portion
from steward.profiles.profile import Gathering, Profile
from steward.profiles.sample import Sample, codes
from steward.profiles.scope import Scope
from steward.profiles.segments import Decisions, SegmentProfile
from steward.profiles.summaries import CategoricalSummary, NumericSummary

__all__ = [
    "Baseline",
    "Bins",
    "CategoricalBins",
    "CategoricalSummary",
    "Decisions",
    "DesignEffect",
    "Gathering",
    "Intake",
    "LogHistogram",
    "NumericBins",
    "NumericSummary",
    "Operation",
    "Portion",
    "Profile",
    "Sample",
    "Scope",
    "SegmentProfile",
    "codes",
    "merge",
]
