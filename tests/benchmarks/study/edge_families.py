"""Families of data that large-sample tests are wrong about: sparse, tied, wide, dependent, or with a small reference.

Each draws a window's rows as the library takes them, from seeds alone. No peer is asked about them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from steward.records.columns import Chunk, Column
from steward.spec.features import BooleanFeature, CategoricalFeature, Feature, NumericFeature, TextFeature
from tests.benchmarks.study.edge_draws import (
    COLUMNS,
    Draw,
    Generator,
    bag_of_words,
    binary_bag,
    chunk_of,
    clusters,
    day_effects,
    ids_and_codes,
    mixed,
    numbers,
    poisson,
    rare_flags,
    texts,
    wide,
    zero_inflated,
    zipf,
)

AMOUNT, NORMAL, CLAIM = "amount0", "normal0", "claim0"
"""The columns of the mixed family that the power scenarios change."""

_LEAST_REFERENCE_ROWS, _MOST_REFERENCE_ROWS = 10_000, 100_000
_WINDOWS = 40


@dataclass(frozen=True, slots=True)
class EdgeFamily:
    """One kind of data.

    Attributes:
        draw: the columns of one window.
        features: their declared types; the entity is none.
        reference_rows: of a reference without windows; None where it consists of windows like the judged ones.
        windows: of such a reference; 0 where its size follows from the rows of a window.
        least_rows: of such a reference.
        most_rows: of such a reference.
        seasonal: earlier windows that each window is compared with instead, if any.
        part: of the windows of other families; less where one costs more.
    """

    draw: Draw
    features: Mapping[str, Feature]
    reference_rows: int | None = None
    windows: int = 0
    least_rows: int = _LEAST_REFERENCE_ROWS
    most_rows: int = _MOST_REFERENCE_ROWS
    seasonal: int = 0
    part: float = 1.0

    @property
    def many_references(self) -> bool:
        """Whether one reference is so small that its luck must not count for many windows."""
        return self.seasonal > 0 or (self.reference_rows or _LEAST_REFERENCE_ROWS) < _LEAST_REFERENCE_ROWS

    def reference(self, generator: Generator, rows: int) -> Iterator[Chunk]:
        """The reference's windows, in the order of time."""
        if self.reference_rows is not None:
            yield chunk_of(self.draw(generator, self.reference_rows))
            return
        wanted = min(max(_WINDOWS * rows, self.least_rows), self.most_rows) // rows
        for _ in range(self.windows or max(3, wanted)):
            yield chunk_of(self.draw(generator, rows))


def _numeric(prefix: str, count: int) -> dict[str, Feature]:
    return {f"{prefix}{at}": NumericFeature(type="numeric") for at in range(count)}


def _categorical(prefix: str, count: int) -> dict[str, Feature]:
    return {f"{prefix}{at}": CategoricalFeature(type="categorical") for at in range(count)}


def day_effects_of(windows: int, design_effect: float) -> EdgeFamily:
    """Such data, with a reference of some days."""
    return EdgeFamily(day_effects(design_effect), _numeric("normal", COLUMNS), windows=windows)


def at_hour(generator: Generator, rows: int, hour: int) -> dict[str, Column]:
    """Columns whose mean follows a daily sine of one standard deviation, each with a phase of its own."""
    phases = 2 * np.pi * (hour / 24 + np.arange(COLUMNS) / COLUMNS)
    return numbers("normal", np.sin(phases)[:, None] + generator.normal(size=(COLUMNS, rows)))


_MIXED = (_numeric("normal", 5) | _numeric("amount", 5) | _numeric("claim", 5) | _numeric("count", 5)) | _categorical(
    "category", 5
)


def _wide(columns: int, part: float) -> EdgeFamily:
    features = _numeric("normal", columns * 2 // 5) | _numeric("count", columns * 2 // 5)
    features |= _categorical("category", columns // 5)
    return EdgeFamily(wide(columns), features, least_rows=1_000, most_rows=30_000, part=part)


def _clusters(size: int) -> EdgeFamily:
    return EdgeFamily(clusters(size), _numeric("normal", 20) | _categorical("category", 5), reference_rows=20_000)


EDGE_FAMILIES: dict[str, EdgeFamily] = {
    "zero-inflated-5%": EdgeFamily(zero_inflated(0.05), _numeric("claim", COLUMNS)),
    "zero-inflated-1%": EdgeFamily(zero_inflated(0.01), _numeric("claim", COLUMNS)),
    "zero-inflated-0.1%": EdgeFamily(zero_inflated(0.001), _numeric("claim", COLUMNS)),
    "poisson-0.2": EdgeFamily(poisson(0.2), _numeric("count", COLUMNS)),
    "poisson-0.02": EdgeFamily(poisson(0.02), _numeric("count", COLUMNS)),
    "booleans-0.1%": EdgeFamily(
        rare_flags(0.001), {f"flag{at}": BooleanFeature(type="boolean") for at in range(COLUMNS)}
    ),
    "bag-of-words": EdgeFamily(bag_of_words, _numeric("word", 100)),
    "binary-bag": EdgeFamily(binary_bag, _numeric("word", 100)),
    "texts": EdgeFamily(texts, {f"text{at}": TextFeature(type="text") for at in range(5)}, most_rows=50_000),
    "zipf-1e3": EdgeFamily(zipf(1_000), _categorical("level", 5)),
    "zipf-1e5": EdgeFamily(zipf(100_000), _categorical("level", 5)),
    "ids-and-codes": EdgeFamily(
        ids_and_codes,
        _categorical("key", 3) | _numeric("number", 3) | _numeric("postcode", 3) | _categorical("product", 3),
    ),
    "reference-50": EdgeFamily(mixed, _MIXED, reference_rows=50),
    "reference-200": EdgeFamily(mixed, _MIXED, reference_rows=200),
    "reference-1000": EdgeFamily(mixed, _MIXED, reference_rows=1_000),
    "columns-200": _wide(200, 0.5),
    "columns-1000": _wide(1_000, 0.2),
    "clusters-5": _clusters(5),
    "clusters-10": _clusters(10),
    "day-effects-1.5": day_effects_of(30, 1.5),
    "day-effects-5": day_effects_of(30, 5.0),
    "day-effects-20": day_effects_of(30, 20.0),
    "daily-rhythm": EdgeFamily(
        lambda generator, rows: at_hour(generator, rows, 0), _numeric("normal", COLUMNS), windows=24, seasonal=7
    ),
    "mixed": EdgeFamily(mixed, _MIXED),
}
