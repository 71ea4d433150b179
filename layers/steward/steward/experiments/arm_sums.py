"""Sums of what each arm of an experiment did in a window; adding two gives those of both."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Self

from pydantic import AwareDatetime, ConfigDict

from steward.documents import TolerantModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from steward.array_types import Floats

GROUPS = 128
"""Groups of entities, by a hash that knows neither the salt nor the arm."""


class MetricSums(TolerantModel):
    """Of one figure of each row, such as its loss, over the rows of one arm for which it is known.

    Attributes:
        rows: summed up.
        total, squares: of the figure.
        covariate_total, covariate_squares: of what was known of the entity before the experiment; 0 without.
        products: of the figure and the covariate.
        group_rows, group_totals, group_covariates: by group of entities; empty where rows name no entity.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    rows: int = 0
    total: float = 0.0
    squares: float = 0.0
    covariate_total: float = 0.0
    covariate_squares: float = 0.0
    products: float = 0.0
    group_rows: tuple[int, ...] = ()
    group_totals: tuple[float, ...] = ()
    group_covariates: tuple[float, ...] = ()

    @classmethod
    def of(
        cls,
        values: "Sequence[float] | Floats",
        covariates: "Sequence[float] | Floats" = (),
        groups: "Sequence[int] | NDArray[np.integer] | None" = None,
    ) -> Self:
        """Sum up some rows; arrays are summed some forty times faster than lists.

        Args:
            values: the figure of each row, finite.
            covariates: of each row, finite; empty without. A row whose entity has no past has the value that was agreed
                on for such rows before the experiment, such as the mean.
            groups: of each row, by `group_of`; None where rows name no entity, so that each stands for itself.

        Raises:
            ValueError: the sequences differ in length.
        """
        import numpy as np  # noqa: PLC0415 - functions that only add sums start without it

        figures = np.asarray(values, np.float64)
        if not len(figures):
            return cls()
        known = np.asarray(covariates, np.float64) if len(covariates) else np.zeros(len(figures))
        if len(known) != len(figures) or (groups is not None and len(groups) != len(figures)):
            raise ValueError("values, covariates and groups must have one item for each row")
        by_group: list[tuple[float, ...]] = [(), (), ()]
        if groups is not None:
            at = np.asarray(groups, np.intp)
            by_group = [tuple(np.bincount(at, part, GROUPS).tolist()) for part in (None, figures, known)]
        return cls(
            rows=len(figures),
            total=float(figures.sum()),
            squares=float(figures @ figures),
            covariate_total=float(known.sum()),
            covariate_squares=float(known @ known),
            products=float(figures @ known),
            group_rows=tuple(map(int, by_group[0])),
            group_totals=by_group[1],
            group_covariates=by_group[2],
        )

    def __add__(self, other: "MetricSums") -> "MetricSums":
        if not self.rows or not other.rows:
            return self if self.rows else other
        if bool(self.group_rows) != bool(other.group_rows):
            raise ValueError("sums with and without groups of entities cannot be added: name the entity in all rows")
        return MetricSums(
            rows=self.rows + other.rows,
            total=self.total + other.total,
            squares=self.squares + other.squares,
            covariate_total=self.covariate_total + other.covariate_total,
            covariate_squares=self.covariate_squares + other.covariate_squares,
            products=self.products + other.products,
            group_rows=_add(self.group_rows, other.group_rows),
            group_totals=_add(self.group_totals, other.group_totals),
            group_covariates=_add(self.group_covariates, other.group_covariates),
        )


class ArmSums(TolerantModel):
    """Of one arm.

    Attributes:
        rows: served by the arm, also those whose metrics are not known yet; what the sample ratio is tested on.
        group_rows: of these, by group of entities; empty where rows name no entity.
        metrics: by name.
    """

    rows: int = 0
    group_rows: tuple[int, ...] = ()
    metrics: dict[str, MetricSums] = {}

    @classmethod
    def of(cls, groups: Sequence[int] | None, rows: int, metrics: Mapping[str, MetricSums]) -> Self:
        """Sum up some rows.

        Args:
            groups: of each row; None where rows name no entity.
            rows: how many.
            metrics: of those for which it is known.
        """
        if not rows:
            return cls()
        counts = [0] * GROUPS
        for group in groups or ():
            counts[group] += 1
        return cls(rows=rows, group_rows=tuple(counts) if groups is not None else (), metrics=dict(metrics))

    def metric(self, name: str) -> MetricSums:
        """The sums of a metric, empty where no row has it."""
        return self.metrics.get(name, MetricSums())

    def __add__(self, other: "ArmSums") -> "ArmSums":
        if not self.rows or not other.rows:
            return self if self.rows else other
        if bool(self.group_rows) != bool(other.group_rows):
            raise ValueError("sums with and without groups of entities cannot be added: name the entity in all rows")
        names = sorted({*self.metrics, *other.metrics})
        return ArmSums(
            rows=self.rows + other.rows,
            group_rows=_add(self.group_rows, other.group_rows),
            metrics={name: self.metric(name) + other.metric(name) for name in names},
        )


class WindowSums(TolerantModel):
    """Of one window of event time.

    Attributes:
        start: of the window.
        arms: by name.
    """

    start: AwareDatetime
    arms: dict[str, ArmSums] = {}

    def __add__(self, other: "WindowSums") -> "WindowSums":
        names = sorted({*self.arms, *other.arms})
        arms = {name: self.arms.get(name, ArmSums()) + other.arms.get(name, ArmSums()) for name in names}
        return WindowSums(start=min(self.start, other.start), arms=arms)


def accumulate_windows(windows: Iterable[WindowSums]) -> list[tuple[datetime, WindowSums]]:
    """The sums up to and with each window, in the order of event time; parts of one window are added first.

    Returns:
        The start of each window, and what had been summed up by its end.
    """
    parts: dict[datetime, WindowSums] = {}
    for window in windows:
        parts[window.start] = parts[window.start] + window if window.start in parts else window
    reached: list[tuple[datetime, WindowSums]] = []
    for start in sorted(parts):
        reached.append((start, reached[-1][1] + parts[start] if reached else parts[start]))
    return reached


def group_of(entity: str) -> int:
    """The group of an entity; independent of its arm, whose hash is another one."""
    return blake2b(entity.encode(), digest_size=1).digest()[0] % GROUPS


def _add[N: (int, float)](one: tuple[N, ...], other: tuple[N, ...]) -> tuple[N, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
