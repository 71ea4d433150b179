"""Results of a check as violations of SageMaker's constraints.

A violation is written where a monitor here says `drift` or `breach`, and for nothing else, so that the files and the
alerts speak for the same. Each column has one violation of each check type, the most severe. What SageMaker has no
check type for (joint drift, segments, volume, uniqueness and so on) is in the check and in no violation.
"""

from collections.abc import Iterable, Iterator, Sequence

from steward.profiles.bins import NumericBins
from steward.profiles.derived_features import columns_by_part
from steward.profiles.model_bins import Bins
from steward.results import MetricResult
from steward.sagemaker.counterparts import Counterpart
from steward.sagemaker.distances import distance
from steward.sagemaker.model_quality import THEIR_METRICS, Operator
from steward.sagemaker.violations import (
    AttributionViolation,
    BiasViolation,
    ConstraintViolations,
    FeatureCheck,
    FeatureViolation,
    MetricViolation,
    Violation,
)
from steward.sagemaker.window_statistics import output_columns
from steward.spec.model import ModelSpec

_BAD = ("drift", "breach")
_MEASURED = (*_BAD, "ok", "measured")
_DIGITS = 4
_BIAS = {"disparate_impact": "DI", "statistical_parity_difference": "DPPL", "equal_opportunity_difference": "RD"}
"""Clarify's short names of what fairness is measured by: DI, DPPL (labels predicted), RD (recall)."""
_OF_GROUPS = {"RD": "true_positive_rate"}
"""What each group has of which these are differences; the share of favourable decisions of the others."""

_VALIDITY: dict[str, FeatureCheck] = {
    "outside_domain": "categorical_values_check",
    "missing_value": "completeness_check",
}
"""The check types of invalid rows, by the reason; of all others, `data_type_check`."""
_SCHEMA: dict[str, FeatureCheck] = {
    "absent_share": "missing_column_check",
    "undeclared_share": "extra_column_check",
}
"""The check types of odd columns, by what is odd; of all others, `data_type_check`."""


def violations_of(
    counterpart: Counterpart, spec: ModelSpec, bins: Bins, results: Sequence[MetricResult]
) -> ConstraintViolations | None:
    """The violations that one of SageMaker's monitors would have written; None where nothing was measured."""
    of_all = [result for result in results if result.monitor in counterpart.monitors and result.segment is None]
    if not any(result.status in _MEASURED for result in of_all):
        return None
    bad = [result for result in of_all if result.status in _BAD]
    match counterpart.folder:
        case "data-quality":
            return ConstraintViolations(violations=tuple(_most_severe(_features(spec, bins, bad))))
        case "model-quality":
            return ConstraintViolations(violations=tuple(_metrics(spec, bad)))
        case "model-bias":
            return ConstraintViolations(version="1.0", violations=tuple(_bias(result, results) for result in bad))
        case "model-explainability":
            return ConstraintViolations(version="1.0", violations=tuple(_attributions(bad)))


def _features(spec: ModelSpec, bins: Bins, bad: Iterable[MetricResult]) -> Iterator[tuple[float, FeatureViolation]]:
    """Every violation of a column, with its severity."""
    names = _columns(spec)
    for result in bad:
        name = result.column or ""
        column = names.get(name, name)
        if result.monitor == "schema_consistency":
            if name and result.value:  # a column that is odd no longer has the value 0
                yield result.value, _odd(column, result)
        elif column in names.values() and result.value is not None and result.threshold is not None:
            numeric = isinstance(bins.features.get(name) or bins.outputs.get(name), NumericBins)
            yield abs(result.effect or 0.0), _violation(column, result, numeric=numeric)


def _violation(column: str, result: MetricResult, *, numeric: bool) -> FeatureViolation:
    """What is wrong with the values of a column."""
    share, asked = 1 - (result.value or 0.0), 1 - (result.threshold or 0.0)
    match result.monitor:
        case "missing_values":
            return FeatureViolation.completeness(column, share, asked)
        case "unseen_categories":
            return FeatureViolation.categorical_values(column, share, asked)
        case "validity":
            check = _VALIDITY.get(result.statistic, "data_type_check")
            return FeatureViolation(feature_name=column, constraint_check_type=check, description=result.message)
        case _:
            return _drift_violation(column, result, numeric=numeric)


def _drift_violation(column: str, result: MetricResult, *, numeric: bool) -> FeatureViolation:
    """A column that moved: an effect in standard deviations is told as the distance that it makes."""
    found, limit = abs(result.effect or 0.0), result.threshold or 0.0
    if numeric:
        found, limit = distance(found), distance(limit)
    return FeatureViolation.baseline_drift(column, round(found, _DIGITS), round(limit, _DIGITS))


def _odd(column: str, result: MetricResult) -> FeatureViolation:
    """A column that some files lack, have beyond the declaration, or hold as another type."""
    match _SCHEMA.get(result.statistic):
        case "missing_column_check":
            return FeatureViolation.missing_column(column)
        case "extra_column_check":
            return FeatureViolation.extra_column(column)
        case _:
            return FeatureViolation(
                feature_name=column, constraint_check_type="data_type_check", description=result.message
            )


def _most_severe(found: Iterable[tuple[float, FeatureViolation]]) -> Iterator[FeatureViolation]:
    """One violation of a kind for each column, in the order in which the columns were first found."""
    kept: dict[tuple[str, str], tuple[float, FeatureViolation]] = {}
    for gravity, violation in found:
        kind = (violation.feature_name, violation.constraint_check_type)
        if kind not in kept or gravity > kept[kind][0]:
            kept[kind] = (gravity, violation)
    return (violation for _, violation in kept.values())


def _columns(spec: ModelSpec) -> dict[str, str]:
    """The user's columns that captures hold, by their names and by the parts of the profile that they have."""
    declared = {name: name for name in spec.declared} | {name: name for name in output_columns(spec).values()}
    return columns_by_part(spec.features | spec.outputs) | declared | output_columns(spec)


def _metrics(spec: ModelSpec, bad: Iterable[MetricResult]) -> Iterator[Violation]:
    theirs = THEIR_METRICS.get(spec.task, {})
    for result in bad:
        if result.value is not None and result.threshold is not None:
            side: Operator = "LessThanThreshold" if result.value < result.threshold else "GreaterThanThreshold"
            yield MetricViolation.of(
                theirs.get(result.monitor, result.monitor), result.value, side, round(result.threshold, _DIGITS + 2)
            )


def _bias(result: MetricResult, results: Iterable[MetricResult]) -> Violation:
    """A protected attribute whose groups are treated too differently, and the group that gets least."""
    metric = _BIAS.get(result.statistic, result.statistic)
    share = _OF_GROUPS.get(metric, "favourable_share")
    groups = [
        (other.value, other.segment)
        for other in results
        if (other.monitor, other.column, other.statistic) == (result.monitor, result.column, share)
        and other.segment is not None
        and other.value is not None
    ]
    least = min(groups, default=(0.0, ""))[1]
    return BiasViolation(
        facet=result.column or "",
        facet_value=least.partition("=")[2],
        metric_name=metric,
        description=result.message,
    )


def _attributions(bad: Iterable[MetricResult]) -> Iterator[Violation]:
    for result in bad:
        if result.value is not None and result.threshold is not None:
            yield AttributionViolation.of(result.value, result.threshold)
