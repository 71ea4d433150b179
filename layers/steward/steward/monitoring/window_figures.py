"""The figures of a check that later windows are judged by."""

from collections.abc import Sequence

from steward.evidence.history import PastWindow
from steward.quality.schema_consistency import oddity_shares
from steward.quality.unmatched_labels import matches_of
from steward.results import FILLING, MetricResult
from steward.spec.monitors import CLASSIFICATION_METRICS, REGRESSION_METRICS

_DRIFT = frozenset({"feature_drift", "score_drift", "joint_drift"})
_PERFORMANCE = frozenset((*CLASSIFICATION_METRICS, *REGRESSION_METRICS))


def window_figures(window: str, rows: int, labelled_rows: int, results: Sequence[MetricResult]) -> PastWindow:
    """The key figures of a check's results about all rows."""
    whole = [result for result in results if result.segment is None and result.value is not None]
    realised = {
        result.monitor: result.value for result in whole if result.monitor in _PERFORMANCE and not result.left_out
    }
    estimates = {
        result.statistic.removeprefix("estimated_"): result
        for result in whole
        if result.monitor == "estimated_performance" and result.statistic.startswith("estimated_")
    }
    effects = {
        result.statistic if result.column is None else result.column: result.effect
        for result in whole
        if result.monitor in _DRIFT and result.effect is not None
    }
    return PastWindow(
        window=window,
        rows=rows,
        labelled_rows=labelled_rows,
        realised=realised if labelled_rows else {},  # type: ignore[arg-type]
        estimated={name: result.value for name, result in estimates.items()},  # type: ignore[misc]
        bounds={name: (result.low, result.high) for name, result in estimates.items()},  # type: ignore[misc]
        effects=effects,
        columns=oddity_shares(results),
        matches=matches_of(results),
        filling=any(result.statistic == FILLING for result in results),
    )
