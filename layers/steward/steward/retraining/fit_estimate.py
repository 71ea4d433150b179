"""Estimates the time and memory of a training, so that what does not fit is refused before it starts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from steward.errors import TrainingImpossible
from steward.retraining.search_candidates import combinations, with_parameters
from steward.retraining.training_span import CANDIDATES, FOLDS
from steward.spec.model import ModelSpec
from steward.spec.recipe import FORESTS, Estimator, ParameterSearch, Recipe

TIME_MARGIN = 2.0
"""Processors differ, and so do rows: the estimate is doubled before it is compared with the function's time."""

MEMORY_MARGIN = 1.25
"""The same of memory, which varies less."""

_BASE_MEGABYTES = 200
"""Of a process with the libraries, before any row."""

_FIT_BYTES = 20
"""Of each row and column that is fitted on, beside that: encoded copies."""

_SCORED_ROWS = 5_000
"""Rows of the holdout that importances score again for each column, three times."""

_READ_BYTES = 55
"""Of each row and column that is read: objects, the joined table, and the sorted one."""

_USUAL_TREES = 100
"""Trees, or rounds of boosting, that the estimators have by default, and had when they were measured."""

_MEASURED_DEPTH = math.log2(20_000)
"""Levels of the forests that were measured: one leaf a row."""


_FEWEST_ROWS = 1000
"""Below it a number of rows is no remedy."""

_ELSEWHERE = (
    "train it elsewhere and adopt it: remove retraining.recipe, and upload a reference with the model's own outputs"
)


@dataclass(frozen=True, slots=True)
class FitCost:
    """What one estimator takes, with its default parameters on one thread.

    Attributes:
        column_seconds: for each column, whatever the rows: importances and the baseline.
        cell_microseconds: for each row and column that is fitted on.
        row_microseconds: for each row beside that: trees look at few of the columns.
        row_kilobytes: of memory for each row: leaves, in the model and in the artifact.
        pair_nanoseconds: for each pair of a row that is fitted on and one that is scored, and column.
    """

    column_seconds: float
    cell_microseconds: float
    row_microseconds: float = 0.0
    row_kilobytes: float = 0.0
    pair_nanoseconds: float = 0.0


COSTS: Mapping[Estimator, FitCost] = {
    "HistGradientBoostingClassifier": FitCost(0.16, 2.4),
    "HistGradientBoostingRegressor": FitCost(0.11, 4.2),
    "RandomForestClassifier": FitCost(0.05, 15, row_microseconds=160, row_kilobytes=7),
    "RandomForestRegressor": FitCost(0.05, 50, row_microseconds=300, row_kilobytes=25),
    "ExtraTreesClassifier": FitCost(0.05, 15, row_microseconds=260, row_kilobytes=23),
    "ExtraTreesRegressor": FitCost(0.05, 45, row_microseconds=300, row_kilobytes=40),
    "LogisticRegression": FitCost(0.07, 2.4),
    "Ridge": FitCost(0.06, 2.8),
    "ElasticNet": FitCost(0.06, 4),
    "SGDClassifier": FitCost(0.06, 4),
    "SGDRegressor": FitCost(0.06, 4),
    "GaussianNB": FitCost(0.07, 2.4),
    "KNeighborsClassifier": FitCost(0.06, 2.4, pair_nanoseconds=0.6),
    "KNeighborsRegressor": FitCost(0.06, 2.4, pair_nanoseconds=0.6),
    "IsolationForest": FitCost(0.3, 4),
}
"""As `python -m tests.benchmarks.cost.fitting` measures them, on the slower side."""


@dataclass(frozen=True, slots=True)
class FitEstimate:
    """What a training takes, without a margin.

    Attributes:
        rows, columns: that it is estimated for.
        fits: how often the recipe is fitted, at most.
        seconds, megabytes: the estimate.
        cautious_seconds: the same with the margin, which the time that a search is given does not need.
    """

    rows: int
    columns: int
    fits: int
    seconds: float
    cautious_seconds: float
    megabytes: float

    def fits_into(self, seconds: float, megabytes: float) -> bool:
        """Whether it fits with the margins."""
        return self.cautious_seconds <= seconds and self.megabytes * MEMORY_MARGIN <= megabytes


def estimate_fit(spec: ModelSpec, declared: Recipe, rows: int, read: int | None = None) -> FitEstimate:
    """What a training of a declaration on so many labelled rows takes.

    A search takes the time that it is given, or less where all its combinations are tried before; but the first is
    always tried, on every fold. Any of them may win, so the costliest is what is fitted at last. Embeddings count as
    many columns as they have dimensions.

    Args:
        spec: the declaration.
        declared: its recipe.
        rows: labelled ones that are fitted on or judge.
        read: rows that are read, where those are more.
    """
    cost = COSTS[declared.estimator]
    columns = _columns(spec)
    works = [_work(with_parameters(declared, tried), rows, len(spec.classes)) for tried in combinations(declared)]
    work = max(works)
    compared = FOLDS * len(CANDIDATES) if spec.retraining.chosen_span == "auto" else 0
    a_fit = rows * (columns * cost.cell_microseconds + cost.row_microseconds) * 1e-6
    pairs = rows * min(rows, _SCORED_ROWS) * (3 * columns + 1) * columns
    fits = 1 + int(spec.retraining.refit)
    fixed = (
        work * (columns * cost.column_seconds + fits * a_fit)
        + works[0] * compared * a_fit
        + pairs * cost.pair_nanoseconds * 1e-9
    )
    kept = columns * _FIT_BYTES + work * cost.row_kilobytes * 1e3
    return FitEstimate(
        rows=rows,
        columns=columns,
        fits=fits + compared + (len(works) * declared.search.folds if declared.search else 0),
        seconds=fixed + _search_seconds(declared.search, works, a_fit),
        cautious_seconds=fixed * TIME_MARGIN + _search_seconds(declared.search, works, a_fit * TIME_MARGIN),
        megabytes=_BASE_MEGABYTES + (max(rows, read or 0) * columns * _READ_BYTES + rows * kept) / 1e6,
    )


def _search_seconds(search: ParameterSearch | None, works: Sequence[float], a_fit: float) -> float:
    """What a search takes: the folds of a combination have, together, half as many times all rows as there are folds.

    Args:
        search: its time and folds; None where nothing is searched.
        works: of each combination, the declared one first.
        a_fit: seconds of a fit of all rows with default parameters.
    """
    if search is None:
        return 0.0
    taken = [work * a_fit * search.folds / 2 for work in works]
    return max(taken[0], min(sum(taken), search.seconds))


def require_memory_to_read(spec: ModelSpec, rows: int, megabytes: float) -> None:
    """Refuse to read on where a function would be killed for its memory.

    Args:
        spec: the declaration.
        rows: read so far.
        megabytes: the function's memory.

    Raises:
        TrainingImpossible: the rows do not fit; the message has the estimate and the remedy.
    """
    columns = _columns(spec)
    needed = _BASE_MEGABYTES + rows * columns * _READ_BYTES / 1e6
    if needed * MEMORY_MARGIN > megabytes:
        raise TrainingImpossible(
            f"reading stopped after {rows:,} rows of {columns:,} columns, estimated to take {needed:,.0f} MB, with the "
            f"margin {needed * MEMORY_MARGIN:,.0f} MB, and the function TrainModel has {megabytes:,.0f} MB. "
            "Nothing was fitted: raise MemorySize of TrainModel in template.yaml, keep fewer rows (retention.records), "
            f"or {_ELSEWHERE}"
        )


def require_room(spec: ModelSpec, rows: int, *, seconds: float, megabytes: float, read: int | None = None) -> None:
    """Refuse a training that does not fit into a function.

    Args:
        spec: the declaration; one without a recipe fits nothing, and is let through.
        rows: labelled ones that are fitted on or judge.
        seconds: that the function has left.
        megabytes: its memory.
        read: rows that are read, where those are more.

    Raises:
        TrainingImpossible: it does not fit; the message has the estimate and the remedy.
    """
    declared = spec.retraining.recipe
    if declared is None:
        return
    found = estimate_fit(spec, declared, rows, read)
    if found.fits_into(seconds, megabytes):
        return
    most = _most_rows(spec, found, read or rows, seconds, megabytes)
    fits = f" ({found.fits} fits)" if found.fits > 1 else ""
    fewer = (
        f"train on about {most:,} rows (retraining.training_span, or filters)"
        if most
        else "a shorter span does not help, since all rows are read"
    )
    shorter = "give the search fewer seconds or folds, " if declared.search else ""
    margins = f"{found.cautious_seconds:,.0f} s and {found.megabytes * MEMORY_MARGIN:,.0f} MB"
    raise TrainingImpossible(
        f"{declared.estimator} on {rows:,} rows and {found.columns:,} columns is estimated to take "
        f"{found.seconds:,.0f} s{fits} and {found.megabytes:,.0f} MB, with the margins {margins}, and the function "
        f"TrainModel has {seconds:,.0f} s and {megabytes:,.0f} MB. Nothing was fitted: {fewer}, {shorter}choose a "
        f"smaller estimator or fewer trees, raise MemorySize of TrainModel in template.yaml, or {_ELSEWHERE}"
    )


def _columns(spec: ModelSpec) -> int:
    """Columns of the features, of an embedding as many as it has dimensions."""
    return sum(getattr(feature, "dimensions", 1) for feature in spec.features.values())


def _most_rows(spec: ModelSpec, found: FitEstimate, read: int, seconds: float, megabytes: float) -> int:
    """The most rows that fit, by halving; in two digits, rounded down; 0 where fewer than a thousand would."""
    declared, low, high = spec.retraining.recipe, 0, found.rows
    while declared and high - low > max(1, high // 100):
        middle = (low + high) // 2
        if estimate_fit(spec, declared, middle, read).fits_into(seconds, megabytes):
            low = middle
        else:
            high = middle
    unit = 10 ** max(0, len(str(low)) - 2)
    return low // unit * unit if low >= _FEWEST_ROWS else 0


def _work(declared: Recipe, rows: int, classes: int) -> float:
    """How much more than with default parameters is to be done for each cell."""
    parameters = declared.parameters
    if declared.estimator.startswith("HistGradientBoosting"):
        return _number(parameters.get("max_iter"), _USUAL_TREES) / _USUAL_TREES * max(1, classes)
    if declared.estimator in FORESTS:
        levels = math.log2(max(2, rows))
        depth = min(levels, _number(parameters.get("max_depth"), levels))
        return _number(parameters.get("n_estimators"), _USUAL_TREES) / _USUAL_TREES * depth / _MEASURED_DEPTH
    return float(max(1, classes)) if declared.estimator in {"LogisticRegression", "SGDClassifier"} else 1.0


def _number(value: object, usual: float) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else usual
