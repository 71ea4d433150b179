"""Samples of several columns at once, made again from their names like those of `data_sets.py`."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.independent.data_sets import Draws, Rows, student_two


@dataclass(frozen=True)
class JointSet:
    """Rows of a baseline and of a window.

    Attributes:
        name: also the seed.
        reference: shape (rows, columns); every other row has mean 0 and standard deviation 1 in each column.
        window: shape (rows, columns), on the same scale.
    """

    name: str
    reference: Rows
    window: Rows

    @property
    def bandwidth(self) -> float:
        """Of a Gaussian kernel over the rows: near the median distance of two of them."""
        return float(np.sqrt(2 * self.reference.shape[1]))

    @property
    def digest(self) -> str:
        """Names the rows by their content, to nine digits: sums of another release of NumPy differ in the last ones."""
        digest = hashlib.sha256()
        for side in (self.reference, self.window):
            digest.update(np.ascontiguousarray(np.round(side, 9) + 0.0, dtype="<f8").tobytes())
        return digest.hexdigest()[:16]


def normal(draw: Draws, rows: int, columns: int) -> Rows:
    return draw.standard_normal((rows, columns))


def related(draw: Draws, rows: int, columns: int, share: float) -> Rows:
    """Columns that share a common part: each pair's correlation is `share`."""
    common = draw.standard_normal((rows, 1))
    return np.sqrt(share) * common + np.sqrt(1 - share) * draw.standard_normal((rows, columns))


def heavy(draw: Draws, rows: int, columns: int) -> Rows:
    return student_two(draw, rows * columns).reshape(rows, columns)


def clustered(draw: Draws, rows: int, columns: int, groups: int) -> Rows:
    centres = draw.standard_normal((groups, columns)) * 3
    return centres[draw.integers(0, groups, rows)] + draw.standard_normal((rows, columns))


def factors(draw: Draws, rows: int, loadings: Rows) -> Rows:
    noise = draw.standard_normal((rows, loadings.shape[1])) / 3
    return draw.standard_normal((rows, len(loadings))) @ loadings + noise


def swapped(rows: Rows) -> Rows:
    """The same columns, the first two shuffled apart: every column as before, and its relation to the rest gone."""
    other = rows.copy()
    other[:, 0] = np.roll(other[:, 0], 1)
    other[:, 1] = np.roll(other[:, 1], 2)
    return other


Maker = Callable[[Draws], tuple[Rows, Rows]]

JOINT: dict[str, Maker] = {
    "independent_same": lambda draw: (normal(draw, 1000, 4), normal(draw, 400, 4)),
    "independent_shifted_in_one": lambda draw: (normal(draw, 1000, 4), normal(draw, 400, 4) + np.array([0.5, 0, 0, 0])),
    "independent_shifted_in_all": lambda draw: (normal(draw, 1000, 6), normal(draw, 500, 6) + 0.2),
    "independent_wider": lambda draw: (normal(draw, 1000, 5), normal(draw, 300, 5) * 1.5),
    "independent_narrower": lambda draw: (normal(draw, 1000, 5), normal(draw, 300, 5) * 0.6),
    "two_columns": lambda draw: (related(draw, 800, 2, 0.5), related(draw, 400, 2, 0.5)),
    "two_columns_unrelated": lambda draw: (related(draw, 800, 2, 0.8), related(draw, 400, 2, 0.0)),
    "related_same": lambda draw: (related(draw, 1000, 8, 0.6), related(draw, 500, 8, 0.6)),
    "related_less": lambda draw: (related(draw, 1000, 8, 0.6), related(draw, 500, 8, 0.3)),
    "related_more": lambda draw: (related(draw, 1000, 8, 0.2), related(draw, 500, 8, 0.7)),
    "related_shifted": lambda draw: (related(draw, 1000, 8, 0.6), related(draw, 500, 8, 0.6) + 0.3),
    "related_few": lambda draw: (related(draw, 120, 3, 0.5), related(draw, 60, 3, 0.1)),
    "relation_gone_margins_kept": lambda draw: (related(draw, 1000, 4, 0.7), swapped(related(draw, 600, 4, 0.7))),
    "many_columns": lambda draw: (related(draw, 900, 30, 0.3), related(draw, 450, 30, 0.3)),
    "many_columns_shifted": lambda draw: (related(draw, 900, 30, 0.3), related(draw, 450, 30, 0.3) + 0.15),
    "heavy_same": lambda draw: (heavy(draw, 1000, 4), heavy(draw, 400, 4)),
    "heavy_shifted": lambda draw: (heavy(draw, 1000, 4), heavy(draw, 400, 4) + 0.4),
    "clusters_same": lambda draw: split(clustered(draw, 1500, 6, 4), 1000),
    "clusters_other_shares": lambda draw: heavier_first(clustered(draw, 2000, 6, 4), 1000),
    "factors_same": lambda draw: split(factors(draw, 1500, draw.standard_normal((2, 10))), 1000),
    "factors_turned": lambda draw: (
        factors(draw, 1000, draw.standard_normal((2, 10))), factors(draw, 500, draw.standard_normal((2, 10)))
    ),
    "one_column_constant_in_the_window": lambda draw: (
        normal(draw, 600, 4), normal(draw, 300, 4) * np.array([1, 1, 1, 0])
    ),
    "ratings": lambda draw: (
        draw.integers(1, 6, (1000, 5)).astype(float), np.maximum(*draw.integers(1, 6, (2, 400, 5))).astype(float)
    ),
    "flags": lambda draw: ((draw.random((1000, 6)) < 0.3).astype(float), (draw.random((400, 6)) < 0.4).astype(float)),
}  # fmt: skip
"""Samples of several columns."""


def split(rows: Rows, first: int) -> tuple[Rows, Rows]:
    return rows[:first], rows[first:]


def heavier_first(rows: Rows, first: int) -> tuple[Rows, Rows]:
    """The window has more of the rows whose first column is large."""
    rest = rows[first:]
    return rows[:first], np.concatenate((rest, rest[rest[:, 0] > np.median(rest[:, 0])]))


def joint(name: str) -> JointSet:
    """The sample of this name."""
    draw = np.random.default_rng(zlib.crc32(name.encode()))
    reference, window = (np.round(np.asarray(side, float), 6) for side in JOINT[name](draw))
    fitted = reference[::2]
    centre, scale = fitted.mean(axis=0), fitted.std(axis=0)
    return JointSet(name, (reference - centre) / scale, (window - centre) / scale)
