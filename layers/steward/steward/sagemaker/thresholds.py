"""The thresholds of SageMaker's monitors as those of Steward's, each with its reason."""

import math
from collections.abc import Sequence

from steward.sagemaker.clarify import MINIMUM_NDCG, FacetMetrics
from steward.sagemaker.constraints import Constraints, DistributionConstraints
from steward.sagemaker.distances import shift
from steward.sagemaker.model_quality import (
    THEIR_METRICS,
    MetricConstraint,
    ModelQualityConstraints,
    ModelQualityStatistics,
)
from steward.spec.monitors import MonitorName
from steward.spec.yaml_writer import YamlSection

_METRICS: dict[str, MonitorName] = {
    **{theirs: ours for metrics in THEIR_METRICS.values() for ours, theirs in metrics.items()},
    "weighted_precision": "precision",
    "weighted_recall": "recall",
    "weighted_f1": "f1",
}
"""Model Monitor's metrics and Steward's; the others follow from these."""
_OF_CLASSES = {"weighted_precision", "weighted_recall", "weighted_f1"}
_BINARY_ONLY = {"specificity", "roc_auc", "average_precision"}

_FOUR_FIFTHS = 0.8
_PLACES = 1e4
_DIGITS = 4


def drift(constraints: Constraints, monitors: YamlSection) -> None:
    """What the data quality monitor asks of distributions."""
    distributions = constraints.monitoring_config.distribution_constraints or DistributionConstraints()
    distance = distributions.comparison_threshold
    if not distributions.compared:
        monitors.add("feature_drift", None, "distribution_constraints.perform_comparison was Disabled")
    elif distance is not None and distance >= 1:
        monitors.add("feature_drift", None, f"comparison_threshold {distance:g}: no distance is greater")
    elif distance is not None:
        limits = YamlSection(
            "feature_drift", "an effect must be at least this, and beyond chance; 0.05 and 0.02 if unset"
        )
        why = f"comparison_threshold {distance:g}, as a shift in standard deviations"
        limits.add("minimum_shift", round(shift(max(distance, 0.0)), _DIGITS), why)
        limits.add("minimum_share", *_share(distributions, distance))
        monitors.nest(limits)


def _share(distributions: DistributionConstraints, distance: float) -> tuple[float, str]:
    share = distributions.categorical_comparison_threshold
    if distributions.categorical_drift_method == "ChiSquared":
        return 0.0, "categorical_drift_method ChiSquared says nothing of size"
    if share is None:
        return distance, f"comparison_threshold {distance:g}, the largest change of a share"
    return min(share, 1.0), f"categorical_comparison_threshold {share:g}, the largest change of a share"


def quality(constraints: Constraints, monitors: YamlSection) -> None:
    """What the data quality monitor asks of values."""
    config = constraints.monitoring_config
    if config.emit_metrics == "Disabled":
        monitors.remark("emit_metrics was Disabled: which figures go to CloudWatch is the deployment's to say")
    if config.evaluate_constraints == "Disabled":
        for name in ("validity", "missing_values", "unseen_categories", "schema_consistency"):
            monitors.add(name, None, "evaluate_constraints was Disabled")
        return
    if any(feature.completeness is not None for feature in constraints.features):
        why = "completeness: fewer values than in the baseline were a violation; here they must be beyond chance"
        monitors.add("missing_values", {"maximum_increase": 0.0}, why)
    known, typed = config.domain_content_threshold, config.datatype_check_threshold
    if known is not None and any(feature.domains for feature in constraints.features):
        why = f"domain_content_threshold {known:g}: the share of values that had to be among the baseline's"
        monitors.add("unseen_categories", {"maximum_increase": _rest(known)}, why)
    if typed is not None:
        why = f"datatype_check_threshold {typed:g}: the share of values that had to be of their column's type"
        monitors.add("validity", {"maximum": _rest(typed)}, why)


def performance(asked: ModelQualityConstraints, found: ModelQualityStatistics | None, monitors: YamlSection) -> None:
    """What the model quality monitor asks."""
    values = found.values if found else {}
    left_out: list[str] = []
    for name, constraint in asked.metrics.items():
        ours = _METRICS.get(name)
        if ours is None or (asked.problem == "multiclass_classification" and ours in _BINARY_ONLY):
            left_out.append(name)
            continue
        tolerance, why = _tolerance(constraint, values.get(name, math.nan))
        why = f"{name}: {why}" + ("; here the mean over the classes" if name in _OF_CLASSES else "")
        monitors.add(ours, {"tolerance": tolerance}, why)
    if left_out:
        monitors.remark(f"without a monitor of their own here: {', '.join(left_out)}")


def _tolerance(constraint: MetricConstraint, baseline: float) -> tuple[float, str]:
    """How much worse than the baseline a metric may get: Steward compares with the version's own holdout."""
    threshold = constraint.threshold
    if not math.isfinite(baseline):
        return 0.0, f"its threshold {threshold:.{_DIGITS}g} was what the baseline reached"
    room = baseline - threshold if constraint.comparison_operator == "LessThanThreshold" else threshold - baseline
    return round(
        max(room, 0.0), _DIGITS
    ), f"{baseline:.{_DIGITS}g} in the baseline, {threshold:.{_DIGITS}g} its threshold"


def fairness(groups: Sequence[FacetMetrics], monitors: YamlSection) -> None:
    """What the bias monitor asks: that no group be treated more differently than in the baseline."""
    values = [group.values for group in groups]
    ratios = [min(value["DI"], 1 / value["DI"]) for value in values if value.get("DI", 0) > 0]
    differences = [abs(value["DPPL"]) for value in values if "DPPL" in value]
    opportunities = [abs(value["RD"]) for value in values if "RD" in value]
    limits = YamlSection("fairness", "the bias monitor's constraints are the values of its baseline")
    if ratios:
        why = f"DI {min(ratios):.{_DIGITS}g} in the baseline; the four-fifths rule asks for 0.8"
        limits.add("minimum_disparate_impact", math.floor(min(*ratios, _FOUR_FIFTHS) * _PLACES) / _PLACES, why)
    if differences:
        limits.add("maximum_parity_difference", _at_least(max(differences)), "the largest DPPL of the baseline")
    if opportunities:
        limits.add("maximum_opportunity_difference", _at_least(max(opportunities)), "the largest RD of the baseline")
    if limits.entries:
        monitors.nest(limits)


def attribution(monitors: YamlSection) -> None:
    """What the explainability monitor asks."""
    why = "the explainability monitor reports a violation when the nDCG is below this"
    monitors.add("attribution_drift", {"minimum_ndcg": MINIMUM_NDCG}, why)


def _rest(share: float) -> float:
    return round(min(max(1 - share, 0.0), 1.0), _DIGITS)


def _at_least(value: float) -> float:
    """Rounded up, so that the baseline itself is within."""
    return math.ceil(min(value, 1.0) * _PLACES) / _PLACES
