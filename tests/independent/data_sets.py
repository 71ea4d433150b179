"""The samples on which every statistic is compared with an independent implementation.

A sample is made again from its name alone, so that none is stored. Only operations that every platform and every
release of NumPy rounds alike are used (uniform, normal and integer draws, arithmetic, square roots), and values have
six decimals at most; `digest` tells whether two environments really look at the same rows.
"""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Draws = np.random.Generator
Rows = np.ndarray


@dataclass(frozen=True)
class DataSet:
    """A baseline's sample and a window's.

    Attributes:
        name: also the seed.
        reference: float64, shape (rows,), NaN where missing; or category numbers, -1 where missing.
        window: the same.
        only_atoms: nothing is lost by binning: every value of either side has a bin of its own.
    """

    name: str
    reference: Rows
    window: Rows
    only_atoms: bool = False

    @property
    def digest(self) -> str:
        """Names the rows by their content."""
        digest = hashlib.sha256()
        for side in (self.reference, self.window):
            digest.update(np.ascontiguousarray(side, dtype="<f8").tobytes())
        return digest.hexdigest()[:16]

    @property
    def present(self) -> tuple[Rows, Rows]:
        """Both sides without the missing cells."""
        return self.reference[~missing(self.reference)], self.window[~missing(self.window)]


def missing(side: Rows) -> Rows:
    """Where a cell is missing."""
    return np.isnan(side) if side.dtype.kind == "f" else side < 0


def category(number: int) -> str:
    """A category's name."""
    return f"c{number:04d}"


Maker = Callable[[Draws], tuple[Rows, Rows]]


def normal(n: int, m: int, shift: float = 0.0, spread: float = 1.0) -> Maker:
    return lambda draw: (draw.standard_normal(n), draw.standard_normal(m) * spread + shift)


def student_two(draw: Draws, rows: int) -> Rows:
    """Student's t with two degrees of freedom: infinite variance."""
    return draw.standard_normal(rows) / np.sqrt((draw.standard_normal(rows) ** 2 + draw.standard_normal(rows) ** 2) / 2)


def cauchy(draw: Draws, rows: int) -> Rows:
    return draw.standard_normal(rows) / draw.standard_normal(rows)


def pareto(draw: Draws, rows: int) -> Rows:
    """Survival x**-2 from 1."""
    return 1 / np.sqrt(1 - draw.random(rows))


def skewed(draw: Draws, rows: int) -> Rows:
    """Chi-squared with two degrees of freedom, that is exponential with mean 2."""
    return draw.standard_normal(rows) ** 2 + draw.standard_normal(rows) ** 2


def inflated(draw: Draws, rows: int, zeros: float) -> Rows:
    return np.where(draw.random(rows) < zeros, 0.0, skewed(draw, rows))


def flags(draw: Draws, rows: int, share: float) -> Rows:
    return (draw.random(rows) < share).astype(float)


def trials(draw: Draws, rows: int, number: int, chance: float) -> Rows:
    """Successes of so many trials."""
    return sum((draw.random(rows) < chance).astype(float) for _ in range(number))


def picked(draw: Draws, rows: int, weights: list[float]) -> Rows:
    """Numbers from 0, by weight."""
    total = np.cumsum(weights)
    return np.searchsorted(total / total[-1], draw.random(rows), side="right").astype(np.int64)


def gone(draw: Draws, values: Rows, share: float) -> Rows:
    """The same with so many cells missing."""
    hole = np.nan if values.dtype.kind == "f" else -1
    return np.where(draw.random(len(values)) < share, hole, values)


def two_humps(draw: Draws, rows: int, share: float) -> Rows:
    return draw.standard_normal(rows) + np.where(draw.random(rows) < share, 4.0, -4.0)


def zipf(number: int) -> list[float]:
    return [1 / (rank + 1) for rank in range(number)]


NUMERIC: dict[str, Maker] = {
    "normal_same": normal(20_000, 5_000),
    "normal_shifted_by_a_tenth": normal(20_000, 5_000, 0.1),
    "normal_shifted_by_a_half": normal(5_000, 1_000, -0.5),
    "normal_shifted_far": normal(5_000, 1_000, 6.0),
    "normal_wider": normal(10_000, 2_000, spread=1.5),
    "normal_narrower": normal(10_000, 2_000, spread=0.5),
    "normal_large": normal(100_000, 100_000, 0.02),
    "normal_small": normal(200, 100, 0.3),
    "normal_tiny": normal(30, 20),
    "normal_far_from_zero": lambda draw: (1e6 + draw.standard_normal(5_000), 1e6 + draw.standard_normal(2_000) + 0.2),
    "normal_in_thousandths": lambda draw: (draw.standard_normal(5_000) / 1e3, draw.standard_normal(2_000) / 1e3 + 2e-4),
    "normal_with_an_outlier": lambda draw: (draw.standard_normal(5_000), np.append(draw.standard_normal(4_999), 1e6)),
    "normal_in_tenths": lambda draw: (
        np.round(draw.standard_normal(20_000), 1), np.round(draw.standard_normal(5_000) + 0.1, 1)
    ),
    "normal_more_missing": lambda draw: (
        gone(draw, draw.standard_normal(10_000), 0.02), gone(draw, draw.standard_normal(3_000) + 0.1, 0.08)
    ),
    "normal_became_constant": lambda draw: (draw.standard_normal(5_000), np.full(1_000, 0.3)),
    "student_two_same": lambda draw: (student_two(draw, 20_000), student_two(draw, 5_000)),
    "student_two_shifted": lambda draw: (student_two(draw, 20_000), student_two(draw, 5_000) + 0.3),
    "cauchy_same": lambda draw: (cauchy(draw, 20_000), cauchy(draw, 5_000)),
    "cauchy_wider": lambda draw: (cauchy(draw, 20_000), cauchy(draw, 5_000) * 1.5),
    "pareto_scaled": lambda draw: (pareto(draw, 20_000), pareto(draw, 5_000) * 1.2),
    "skewed_same": lambda draw: (skewed(draw, 20_000), skewed(draw, 5_000)),
    "skewed_scaled": lambda draw: (skewed(draw, 20_000), skewed(draw, 5_000) * 1.3),
    "uniform_became_triangular": lambda draw: (draw.random(10_000), np.maximum(draw.random(3_000), draw.random(3_000))),
    "two_humps_changed": lambda draw: (two_humps(draw, 10_000, 0.5), two_humps(draw, 3_000, 0.6)),
    "zero_inflated_same": lambda draw: (inflated(draw, 20_000, 0.8), inflated(draw, 5_000, 0.8)),
    "zero_inflated_fewer_zeros": lambda draw: (inflated(draw, 20_000, 0.8), inflated(draw, 5_000, 0.6)),
    "zero_inflated_to_the_quartile": lambda draw: (inflated(draw, 20_000, 0.749), inflated(draw, 5_000, 0.7)),
    "trials": lambda draw: (trials(draw, 20_000, 20, 0.3), trials(draw, 5_000, 20, 0.32)),
    "ratings_beyond": lambda draw: (picked(draw, 5_000, [1, 2, 2, 2, 1]), picked(draw, 800, [0, 0, 1, 2, 2, 2, 1])),
    "constant_left": lambda draw: (np.full(500, 5.0), np.where(draw.random(400) < 0.1, 9 * draw.random(400), 5.0)),
    "flag_set_rarely": lambda draw: (flags(draw, 20_000, 0.01), flags(draw, 5_000, 0.05)),
}  # fmt: skip
"""Numeric samples of which binning loses something."""

ATOMIC: dict[str, Maker] = {
    "flag_same": lambda draw: (flags(draw, 5_000, 0.3), flags(draw, 1_000, 0.3)),
    "flag_set_more_often": lambda draw: (flags(draw, 5_000, 0.3), flags(draw, 1_000, 0.4)),
    "ratings_same": lambda draw: (picked(draw, 5_000, [1, 2, 4, 3, 1]) + 1.0, picked(draw, 800, [1, 2, 4, 3, 1]) + 1.0),
    "ratings_changed": lambda draw: (
        picked(draw, 5_000, [1, 2, 4, 3, 1]) + 1.0, picked(draw, 800, [2, 2, 3, 1, 1]) + 1.0
    ),
    "ratings_of_few": lambda draw: (picked(draw, 60, [1, 1, 1]) * 0.5, picked(draw, 25, [1, 2, 1]) * 0.5),
    "thirty_values": lambda draw: (picked(draw, 30_000, [1] * 30) / 4, picked(draw, 6_000, zipf(30)) / 4),
    "constant_same": lambda draw: (np.full(500, 5.0), np.full(100, 5.0)),
    "constant_changed": lambda draw: (np.full(500, 5.0), np.full(100, 6.0)),
    "negative_and_zero": lambda draw: (picked(draw, 2_000, [5, 3, 2]) - 2.0, picked(draw, 700, [4, 3, 3]) - 2.0),
}  # fmt: skip
"""Numeric samples of which binning loses nothing."""

CATEGORICAL: dict[str, Maker] = {
    "two_same": lambda draw: (picked(draw, 5_000, [3, 1]), picked(draw, 1_000, [3, 1])),
    "two_changed": lambda draw: (picked(draw, 5_000, [3, 1]), picked(draw, 1_000, [2, 1])),
    "boolean_rare": lambda draw: (picked(draw, 20_000, [999, 1]), picked(draw, 5_000, [997, 3])),
    "one_same": lambda draw: (picked(draw, 500, [1]), picked(draw, 100, [1])),
    "one_became_another": lambda draw: (picked(draw, 500, [1]), picked(draw, 100, [1]) + 1),
    "few_same": lambda draw: (picked(draw, 20_000, [5, 3, 2, 1]), picked(draw, 5_000, [5, 3, 2, 1])),
    "few_five_points_more": lambda draw: (
        picked(draw, 20_000, [40, 30, 20, 10]), picked(draw, 5_000, [35, 30, 20, 15])
    ),
    "few_small": lambda draw: (picked(draw, 200, [4, 3, 2, 1]), picked(draw, 60, [4, 3, 2, 1])),
    "few_tiny": lambda draw: (picked(draw, 30, [4, 3, 2, 1]), picked(draw, 20, [2, 3, 4, 1])),
    "few_large": lambda draw: (picked(draw, 100_000, [5, 3, 2, 1]), picked(draw, 50_000, [5.02, 3, 2, 1])),
    "two_swapped": lambda draw: (picked(draw, 10_000, [5, 3, 2]), picked(draw, 2_000, [3, 5, 2])),
    "many_same": lambda draw: (picked(draw, 20_000, zipf(200)), picked(draw, 5_000, zipf(200))),
    "many_flattened": lambda draw: (picked(draw, 20_000, zipf(200)), picked(draw, 5_000, [1.0] * 200)),
    "a_thousand": lambda draw: (picked(draw, 50_000, zipf(1_000)), picked(draw, 10_000, zipf(1_000))),
    "one_new": lambda draw: (picked(draw, 10_000, [5, 3, 2]), picked(draw, 2_000, [5, 3, 2, 0.3])),
    "many_new": lambda draw: (picked(draw, 10_000, [5, 3, 2]), picked(draw, 5_000, [500, 300, 200] + [1] * 150)),
    "mostly_new": lambda draw: (picked(draw, 3_000, [1, 1, 1]), picked(draw, 900, [1, 1, 1]) + 2),
    "one_vanished": lambda draw: (picked(draw, 10_000, [50, 30, 15, 5]), picked(draw, 2_000, [50, 30, 20])),
    "several_vanished": lambda draw: (picked(draw, 20_000, zipf(20)), picked(draw, 3_000, zipf(12))),
    "rare_vanished": lambda draw: (picked(draw, 20_000, [900, 98, 2]), picked(draw, 500, [900, 100])),
    "new_and_vanished": lambda draw: (picked(draw, 5_000, [4, 3, 2, 1]), picked(draw, 1_500, [4, 3, 0, 1, 2])),
    "more_missing": lambda draw: (
        gone(draw, picked(draw, 10_000, [5, 3, 2]), 0.01), gone(draw, picked(draw, 3_000, [5, 3, 2]), 0.05)
    ),
    "fewer_missing": lambda draw: (gone(draw, picked(draw, 5_000, [5, 3, 2]), 0.2), picked(draw, 1_000, [5, 3, 2])),
}  # fmt: skip
"""Samples of categories."""


def numeric(name: str) -> DataSet:
    """The numeric sample of this name."""
    draw = np.random.default_rng(zlib.crc32(name.encode()))
    reference, window = (np.round(side.astype(float), 6) + 0.0 for side in (NUMERIC | ATOMIC)[name](draw))
    return DataSet(name, reference, window, only_atoms=name in ATOMIC)


def categorical(name: str) -> DataSet:
    """The sample of categories of this name."""
    reference, window = CATEGORICAL[name](np.random.default_rng(zlib.crc32(name.encode())))
    return DataSet(name, reference, window)
