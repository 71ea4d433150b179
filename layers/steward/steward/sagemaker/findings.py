"""What a check found, as violations of the constraints of SageMaker's monitors.

A violation is written where a monitor here says `drift` or `breach`, and for nothing else, so that the files and the
alerts speak for the same. Each column has one violation of each check type, the gravest. What SageMaker has no check
type for (joint drift, segments, volume, uniqueness and so on) is in the check and in no violation.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from steward.profiles.bins import NumericBins
from steward.profiles.facets import part_names
from steward.profiles.intake import Intake
from steward.profiles.model_bins import Bins
from steward.results import MetricResult
from steward.sagemaker.counterparts import Counterpart
from steward.sagemaker.distances import distance
from steward.sagemaker.model_quality import THEIR_METRICS, Operator
from steward.sagemaker.violations import (
    AttributionViolation,
    BiasViolation,
    ConstraintViolations,
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


def violations_of(
    counterpart: Counterpart, spec: ModelSpec, bins: Bins, intake: Intake, results: Sequence[MetricResult]
) -> ConstraintViolations | None:
    """The violations that one of SageMaker's monitors would have written; None where nothing was measured.

    Args:
        counterpart: the monitor.
        spec: the declaration.
        bins: of the window's profile.
        intake: of the window's profile: which columns its files lacked, or had beyond the declaration.
        results: of the check, all of them.
    """
    concerned = [result for result in results if result.monitor in counterpart.monitors and result.segment is None]
    if counterpart.folder == "model-bias":
        concerned = [result for result in results if result.monitor in counterpart.monitors]
    if not any(result.status in _MEASURED for result in concerned):
        return None
    bad = [result for result in concerned if result.status in _BAD]
    match counterpart.folder:
        case "data-quality":
            return ConstraintViolations(violations=tuple(_gravest(_features(spec, bins, intake, bad))))
        case "model-quality":
            return ConstraintViolations(violations=tuple(_metrics(spec, bad)))
        case "model-bias":
            return ConstraintViolations(version="1.0", violations=tuple(map(_bias, bad)))
        case "model-explainability":
            return ConstraintViolations(version="1.0", violations=tuple(_attributions(bad)))


def _features(
    spec: ModelSpec, bins: Bins, intake: Intake, bad: Iterable[MetricResult]
) -> Iterator[tuple[float, FeatureViolation]]:
    """Every violation of a column, with how grave it is."""
    names = _columns(spec)
    for result in bad:
        column = names.get(result.column or "", result.column)
        if result.monitor == "schema_consistency":
            yield from ((0.0, violation) for violation in _schema(spec, intake, column, result))
        elif column is not None and result.value is not None and result.threshold is not None:
            known = bins.features.get(result.column or "") or bins.outputs.get(result.column or "")
            make = _MAKERS[result.monitor]
            yield abs(result.effect or 0.0), make(column, result, isinstance(known, NumericBins))


def _drifted(column: str, result: MetricResult, numeric: bool) -> FeatureViolation:  # noqa: FBT001 - as its siblings
    """A column that moved: an effect in standard deviations is told as the distance that it makes."""
    found, limit = abs(result.effect or 0.0), result.threshold or 0.0
    if numeric:
        found, limit = distance(found), distance(limit)
    return FeatureViolation.baseline_drift(column, round(found, _DIGITS), round(limit, _DIGITS))


def _incomplete(column: str, result: MetricResult, _: bool) -> FeatureViolation:  # noqa: FBT001
    return FeatureViolation.completeness(column, *_rests(result))


def _unseen(column: str, result: MetricResult, _: bool) -> FeatureViolation:  # noqa: FBT001
    return FeatureViolation.categorical_values(column, *_rests(result))


def _invalid(column: str, result: MetricResult, numeric: bool) -> FeatureViolation:  # noqa: FBT001
    return FeatureViolation.data_type(column, "numbers as declared" if numeric else "as declared", *_rests(result))


_MAKERS: dict[str, Callable[[str, MetricResult, bool], FeatureViolation]] = {
    "feature_drift": _drifted,
    "score_drift": _drifted,
    "missing_values": _incomplete,
    "unseen_categories": _unseen,
    "validity": _invalid,
}


def _rests(result: MetricResult) -> tuple[float, float]:
    """The share of what is well, and the share that is asked."""
    return 1 - (result.value or 0.0), 1 - (result.threshold or 0.0)


def _schema(spec: ModelSpec, intake: Intake, column: str | None, result: MetricResult) -> Iterator[FeatureViolation]:
    """Columns that files lack or have beyond the declaration; of others the type changed."""
    missing, extra = set(intake.columns_missing), set(intake.columns_added)
    for name in sorted(missing | extra) if column is None else [column]:
        if name in missing:
            yield FeatureViolation.missing_column(name)
        elif name in extra or spec.column(name) is None:
            yield FeatureViolation.extra_column(name)
        else:
            yield FeatureViolation(
                feature_name=name, constraint_check_type="data_type_check", description=result.message
            )


def _gravest(found: Iterable[tuple[float, FeatureViolation]]) -> Iterator[FeatureViolation]:
    """One violation of a kind for each column, in the order in which the columns were first found."""
    kept: dict[tuple[str, str], tuple[float, FeatureViolation]] = {}
    for gravity, violation in found:
        kind = (violation.feature_name, violation.constraint_check_type)
        if kind not in kept or gravity > kept[kind][0]:
            kept[kind] = (gravity, violation)
    return (violation for _, violation in kept.values())


def _columns(spec: ModelSpec) -> dict[str, str]:
    """The user's column behind each part of the profile that is called otherwise."""
    parts = {part: name for name, declared in spec.declared.items() for part in part_names(name, declared.type)}
    return parts | output_columns(spec)


def _metrics(spec: ModelSpec, bad: Iterable[MetricResult]) -> Iterator[Violation]:
    theirs = THEIR_METRICS.get(spec.task, {})
    for result in bad:
        if result.value is not None and result.threshold is not None:
            side: Operator = "LessThanThreshold" if result.value < result.threshold else "GreaterThanThreshold"
            yield MetricViolation.of(
                theirs.get(result.monitor, result.monitor), result.value, side, round(result.threshold, _DIGITS + 2)
            )


def _bias(result: MetricResult) -> Violation:
    """A protected attribute whose groups are treated too differently; which group, where the result says it."""
    attribute, _, group = (result.segment or "").partition("=")
    return BiasViolation(
        facet=result.column or attribute,
        facet_value=group,
        metric_name=_BIAS.get(result.statistic, result.statistic),
        description=result.message,
    )


def _attributions(bad: Iterable[MetricResult]) -> Iterator[Violation]:
    for result in bad:
        if result.value is not None and result.threshold is not None:
            yield AttributionViolation.of(result.value, result.threshold)
