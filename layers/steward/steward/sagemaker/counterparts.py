"""SageMaker's four monitors and their counterparts in Steward."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from steward.spec.monitors import CLASSIFICATION_METRICS, REGRESSION_METRICS, MonitorName

Folder = Literal["data-quality", "model-quality", "model-bias", "model-explainability"]

STATISTICS = "statistics.json"
VIOLATIONS = "constraint_violations.json"


@dataclass(frozen=True, slots=True)
class Counterpart:
    """One monitor of SageMaker.

    Attributes:
        folder: what its reports lie under, after SageMaker's monitoring types.
        title: what SageMaker calls it.
        needs: what it can only speak of once this is known.
        monitors: those here whose findings are in its reports.
        beyond: those here that answer the same question, and that its reports have no word for.
        writes: the files of a report.
        checks: the check types of its violations; empty where each says on which side of a threshold a metric is.
    """

    folder: Folder
    title: str
    needs: str
    monitors: tuple[MonitorName, ...]
    beyond: tuple[MonitorName, ...]
    writes: tuple[str, ...]
    checks: tuple[str, ...]


COUNTERPARTS: tuple[Counterpart, ...] = (
    Counterpart(
        folder="data-quality",
        title="data quality",
        needs="captures",
        monitors=(
            "feature_drift",
            "score_drift",
            "missing_values",
            "unseen_categories",
            "validity",
            "schema_consistency",
        ),
        beyond=(
            "joint_drift",
            "segment_drift",
            "scale_consistency",
            "uniqueness",
            "freshness",
            "volume",
            "no_data",
            "constant_columns",
            "label_leakage",
        ),
        writes=(STATISTICS, VIOLATIONS),
        checks=(
            "data_type_check",
            "completeness_check",
            "baseline_drift_check",
            "missing_column_check",
            "extra_column_check",
            "categorical_values_check",
        ),
    ),
    Counterpart(
        folder="model-quality",
        title="model quality",
        needs="labels",
        monitors=(*CLASSIFICATION_METRICS, *REGRESSION_METRICS),
        beyond=("estimated_performance", "performance_decomposition", "segment_performance", "unmatched_labels"),
        writes=(STATISTICS, VIOLATIONS),
        checks=(),
    ),
    Counterpart(
        folder="model-bias",
        title="bias drift",
        needs="protected attributes",
        monitors=("fairness",),
        beyond=(),
        writes=(VIOLATIONS,),
        checks=("bias_drift_check",),
    ),
    Counterpart(
        folder="model-explainability",
        title="feature attribution drift",
        needs="attributions",
        monitors=("attribution_drift",),
        beyond=(),
        writes=(VIOLATIONS,),
        checks=("feature_attribution_drift_check",),
    ),
)


def table() -> Iterator[str]:
    """The table of counterparts, line by line, in Markdown."""
    yield "| SageMaker's monitor | needs | here | and beyond it | reports written | check types |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for known in COUNTERPARTS:
        cells = (
            known.title,
            known.needs,
            _join_names(known.monitors),
            _join_names(known.beyond),
            f"`{known.folder}/`: {_join_names(known.writes)}",
            _join_names(known.checks) or "`LessThanThreshold`, `GreaterThanThreshold`",
        )
        yield f"| {' | '.join(cells)} |"


def _join_names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
