"""Key figures of a baseline."""

from typing import Any

from steward.baselines.baseline import Baseline
from steward.performance.metrics import metric_values
from steward.profiles.bins import NumericBins
from steward.profiles.summaries import NumericSummary
from steward.spec.model import ModelSpec

_DIGITS = 6


def baseline_facts(baseline: Baseline, spec: ModelSpec) -> dict[str, Any]:
    """Rows; of each column the bins, the share of unusable cells and the mean; results on the holdout."""
    columns: dict[str, dict[str, float]] = {}
    for name, summary in (baseline.reference.features | baseline.reference.outputs).items():
        bins = baseline.bins.features.get(name) or baseline.bins.outputs[name]
        facts = {"unusable": round(summary.unusable / summary.rows, _DIGITS)} if summary.rows else {}
        if isinstance(summary, NumericSummary) and isinstance(bins, NumericBins) and summary.count:
            facts["mean"] = round(float(summary.mean(bins)), _DIGITS)
        columns[name] = facts
    metrics = metric_values(baseline.holdout, spec.business_value) if baseline.holdout else {}
    return {
        "rows": baseline.reference.rows,
        "bins": baseline.bins.digest,
        "columns": columns,
        "holdout": {name: round(value, _DIGITS) for name, value in metrics.items()},
    }
