"""Shapley values of any model, from a seeded sample of the orders in which features join."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.array_types import Floats

Output = Callable[[pd.DataFrame, NDArray[np.intp]], Floats]
"""The model's output for the rows of a frame; the numbers say which of the attributed rows each is made for."""

_CELLS_AT_ONCE = 4_000_000


def permutation_shapley(
    output: Output,
    rows: pd.DataFrame,
    background: pd.DataFrame,
    places: Sequence[int],
    *,
    random: np.random.Generator,
    permutations: int = 1,
) -> Floats:
    """Estimate the Shapley values of any model, whose values need not come from any known family.

    For each background row and permutation, the features of every row replace the background row's one after the
    other, in the permutation's order and then in the reverse of it, and each gets the change it brings. Orders and
    their reverses go in pairs since their errors tend to cancel. All background rows take part equally often, so each
    row's attributions sum to its output less the background's mean output exactly, however few permutations there are.

    Args:
        output: the model, which is asked 2 · permutations · background · rows · (features - 1) times.
        rows: to attribute, shape (rows, columns).
        background: at least one row, with the same columns.
        places: the position of its feature, for each column; the columns of one feature move together.
        random: draws the permutations; the same for all rows.
        permutations: pairs of orders per background row.

    Returns:
        Attributions, shape (rows, features). Their standard error is at most about the standard deviation of a
        feature's contribution between orders, over the root of permutations · background.

    Sources: J. Castro, D. Gómez and J. Tejada (2009), Polynomial calculation of the Shapley value based on sampling,
    Computers & Operations Research 36, 1726-1730; E. Štrumbelj and I. Kononenko (2014), Explaining prediction models
    and individual predictions with feature contributions, Knowledge and Information Systems 41, 647-665; antithetic
    pairs: R. Mitchell, J. Cooper, E. Frank and G. Holmes (2022), Sampling permutations for Shapley value estimation,
    Journal of Machine Learning Research 23(43).
    """
    features, everyone = max(places) + 1, np.arange(len(rows))
    mixture = _Mixture.of(rows, background, places)
    whole = output(rows, everyone)
    total = np.zeros((len(rows), features))
    for other in range(len(background)):
        bare = output(mixture.frame(np.zeros((1, features), dtype=bool), other), everyone)
        for _ in range(permutations):
            order = random.permutation(features)
            for joining in (order, order[::-1]):
                worth = _walk(output, mixture, joining, other)
                steps = np.vstack([bare, worth, whole])
                total[:, joining] += np.diff(steps, axis=0).T
    return total / (2 * permutations * len(background))


def _walk(output: Output, mixture: "_Mixture", joining: NDArray[np.intp], other: int) -> Floats:
    """The output after each feature but the last has joined, shape (features - 1, rows)."""
    features, rows = len(joining), mixture.rows
    place = np.empty(features, dtype=np.intp)
    place[joining] = np.arange(features)
    taken = place < np.arange(1, features)[:, None]
    steps = max(1, _CELLS_AT_ONCE // (rows * features))
    parts = [
        output(
            mixture.frame(taken[start : start + steps], other),
            np.tile(np.arange(rows), len(taken[start : start + steps])),
        )
        for start in range(0, features - 1, steps)
    ]
    return np.concatenate([np.empty(0), *parts]).reshape(features - 1, rows)


@dataclass(frozen=True, slots=True)
class _Mixture:
    """Rows and background rows, from which rows of both are put together.

    Attributes:
        columns: of each column, the values of the rows and then of the background.
        types: of each column.
        places: the position of each column's feature.
        rows: how many rows.
    """

    columns: dict[Hashable, NDArray[Any]]
    types: dict[Hashable, Any]
    places: Sequence[int]
    rows: int

    @classmethod
    def of(cls, rows: pd.DataFrame, background: pd.DataFrame, places: Sequence[int]) -> "_Mixture":
        columns = {name: np.concatenate([rows[name].to_numpy(), background[name].to_numpy()]) for name in rows}
        return cls(columns, dict(rows.dtypes), places, len(rows))

    def frame(self, taken: NDArray[np.bool_], other: int) -> pd.DataFrame:
        """Every row under every choice of features to take from it, the rest being the background row's.

        Args:
            taken: whether a feature is the row's own, shape (choices, features).
            other: which background row.
        """
        mine, theirs = np.arange(self.rows), self.rows + other
        return pd.DataFrame(
            {
                name: pd.Series(
                    values[np.where(taken[:, place, None], mine, theirs).reshape(-1)], dtype=self.types[name]
                )
                for place, (name, values) in zip(self.places, self.columns.items(), strict=True)
            }
        )
