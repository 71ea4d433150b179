"""Evaluates realised performance of a window against the version's own holdout."""

import math
from typing import TYPE_CHECKING, Any

from steward.performance.intervals import Z95, Estimate, difference
from steward.performance.metric import Better, Metric, MetricFigures
from steward.performance.metrics import METRICS, metrics_of
from steward.performance.multiclass_metrics import PER_CLASS
from steward.performance.outcomes import Outcomes
from steward.results import MetricResult, Precision, Status
from steward.spec.monitors import PerformanceMetric

if TYPE_CHECKING:
    from steward.spec.model import ModelSpec

OF_CLASSES: frozenset[PerformanceMetric] = frozenset(
    ("precision", "recall", "f1", "specificity", "roc_auc", "average_precision")
)
"""Metrics that are means over rows of a class, however many rows of others there are."""


_OF_BOTH_CLASSES: frozenset[PerformanceMetric] = frozenset(("log_loss", "brier_score"))
"""Means over all rows that are undefined where a class does not occur."""

_OFTEN_ENOUGH = 10
"""Expected rows of a class from which on fewer than two come once in 2,000 windows."""


def evaluate_performance(
    window: MetricFigures[Any], reference: MetricFigures[Any], spec: "ModelSpec"
) -> list[MetricResult]:
    """One result for every metric of the task, and for several classes those of each class.

    A metric with a limit is in breach when the whole 95 % interval of its difference from the holdout lies beyond the
    tolerance on the bad side; both are uncertain, and their intervals are joined by the square-and-add rule (see
    `intervals.difference`). A metric without a limit is `measured`.

    Args:
        window: the figures of the window's outcomes.
        reference: those of the version on rows it was not trained on, as its baseline keeps them.
        spec: the declaration in force, which sets the limits.
    """
    outcomes, holdout = window.outcomes, reference.outcomes
    limits = {name: monitor.tolerance for name, monitor in spec.performance_monitors.items()}
    metrics = metrics_of(spec)
    if not outcomes.task == holdout.task == spec.task or _classes(outcomes) != _classes(holdout):
        return [_incomparable(metric, outcomes, holdout, spec) for name, metric in metrics.items()]
    results = [evaluate(metric, window, reference, limits.get(name)) for name, metric in metrics.items()]
    if outcomes.task != "multiclass_classification" or holdout.task != "multiclass_classification":
        return results
    of_class = METRICS["binary_classification"]
    return results + [
        evaluate(of_class[name], MetricFigures(part), MetricFigures(holdout.by_class[label]), None, column=label)
        for label, part in outcomes.by_class.items()
        for name in PER_CLASS
    ]


def evaluate(
    metric: Metric[Any, Any],
    window: MetricFigures[Any],
    reference: MetricFigures[Any],
    tolerance: float | None,
    *,
    column: str | None = None,
) -> MetricResult:
    """One metric of a window against the holdout.

    Args:
        metric: of the task of both.
        window: of the window.
        reference: of the version's holdout.
        tolerance: how much worse it may get; None where nobody set a limit.
        column: the class that the outcomes are about, where they are about one.
    """
    sides = comparable(metric, window.outcomes, reference.outcomes)
    whole = sides[0] is window.outcomes and sides[1] is reference.outcomes
    figures = (window.of(metric), reference.of(metric)) if whole else (metric(sides[0]), metric(sides[1]))
    return compare(metric, sides, figures, tolerance, column=column)


def comparable(metric: Metric[Any, Any], outcomes: Outcomes, holdout: Outcomes) -> tuple[Outcomes, Outcomes]:
    """Both sides of a comparison; of a mean over classes it is over those that both have, where there are any."""
    if outcomes.task != "multiclass_classification" or holdout.task != outcomes.task or metric.name not in OF_CLASSES:
        return outcomes, holdout
    common = set(outcomes.seen) & set(holdout.seen)
    return (outcomes.over(common), holdout.over(common)) if common else (outcomes, holdout)


def omitted_classes(metric: Metric[Any, Any], sides: tuple[Outcomes, Outcomes]) -> tuple[str, ...]:
    """Classes of one side that a mean over classes leaves out."""
    if metric.name not in OF_CLASSES:
        return ()
    known = [side for side in sides if side.task == "multiclass_classification"]
    return tuple(
        dict.fromkeys(
            name for side in known for name, part in side.by_class.items() if part.positives and name not in side.seen
        )
    )


def compare(
    metric: Metric[Any, Any],
    sides: tuple[Outcomes, Outcomes],
    estimates: tuple[Estimate | None, Estimate | None],
    tolerance: float | None,
    *,
    column: str | None = None,
) -> MetricResult:
    """The same of estimates that are known already, with intervals of any confidence.

    Args:
        metric: of the task of both sides.
        sides: of the window, and of the holdout.
        estimates: the metric of each, None where it is undefined.
        tolerance: how much worse it may get; None where nobody set a limit.
        column: what part of the whole the sides are about, as sentences call it.
    """
    (outcomes, holdout), (window, expected) = sides, estimates
    subject = metric.title if column is None else f"{metric.title} of {column}"
    missing = omitted_classes(metric, sides)
    if missing:
        subject += f" (without {', '.join(missing)}, of which one side has no row)"
    unknown = MetricResult(
        monitor=metric.name,
        column=column,
        statistic=metric.name,
        value=window.value if window else None,
        low=window.low if window else None,
        high=window.high if window else None,
        baseline=expected.value if expected else None,
        rows=outcomes.labelled,
        baseline_rows=holdout.labelled,
        left_out=missing,
        status="unknown",
        message=f"{subject} cannot be measured: {metric.missing(outcomes)}",
    )
    if window is None:
        return unknown
    measured = f"{subject} is {format_estimate(metric, window)}"
    if expected is None:
        message = f"{measured}, with nothing to compare it with: on the holdout, {metric.missing(holdout)}"
        status: Status = "unknown" if tolerance is not None else "measured"
        return unknown.model_copy(update={"status": status, "message": message})
    change = window.value - expected.value
    worse = is_worse(metric.better, window.value, expected.value)
    message = f"{measured}, {_comparison_text(metric, change, worse=worse)} the holdout's {metric.text(expected.value)}"
    found = {"effect": change, "status": "measured", "message": message}
    if tolerance is None:
        return unknown.model_copy(update=found)
    breach = surely_beyond(metric.better, window, expected, tolerance)
    if worse:
        found["message"] = f"{message}, {'surely' if breach else 'not surely'} beyond the tolerance of {tolerance:g}"
    limit = threshold(metric.better, window.value, expected.value, tolerance)
    judged = {"status": "breach" if breach else "ok", "threshold": limit}
    return unknown.model_copy(update=found | judged | {"precision": _precision(metric, sides, window, expected, limit)})


def _precision(
    metric: Metric[Any, Any], sides: tuple[Outcomes, Outcomes], window: Estimate, expected: Estimate, limit: float
) -> Precision | None:
    here, there = (observations(metric.name, side) for side in sides)
    usual = (expected.high - expected.low) / 2 * math.sqrt(there / max(here, 1))
    above = limit > expected.value
    own = max(usual, window.value - window.low if above else window.high - window.value)
    holdout = expected.high - expected.value if above else expected.value - expected.low
    if not (math.isfinite(own) and math.isfinite(holdout) and here > 0):
        return None
    skewness = _skewness(metric, sides[1])
    if skewness is None:
        selected = _often_undefined(metric, sides)
        return Precision(window=own, unchanged=own, skewness=0.0, holdout=holdout, observations=here, selected=selected)
    clustered, of_holdout = (side.entities.deviation(metric.name, Z95) for side in sides)
    return Precision(
        window=own,
        unchanged=usual * max(1.0, clustered / of_holdout),
        skewness=skewness * math.sqrt(there / here),
        holdout=holdout,
        observations=here,
        degrees=max(1, there - 1),
    )


def _often_undefined(metric: Metric[Any, Any], sides: tuple[Outcomes, Outcomes]) -> bool:
    """Whether a figure of all rows needs a class that is too rare to occur in nearly every window of this size."""
    outcomes, holdout = sides
    if outcomes.task != "binary_classification" or holdout.task != outcomes.task or metric.name not in _OF_BOTH_CLASSES:
        return False
    rarest = min(holdout.positives, holdout.negatives) / max(holdout.labelled, 1)
    return rarest * outcomes.labelled < _OFTEN_ENOUGH


def _skewness(metric: Metric[Any, Any], holdout: Outcomes) -> float | None:
    """How far the holdout's area under the ROC curve is skewed towards worse; None of others, or where nothing varies.

    Its spread in few rows is that in many, scaled: average precision has more, and other metrics lean on rare rows. The
    third cumulant of a sum of independent influences is the sum of theirs; those of classes count as independent.

    Source: P. Hall (1992), The Bootstrap and Edgeworth Expansion, Springer, section 2.6.
    """
    if metric.name != "roc_auc" or metric.by_cell is None:
        return None
    counts: Any = holdout.counts
    parts = counts.classes if holdout.task == "multiclass_classification" else (counts,)
    second = third = 0.0
    for part, (positive, negative) in zip(parts, metric.by_cell(counts), strict=True):
        second += float(part.positive @ positive**2 + part.negative @ negative**2)
        third += float(part.positive @ positive**3 + part.negative @ negative**3)
    return max(0.0, -third / second**1.5) if second > 0 else None


def observations(metric: PerformanceMetric, outcomes: Outcomes) -> int:
    """How many rows a metric rests on: of metrics of a class, those of the rarest class that occurs."""
    if metric not in OF_CLASSES or outcomes.task == "regression":
        return outcomes.labelled
    if outcomes.task == "binary_classification":
        return min(outcomes.positives, outcomes.negatives)
    parts = [outcomes.by_class[name] for name in outcomes.seen]
    return min((min(part.positives, part.negatives) for part in parts), default=0)


def format_estimate(metric: Metric[Any, Any], estimate: Estimate) -> str:
    """An estimate as a person reads it."""
    low, high = (metric.text(bound) for bound in (estimate.low, estimate.high))
    between = f"at least {low}" if math.isinf(estimate.high) else f"{low} to {high}"
    return f"{metric.text(estimate.value)} ({between}, n = {estimate.rows:,})"


def is_worse(better: Better, window: float, expected: float) -> bool:
    """Whether a figure is worse than the one expected."""
    match better:
        case "higher":
            return window < expected
        case "lower":
            return window > expected
        case "nearer zero":
            return abs(window) > abs(expected)


def threshold(better: Better, window: float, expected: float, tolerance: float) -> float:
    """The limit of a figure, on the side that the window's is on."""
    match better:
        case "higher":
            return expected - tolerance
        case "lower":
            return expected + tolerance
        case "nearer zero":
            return max(expected, 0.0) + tolerance if window > 0 else min(expected, 0.0) - tolerance


def surely_beyond(better: Better, window: Estimate, expected: Estimate, tolerance: float) -> bool:
    """Whether the whole interval of the difference is beyond the tolerance on the bad side.

    A figure that is better nearer zero has two bad sides, and all between zero and what is expected is good.
    """
    low, high = difference(window, expected)
    match better:
        case "higher":
            return high < -tolerance
        case "lower":
            return low > tolerance
        case "nearer zero":
            above = low > tolerance and window.low > tolerance
            below = high < -tolerance and window.high < -tolerance
            return above or below


def _comparison_text(metric: Metric[Any, Any], change: float, *, worse: bool) -> str:
    size = metric.text(abs(change))
    if metric.better == "nearer zero":
        return f"{size} {'above' if change > 0 else 'below'}"
    return f"{size} {'worse' if worse else 'better'} than"


def _classes(outcomes: Outcomes) -> tuple[str, ...]:
    return outcomes.classes if outcomes.task == "multiclass_classification" else ()


def _incomparable(metric: Metric[Any, Any], outcomes: Outcomes, holdout: Outcomes, spec: "ModelSpec") -> MetricResult:
    """What is said where the declaration changed its task or its classes since the version was made."""
    about = [f"{outcomes.task} ({len(_classes(outcomes)) or 'no'} classes)" for outcomes in (outcomes, holdout)]
    message = (
        f"{metric.title} cannot be measured: the labels were joined for {about[0]}, the version's holdout is of "
        f"{about[1]}, and {spec.task} is declared; train or adopt a version under the present declaration"
    )
    return MetricResult(
        monitor=metric.name, statistic=metric.name, rows=outcomes.labelled, status="unknown", message=message
    )
