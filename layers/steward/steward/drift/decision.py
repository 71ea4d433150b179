"""Decides on drift: significant at the family-wise rate, and larger than the declared minimum effect."""

from steward.baselines.baseline import Baseline
from steward.drift.column_drift import evaluate_features, evaluate_outputs
from steward.drift.drift_scope import DriftScope
from steward.drift.embedding_drift import evaluate_embeddings
from steward.drift.family import Family
from steward.drift.joint.joint_drift import evaluate_joint
from steward.drift.missing_and_unseen import evaluate_missing, evaluate_unseen
from steward.drift.segment_drift import evaluate_segments
from steward.errors import IncomparableProfiles
from steward.profiles.profile import Profile
from steward.results import MetricResult


def evaluate_drift(baseline: Baseline, profile: Profile, watched: DriftScope) -> list[MetricResult]:
    """Judge every column of a window, and all of them together, for drift, missing cells and unseen categories.

    A column drifts when any of its tests has a p-value at most its part of the false-alarm rate of the whole window
    (weighted Bonferroni: the chance of any false alarm among all columns stays below the rate, whatever the dependence
    between them), **and** its effect reaches what matters: the winsorised Wasserstein distance in robust standard
    deviations for numbers, the largest change of a share for categories, the root of the mean discrepancy for
    embeddings. All statistics of a column carry that one status; the effect stands at the decisive one alone. Sample
    sizes count after the deflation by the baseline's design effects.

    Returns:
        Results per column in the baseline's order, by monitor; `unknown` with its reason where nothing can be measured.

    Raises:
        IncomparableProfiles: the profile has other bins.
    """
    if profile.bins != baseline.bins.digest:
        msg = f"the window has bins {profile.bins}, the baseline {baseline.bins.digest}; profile its records again"
        raise IncomparableProfiles(msg)
    baseline = baseline.facing(profile.entities)
    family = Family.of(baseline, watched)
    return [
        *evaluate_features(baseline, profile, watched, family),
        *evaluate_embeddings(baseline, profile, watched, family),
        *evaluate_outputs(baseline, profile, watched, family),
        *evaluate_missing(baseline, profile, watched, family),
        *evaluate_unseen(baseline, profile, watched, family),
        *evaluate_joint(baseline, profile, watched.monitors.joint_drift, family),
        *evaluate_segments(baseline, profile, watched, family),
    ]
