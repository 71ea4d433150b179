"""SageMaker's four monitors and their counterparts in Steward."""

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
        monitors: those here whose findings are in its reports.
        writes: the files of a report.
    """

    folder: Folder
    monitors: tuple[MonitorName, ...]
    writes: tuple[str, ...]


COUNTERPARTS = (
    Counterpart(
        "data-quality",
        (
            "feature_drift",
            "score_drift",
            "missing_values",
            "unseen_categories",
            "validity",
            "schema_consistency",
        ),
        (STATISTICS, VIOLATIONS),
    ),
    Counterpart("model-quality", (*CLASSIFICATION_METRICS, *REGRESSION_METRICS), (STATISTICS, VIOLATIONS)),
    Counterpart("model-bias", ("fairness",), (VIOLATIONS,)),
    Counterpart("model-explainability", ("attribution_drift",), (VIOLATIONS,)),
)
