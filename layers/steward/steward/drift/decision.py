"""The one decision on drift: real beyond chance, at a family-wise rate over all columns, and large enough to matter."""

from collections.abc import Mapping

from steward.drift.columns import judge_features, judge_score
from steward.drift.family import Family
from steward.drift.shares import judge_missing, judge_unseen
from steward.errors import IncomparableProfiles
from steward.profiles.baseline import Baseline
from steward.profiles.profile import Profile
from steward.results import MetricResult
from steward.spec.model import Monitors


def judge_drift(
    baseline: Baseline, profile: Profile, monitors: Monitors, importances: Mapping[str, float] | None = None
) -> list[MetricResult]:
    """Judge every column of a window for drift, missing cells and unseen categories.

    A column drifts when any of its tests has a p-value at most the monitor's false-alarm rate over the number of tests
    in the whole window (Bonferroni: the chance of any false alarm among all columns stays below the rate, whatever
    the dependence between them), **and** its population stability index, less what sampling alone would give,
    reaches the monitor's minimum effect. All statistics of a column carry that one status; the effect stands at the
    population stability index alone. Sample sizes count after the deflation by the baseline's design effects.

    Args:
        baseline: of the version whose records the window holds.
        profile: of the window, over the baseline's bins.
        monitors: the declared ones; None switches one off, and its tests leave the family.
        importances: share of the model's importance that each feature carries, from 0 to 1, for the sentences.

    Returns:
        Results per column in the baseline's order, by monitor; `unknown` with its reason where nothing can be measured.

    Raises:
        IncomparableProfiles: the profile has other bins.
    """
    if profile.bins != baseline.bins.digest:
        msg = f"the window has bins {profile.bins}, the baseline {baseline.bins.digest}; profile its records again"
        raise IncomparableProfiles(msg)
    family = Family.of(baseline, monitors)
    return [
        *judge_features(baseline, profile, monitors.feature_drift, family, importances or {}),
        *judge_score(baseline, profile, monitors.score_drift, family),
        *judge_missing(baseline, profile, monitors.missing_values, family),
        *judge_unseen(baseline, profile, monitors.unseen_categories, family),
    ]
