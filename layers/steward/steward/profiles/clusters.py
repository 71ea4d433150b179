"""Intraclass correlations of the rows of one entity, by column of the reference."""

import math
from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.documents import TolerantModel
from steward.profiles.bins import MISSING, CategoricalBins, ColumnBins, NumericBins
from steward.profiles.embeddings import EmbeddingBins
from steward.profiles.entities import entity_hashes
from steward.profiles.model_bins import Bins
from steward.profiles.profile_input import ProfileColumns, ProfileInput
from steward.records.columns import CategoricalColumn, Chunk, Column, EmbeddingColumn, NumericColumn
from steward.records.hashing import mix
from steward.spec.columns import Columns
from steward.spec.windows import Window

UNITS = 20_000
"""Entities, each within one window, that are looked at."""

_BINS = 16
_HEAVY = 0.05
_DIGITS = 4


class Clusters(TolerantModel):
    """The intraclass correlation of rows of one entity within one window, for one column.

    Rows of an entity are taken to be exchangeable: a window in which the entity of a row has m rows on average then
    varies 1 + (m - 1) correlation times as much as independent rows (the design effect of L. Kish). Each figure is
    one standard error above its estimate; 1 where no entity has two rows of which the column is known.

    Attributes:
        location: of the rank or of its distance from the middle, whichever is more.
        spectrum: in the orthogonal directions in which a histogram of at most 16 bins can move, the largest first.

    Sources: L. Kish (1965), Survey Sampling, section 5.4; J. N. K. Rao and A. J. Scott (1984), On chi-squared tests for
    multiway contingency tables with cell proportions estimated from survey data, Annals of Statistics 12(1), 46-60;
    A. Donner (1986), A review of inference procedures for the intraclass correlation coefficient in the one-way random
    effects model, International Statistical Review 54(1), 67-82 (the standard error).
    """

    location: float = 1.0
    spectrum: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, table: NDArray[np.float64]) -> Self:
        """Estimate from histograms of entities.

        Args:
            table: rows per entity and bin, shape (entities, bins), bins in their order.
        """
        table = table[table.sum(axis=1) > 1]
        sizes, totals = table.sum(axis=1), table.sum(axis=0)
        table, totals = table[:, totals > 0], totals[totals > 0]
        pairs = float(np.sum(sizes * (sizes - 1)))
        if not pairs:
            return cls()
        if len(totals) == 1:
            return cls(location=0.0, spectrum=(0.0,))
        share = totals / totals.sum()
        root = np.sqrt(share)
        residuals = (table - sizes[:, None] * share) / root
        own = totals.sum() * (np.eye(len(share)) - np.outer(root, root))
        covariance = (residuals.T @ residuals - own) / pairs
        rank = np.cumsum(share) - share / 2 - 0.5
        directions = [rank * root, (rank**2 - np.sum(share * rank**2)) * root]
        along = [float(d @ covariance @ d / (d @ d)) for d in directions if d @ d > 1e-12 * len(d)]
        values = np.sort(np.linalg.eigvalsh(covariance))[::-1][: len(share) - 1]
        return cls(
            location=_upper_bound(max(along, default=0.0), sizes, pairs),
            spectrum=tuple(_upper_bound(float(value), sizes, pairs) for value in values),
        )

    def mean(self, directions: int) -> float:
        """The most that the correlation can be on average over so many of the directions."""
        return math.fsum(self.spectrum[:directions]) / max(1, min(directions, len(self.spectrum)))


def _upper_bound(value: float, sizes: NDArray[np.float64], pairs: float) -> float:
    value = min(1.0, max(0.0, value))
    error = math.sqrt(2 * float(np.sum((sizes * (1 + (sizes - 1) * value)) ** 2))) / pairs
    return round(min(1.0, value + error), _DIGITS)


class ColumnClusters(TolerantModel):
    """Of the histogram and the missing cells of each part, and of the mean of each column of embeddings."""

    features: dict[str, Clusters] = {}
    outputs: dict[str, Clusters] = {}
    missing_features: dict[str, Clusters] = {}
    missing_outputs: dict[str, Clusters] = {}
    embeddings: dict[str, Clusters] = {}


def clusters_of(
    parts: Sequence[tuple[Window, ProfileInput]], bins: Bins, names: Columns | None
) -> ColumnClusters | None:
    """The correlations of every column; None where no row says of whom it is."""
    found = [_units(window, portion, names) for window, portion in parts]
    if not any(known.any() for _, known in found):
        return None
    keys = np.concatenate([units[known] for units, known in found])
    units, counts = np.unique(keys, return_counts=True)
    units = units[counts > 1][:UNITS]
    rows = [np.flatnonzero(known & np.isin(keys, units)) for keys, known in found]
    owners = [np.searchsorted(units, keys[at]) for (keys, _), at in zip(found, rows, strict=True)]
    chosen = [_rows(portion, at) for (_, portion), at in zip(parts, rows, strict=True) if len(at)]
    taken = [ProfileColumns.of(portion, bins, names) for portion in chosen]
    owner = np.concatenate([at for at in owners if len(at)]) if taken else np.empty(0, np.int64)
    features = _tables([part.features for part in taken], bins.features, owner, len(units))
    outputs = _tables([part.outputs for part in taken], bins.outputs, owner, len(units))
    return ColumnClusters(
        features={name: Clusters.of(table[0]) for name, table in features.items()},
        outputs={name: Clusters.of(table[0]) for name, table in outputs.items()},
        missing_features={name: Clusters.of(table[1]) for name, table in features.items()},
        missing_outputs={name: Clusters.of(table[1]) for name, table in outputs.items()},
        embeddings={
            name: _of_vectors([portion.chunk.columns.get(name) for portion in chosen], column, owner, len(units))
            for name, column in bins.composites.items()
            if isinstance(column, EmbeddingBins)
        },
    )


def _of_vectors(
    columns: Sequence[Column | None], bins: EmbeddingBins, owner: NDArray[np.int64], units: int
) -> Clusters:
    """Of the mean of mapped vectors: the most in any direction with a twentieth of their variance or more."""
    sums, sizes, width = np.zeros((units, 0)), np.zeros(units), 0
    squares, first = np.zeros((0, 0)), 0
    for column in columns:
        if not isinstance(column, EmbeddingColumn):
            return Clusters()
        mine = owner[first : first + column.rows]
        first += column.rows
        finite = np.isfinite(column.values).all(axis=1) & ~column.absent
        mapped = bins.features(column.values[finite].astype(np.float64))
        if not width:
            width = mapped.shape[1]
            sums, squares = np.zeros((units, width)), np.zeros((width, width))
        np.add.at(sums, mine[finite], mapped)
        sizes += np.bincount(mine[finite], minlength=units)
        squares += mapped.T @ mapped
    pairs, rows = float(np.sum(sizes * (sizes - 1))), float(sizes.sum())
    if not pairs:
        return Clusters()
    mean = sums.sum(axis=0) / rows
    residuals = sums - sizes[:, None] * mean
    within = squares - rows * np.outer(mean, mean)
    values, vectors = np.linalg.eigh(within / rows)
    heavy = values >= _HEAVY * values.sum()
    between = (residuals.T @ residuals - within) / pairs
    along = [float(v @ between @ v / value) for value, v in zip(values[heavy], vectors.T[heavy], strict=True)]
    most = _upper_bound(max(along, default=0.0), sizes, pairs)
    return Clusters(location=most, spectrum=(most,))


Units = tuple[NDArray[np.uint64], NDArray[np.bool_]]


def _units(window: Window, portion: ProfileInput, names: Columns | None) -> Units:
    column = portion.entity(names)
    found = entity_hashes(column) if column is not None else None
    if found is None:
        return np.zeros(portion.chunk.rows, np.uint64), np.zeros(portion.chunk.rows, np.bool_)
    hashes, known = found
    start = np.array([int(window.start.timestamp())], np.int64).view(np.uint64)
    return mix(hashes ^ mix(start)), known


def _rows(portion: ProfileInput, rows: NDArray[np.intp]) -> ProfileInput:
    chunk = Chunk(len(rows), {name: column.take(rows) for name, column in portion.chunk.columns.items()})
    times = portion.times[rows] if portion.times is not None else None
    return ProfileInput(chunk, times=times)


def _tables(
    parts: Sequence[Mapping[str, Column]], bins: Mapping[str, ColumnBins], owner: NDArray[np.int64], units: int
) -> dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]:
    found = {}
    for name, column in bins.items():
        cells = [_codes(part.get(name), column) for part in parts]
        if any(codes is None for codes in cells):
            continue
        codes = np.concatenate([codes for codes in cells if codes is not None]) if cells else np.empty(0, np.int64)
        known = codes != MISSING
        found[name] = (
            _count_by_unit(owner[known], _pool_bins(codes[known]), units),
            _count_by_unit(owner, known.astype(np.int64), units),
        )
    return found


def _codes(column: Column | None, bins: ColumnBins) -> NDArray[np.int64] | None:
    match bins, column:
        case NumericBins(), NumericColumn(values):
            return bins.codes(values).astype(np.int64)
        case CategoricalBins(), CategoricalColumn(codes, categories):
            return bins.codes(codes, categories).astype(np.int64)
        case _:
            return None


def _pool_bins(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Neighbouring bins joined until each holds a sixteenth of the rows."""
    counts = np.bincount(codes, minlength=1)
    before = np.cumsum(counts) - counts
    pooled: NDArray[np.int64] = np.minimum(before * _BINS // max(1, len(codes)), _BINS - 1)[codes]
    return pooled


def _count_by_unit(owner: NDArray[np.int64], codes: NDArray[np.int64], units: int) -> NDArray[np.float64]:
    width = int(codes.max()) + 1 if len(codes) else 1
    flat = np.bincount(owner * width + codes, minlength=units * width)
    return flat.reshape(units, width).astype(np.float64)
