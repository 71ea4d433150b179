"""The likely cause of a loss: the inputs, or the world."""

from collections.abc import Sequence

from steward.results import MetricResult
from steward.spec.monitors import PerformanceMetric

_WORLD, _INPUTS = "from_world_", "from_inputs_"


def likely_cause(results: Sequence[MetricResult], judged_by: PerformanceMetric) -> str:
    """What a check knows of the cause, in a sentence; empty where it knows nothing.

    The realised change is split into what comes with the inputs and what comes with the world (see
    `steward.monitoring.expected_performance`); before the labels only the first part is known.

    Args:
        results: of the check.
        judged_by: the metric that the model is judged by; another stands in where it was not split.
    """
    for prefix in (_WORLD, _INPUTS):
        known = [one for one in results if one.statistic.startswith(prefix) and one.value is not None]
        chosen = next((one for one in known if one.statistic == f"{prefix}{judged_by}"), known[0] if known else None)
        if chosen is None:
            continue
        if prefix == _INPUTS:
            return chosen.message
        world, total = chosen.value or 0.0, chosen.effect or 0.0
        if total == 0:
            return chosen.message
        source = "the world: the truth given the inputs has changed" if world / total >= _HALF else "the inputs"
        return f"mostly {source}; {chosen.message}"
    return ""


_HALF = 0.5
