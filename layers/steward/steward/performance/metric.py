"""One performance metric: its value, its interval, and how people read it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from steward.array_types import Floats
from steward.performance.entity_sums import EntitySums
from steward.performance.intervals import Z95, Estimate
from steward.spec.monitors import PerformanceMetric

Better = Literal["higher", "lower", "nearer zero"]

CellSlopes = tuple[Floats, Floats]
"""Derivatives by the positive and the negative rows of each cell, each of shape (cells,)."""


class HasEntities(Protocol):
    """Outcomes of any task."""

    @property
    def entities(self) -> EntitySums:
        """Their sums by groups of entities."""


@dataclass(frozen=True, slots=True)
class Metric[O: HasEntities, C]:
    """A metric of the outcomes `O` of a task, or of their counts `C`.

    Attributes:
        name: of the metric, which is also its monitor's.
        title: what sentences call it.
        better: which way is better.
        estimate: the metric of outcomes, with the interval at this standard normal quantile; None where undefined.
        value: the metric of counts that are expected or reweighted, whose interval follows from how they came
            about; NaN where undefined.
        missing: what outcomes lack where the metric is undefined.
        decimals: how many are told; None for metrics in the label's unit.
        by_cell: derivatives of `value` by the rows of each true class in each cell of the score, for each class against
            the rest; None where the value follows from the other sums.
    """

    name: PerformanceMetric
    title: str
    better: Better
    estimate: Callable[[O, float], Estimate | None]
    value: Callable[[C], Floats]
    missing: Callable[[O], str]
    decimals: int | None = 3
    by_cell: Callable[[C], Sequence[CellSlopes]] | None = None

    def __call__(self, outcomes: O, deviation: float = Z95) -> Estimate | None:
        """The metric with its interval, of 95 % unless another standard normal quantile is given."""
        return self.estimate(outcomes, outcomes.entities.deviation(self.name, deviation))

    def text(self, figure: float) -> str:
        """A figure as a person reads it."""
        return f"{figure:.4g}" if self.decimals is None else f"{figure:.{self.decimals}f}"


class MetricFigures[O: HasEntities]:
    """The metrics of some outcomes, each worked out once: what was realised is asked for by several monitors."""

    def __init__(self, outcomes: O) -> None:
        self.outcomes = outcomes
        self._known: dict[PerformanceMetric, Estimate | None] = {}

    def of(self, metric: Metric[O, Any]) -> Estimate | None:
        """A metric with its interval of 95 %; None where it is undefined."""
        if metric.name not in self._known:
            self._known[metric.name] = metric(self.outcomes)
        return self._known[metric.name]
