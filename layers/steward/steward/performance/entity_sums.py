"""Clustering of the results of one entity: sums by group of entities and a design effect."""

import math
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict

from steward.documents import TolerantModel
from steward.records.hashing import Hashes
from steward.student_t import student_quantile

GROUPS = 128
"""Groups of entities, by their hashes."""

_FIGURES = {
    "log_loss": "loss",
    "accuracy": "right",
    "brier_score": "squared_error",
    "mean_absolute_error": "absolute_error",
    "bias": "error",
    "root_mean_squared_error": "squared_error",
}
"""The figure of a row that a metric is the mean of; of other metrics the figure with the largest effect counts."""

_ROUNDING = 1e-12


class EntitySums(TolerantModel):
    """Rows, and sums of what intervals rest on, per group of entities; adding two gives the sums of both.

    The groups are independent of each other, so what they vary by, over what as many independent rows would, is the
    design effect of the entities, whatever their number of rows and however alike these are.

    Attributes:
        rows: labelled, per group; empty where no column says of whom rows are.
        sums: of each figure of a row (its loss, whether it was right, and the like), per group, by name.
        squares: of each figure, over all rows.

    Source: K. M. Wolter (2007), Introduction to Variance Estimation, 2nd edition, section 2.4 (nonindependent random
    groups).
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    rows: tuple[int, ...] = ()
    sums: dict[str, tuple[float, ...]] = {}
    squares: dict[str, float] = {}

    @classmethod
    def of(cls, entities: Hashes | None, figures: Mapping[str, NDArray[Any]]) -> Self:
        """Sum up some rows.

        Args:
            entities: the hash of the entity of each row, shape (rows,); None where nothing says of whom they are.
            figures: of each row, by name, shape (rows,) each.
        """
        if entities is None:
            return cls()
        groups = (entities % np.uint64(GROUPS)).astype(np.int64)
        columns = {name: figure.astype(np.float64) for name, figure in figures.items()}
        return cls(
            rows=tuple(np.bincount(groups, minlength=GROUPS).tolist()),
            sums={name: tuple(np.bincount(groups, column, GROUPS).tolist()) for name, column in columns.items()},
            squares={name: float(np.square(column).sum()) for name, column in columns.items()},
        )

    @property
    def repeats(self) -> float:
        """Rows that the entity of a row has on average; at least 1."""
        rows = sum(self.rows)
        if not rows:
            return 1.0
        squares = sum(count * count for count in self.rows)
        return max(1.0, (squares - rows * rows / GROUPS) / (1 - 1 / GROUPS) / rows)

    def deviation(self, metric: str, deviation: float) -> float:
        """By how many standard errors of independent rows an interval reaches, for so many of normal variables.

        Args:
            metric: of which the interval is.
            deviation: standard normal quantile of the interval.
        """
        rows = sum(self.rows)
        if not rows:
            return deviation
        independent = min(float(GROUPS), rows / self.repeats)
        return student_quantile(max(1, round(independent) - 1), deviation) * math.sqrt(self.design_effect(metric))

    def design_effect(self, metric: str) -> float:
        """The variance of a metric over that of independent rows, at least 1.

        Of the mean of the figure that it is the mean of, or where it is no mean, of the figure that has most.
        """
        figure = _FIGURES.get(metric)
        names = [figure] if figure in self.sums else list(self.sums)
        return max((self._of_figure(str(name)) for name in names), default=1.0)

    def _of_figure(self, name: str) -> float:
        rows, counts, totals = sum(self.rows), np.array(self.rows, np.float64), np.array(self.sums[name])
        if not rows:
            return 1.0
        mean = float(totals.sum()) / rows
        spread = self.squares[name] - rows * mean**2
        if not math.isfinite(spread) or spread <= _ROUNDING * self.squares[name]:
            return 1.0
        return max(1.0, float(np.sum((totals - counts * mean) ** 2)) / (1 - 1 / GROUPS) / spread)

    def __add__(self, other: "EntitySums") -> "EntitySums":
        if not self.rows or not other.rows:
            return self if self.rows else other
        return EntitySums(
            rows=_add(self.rows, other.rows),
            sums={name: _add(mine, other.sums[name]) for name, mine in self.sums.items()},
            squares={name: mine + other.squares[name] for name, mine in self.squares.items()},
        )


def _add[N: (int, float)](one: tuple[N, ...], other: tuple[N, ...]) -> tuple[N, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
