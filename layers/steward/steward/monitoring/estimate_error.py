"""Error of performance estimates in earlier windows, once labels are known."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from steward.evidence.history import LATE, PastWindow
from steward.evidence.performance_estimate import main_metrics
from steward.evidence.window_evidence import WindowEvidence
from steward.performance.intervals import wilson
from steward.performance.metric import Metric
from steward.results import MetricResult

FEWEST_WINDOWS = 3


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """For each main metric, over the windows with both: the mean absolute error, and how often the interval held.

    `estimate_error_<metric>` has the mean absolute error as its value and the bias (estimated less realised) as its
    effect; `estimate_coverage_<metric>` the share of realised figures within their interval. Where only some rows of a
    window have labels, its interval is widened as the realised figure's chance is: by the root of rows per label.
    """
    results = []
    for metric in main_metrics(evidence.spec).values():
        results += _evaluate(metric, [past for past in evidence.history[-LATE:] if _has_both(past, metric)])
    return results


def _has_both(past: PastWindow, metric: Metric[Any, Any]) -> bool:
    return past.labelled_rows > 0 and metric.name in past.realised and metric.name in past.bounds


def _evaluate(metric: Metric[Any, Any], windows: Sequence[PastWindow]) -> list[MetricResult]:
    count = len(windows)
    if count < FEWEST_WINDOWS:
        return [
            MetricResult(
                monitor="estimated_performance",
                statistic=f"estimate_error_{metric.name}",
                rows=count,
                status="unknown",
                message=f"how far estimates of {metric.title} can be trusted is not known: {count} earlier windows "
                f"have both an estimate and labels, and {FEWEST_WINDOWS} are needed",
            )
        ]
    estimated = np.array([past.estimated[metric.name] for past in windows])
    gaps = estimated - np.array([past.realised[metric.name] for past in windows])
    widened = np.sqrt([max(1.0, past.rows / past.labelled_rows) for past in windows])
    low, high = np.array([past.bounds[metric.name] for past in windows]).T
    held = int(np.count_nonzero((gaps <= (estimated - low) * widened) & (-gaps <= (high - estimated) * widened)))
    size, bias = float(np.mean(np.abs(gaps))), float(np.mean(gaps))
    said = (
        f"over {count:,} earlier windows with labels, estimates of {metric.title} were {metric.text(size)} off on "
        f"average ({metric.text(abs(bias))} too {'high' if bias > 0 else 'low'} on the whole), and {held:,} of "
        f"{count:,} realised figures were within their interval"
    )
    bounds = wilson(held, count)
    of_windows = {"monitor": "estimated_performance", "rows": count, "status": "measured", "message": said}
    return [
        MetricResult(statistic=f"estimate_error_{metric.name}", value=size, effect=bias, **of_windows),  # type: ignore[arg-type]
        MetricResult(
            statistic=f"estimate_coverage_{metric.name}", value=held / count, low=bounds[0], high=bounds[1],
            **of_windows,  # type: ignore[arg-type]
        ),
    ]  # fmt: skip
