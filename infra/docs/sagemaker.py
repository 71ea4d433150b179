"""SageMaker's monitors, and which of Steward's replace them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from steward.sagemaker.counterparts import COUNTERPARTS, Folder
from steward.spec.monitors import MonitorName


class Described(NamedTuple):
    """What the guide says of one monitor.

    Attributes:
        title: what SageMaker calls it.
        needs: what it can only speak of once this is known.
        beyond: monitors that answer the same question, and that its reports have no word for.
        checks: the check types of its violations.
    """

    title: str
    needs: str
    beyond: tuple[MonitorName, ...]
    checks: tuple[str, ...]


DESCRIBED: Mapping[Folder, Described] = {
    "data-quality": Described(
        "data quality",
        "captures",
        (
            "joint_drift",
            "segment_drift",
            "scale_consistency",
            "uniqueness",
            "freshness",
            "volume",
            "no_data",
            "constant_columns",
            "label_leakage",
            "repeated_rows",
        ),
        (
            "data_type_check",
            "completeness_check",
            "baseline_drift_check",
            "missing_column_check",
            "extra_column_check",
            "categorical_values_check",
        ),
    ),
    "model-quality": Described(
        "model quality",
        "labels",
        (
            "estimated_performance",
            "performance_decomposition",
            "segment_performance",
            "unmatched_labels",
            "contradicted_labels",
        ),
        ("LessThanThreshold", "GreaterThanThreshold"),
    ),
    "model-bias": Described("bias drift", "protected attributes", (), ("bias_drift_check",)),
    "model-explainability": Described(
        "feature attribution drift", "attributions", (), ("feature_attribution_drift_check",)
    ),
}


def table() -> str:
    """Every monitor of SageMaker, with those that replace it."""
    lines = [
        "| SageMaker's monitor | needs | here | and beyond it | reports written | check types |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for known in COUNTERPARTS:
        described = DESCRIBED[known.folder]
        files = f"`{known.folder}/`: {join(known.writes)}"
        cells = (described.title, described.needs, join(known.monitors), join(described.beyond), files)
        lines.append(f"| {' | '.join(cells)} | {join(described.checks)} |")
    return "\n".join(lines)


def join(names: Iterable[str]) -> str:
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)
