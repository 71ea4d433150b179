"""Performance estimates of a window before labels, or the reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from steward.baselines.conditional_performance import ConditionalPerformance
from steward.estimation.forecast import ForecastModel, MetricForecast
from steward.performance.intervals import Z95, Estimate
from steward.performance.metric import Metric, MetricFigures
from steward.performance.metrics import metrics_of
from steward.performance.outcomes import MulticlassOutcomes, Outcomes
from steward.performance.realised_performance import comparable, omitted_classes
from steward.profiles.profile import Profile
from steward.spec.model import ModelSpec
from steward.spec.monitors import NOT_ESTIMATED, PerformanceMetric

FEWEST_ROWS = 30
"""Rows below which a window tells nothing of what to expect."""

_MAIN = ("roc_auc", "log_loss", "accuracy", "mean_absolute_error", "root_mean_squared_error")


@dataclass(frozen=True, slots=True)
class PerformanceEstimate:
    """What is expected of a window.

    Attributes:
        spec: the declaration in force.
        holdout: the outcomes of the version's holdout.
        rows: of the window, with a score or prediction.
        forecasts: by metric, over all rows.
        before: by metric, what the version did on its holdout.
        realised: the outcomes of the labelled rows; None before any label.
        after: by metric, what they amount to.
        of_labelled: by main metric, over the labelled rows alone; empty with too few of them.
    """

    spec: ModelSpec
    holdout: Outcomes
    rows: int
    forecasts: Mapping[PerformanceMetric, MetricForecast]
    before: Mapping[PerformanceMetric, Estimate]
    realised: Outcomes | None
    after: Mapping[PerformanceMetric, Estimate]
    of_labelled: Mapping[PerformanceMetric, MetricForecast]

    @classmethod
    def of(
        cls,
        spec: ModelSpec,
        known: ConditionalPerformance | None,
        profile: Profile,
        reference: MetricFigures[Any] | None,
        window: MetricFigures[Any] | None,
    ) -> "PerformanceEstimate | str":
        """What can be expected, or the reason why nothing can be.

        Args:
            spec: the declaration in force.
            known: how right the version is on each kind of row; None where its labelled rows do not tell.
            profile: of the window.
            reference: of the version's holdout; None without one.
            window: of the labelled rows of the window; None before any label.
        """
        if reference is None or known is None:
            return _not_learnt(reference.outcomes if reference else None)
        holdout: Outcomes = reference.outcomes
        if _kind(holdout) != (spec.task, spec.classes):
            return "the declaration changed its task or classes; train or adopt a version under the present one"
        expectation = known.expectation(profile)
        if expectation.rows < FEWEST_ROWS:
            said = "prediction" if spec.task == "regression" else "score"
            return f"the window has {expectation.rows} rows with a {said}, and {FEWEST_ROWS} are needed"
        metrics = estimable_metrics(spec)
        forecasts = _forecasts(expectation, metrics)
        if window is not None and (not window.outcomes.labelled or _kind(window.outcomes) != _kind(holdout)):
            window = None
        realised: Outcomes | None = window.outcomes if window else None
        of_labelled: Mapping[PerformanceMetric, MetricForecast] = {}
        if realised is not None and realised.labelled >= expectation.rows:
            of_labelled = forecasts
        elif realised is not None and realised.labelled >= FEWEST_ROWS:
            of_labelled = _forecasts(known.expectation(profile, realised), main_metrics(spec))
        return cls(
            spec=spec,
            holdout=holdout,
            rows=expectation.rows,
            forecasts=forecasts,
            before=_defined(reference, metrics),
            realised=realised,
            after=_defined(window, _alike(metrics, window.outcomes, holdout)) if window else {},
            of_labelled=of_labelled,
        )


def estimable_metrics(spec: ModelSpec) -> dict[PerformanceMetric, Metric[Any, Any]]:
    """The metrics that can be estimated."""
    return {name: metric for name, metric in metrics_of(spec).items() if name not in NOT_ESTIMATED}


def main_metrics(spec: ModelSpec) -> dict[PerformanceMetric, Metric[Any, Any]]:
    """Those whose change is taken apart: the usual ones, and every one with a limit."""
    monitors = (spec.monitors.estimated_performance, spec.monitors.performance_decomposition)
    wanted = {*_MAIN, *spec.performance_monitors, *(monitor.metric for monitor in monitors if monitor)}
    return {name: metric for name, metric in estimable_metrics(spec).items() if name in wanted}


def within_bounds(metric: Metric[Any, Any], value: float, deviation: float, rows: int) -> Estimate:
    """A figure with its 95 % interval, kept to what the metric can be."""
    floor = 0.0 if metric.decimals is not None or metric.better == "lower" else float("-inf")
    ceiling = 1.0 if metric.better == "higher" and metric.decimals is not None else float("inf")
    bounds = (value, value - Z95 * deviation, value + Z95 * deviation)
    middle, low, high = (min(ceiling, max(floor, bound)) for bound in bounds)
    return Estimate(middle, low, high, rows)


def _forecasts(
    expectation: ForecastModel, metrics: Mapping[PerformanceMetric, Metric[Any, Any]]
) -> dict[PerformanceMetric, MetricForecast]:
    found = {name: expectation.forecast(metric) for name, metric in metrics.items()}
    return {name: forecast for name, forecast in found.items() if forecast is not None}


def _defined(
    figures: MetricFigures[Any], metrics: Mapping[PerformanceMetric, Metric[Any, Any]]
) -> dict[PerformanceMetric, Estimate]:
    found = {name: figures.of(metric) for name, metric in metrics.items()}
    return {name: figure for name, figure in found.items() if figure is not None}


def _alike(
    metrics: Mapping[PerformanceMetric, Metric[Any, Any]], realised: Outcomes, holdout: Outcomes
) -> dict[PerformanceMetric, Metric[Any, Any]]:
    """The metrics that are of the same classes on both sides, as what is expected is of the holdout's."""
    return {name: one for name, one in metrics.items() if not omitted_classes(one, comparable(one, realised, holdout))}


def _kind(outcomes: Outcomes) -> tuple[str, tuple[str, ...]]:
    return outcomes.task, outcomes.classes if isinstance(outcomes, MulticlassOutcomes) else ()


def _not_learnt(holdout: Outcomes | None) -> str:
    """Why a baseline has nothing to expect by."""
    if holdout is None or not holdout.labelled:
        return "the version's baseline has no labelled rows to learn from"
    return (
        f"the {holdout.labelled:,} labelled rows of the version's baseline teach nothing: they are too few, of one "
        "class alone, or from before estimates were made; train or adopt the version again"
    )
