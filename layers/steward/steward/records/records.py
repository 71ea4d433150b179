"""Judged rows: predictions, labels or reference, with the user's own columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.records.labels import normalised
from steward.spec.model import ModelSpec

Selection = NDArray[np.bool_] | NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Records:
    """Rows judged valid.

    Attributes:
        ids: str objects, shape (rows,).
        times: datetime64[us] in UTC, shape (rows,); NaT where a label came without; None when the file had no times.
        versions: the version that made each prediction, -1 where the file did not say; None when it never did.
        chunk: features, and score, prediction and label where the file has them, under the user's names.
    """

    ids: NDArray[np.object_]
    times: NDArray[np.datetime64] | None
    versions: CategoricalColumn | None
    chunk: Chunk

    @property
    def rows(self) -> int:
        """How many."""
        return self.chunk.rows

    def take(self, selection: Selection) -> Self:
        """The rows at these positions, or where this mask is true, in that order."""
        ids = self.ids[selection]
        columns = {name: _taken(column, selection) for name, column in self.chunk.columns.items()}
        return replace(
            self,
            ids=ids,
            times=None if self.times is None else self.times[selection],
            versions=None if self.versions is None else _taken_categories(self.versions, selection),
            chunk=Chunk(len(ids), columns),
        )

    def with_version(self, version: str) -> Self:
        """The same rows, those without a version given this one."""
        if self.versions is None:
            return replace(self, versions=CategoricalColumn(np.zeros(self.rows, np.int32), (version,)))
        categories = self.versions.categories
        if version not in categories:
            categories = (*categories, version)
        codes = np.where(self.versions.codes < 0, np.int32(categories.index(version)), self.versions.codes)
        return replace(self, versions=CategoricalColumn(codes.astype(np.int32), categories))

    def of_version(self, version: str) -> Self:
        """The rows that this version predicted."""
        if self.versions is None:
            return self.take(np.zeros(0, np.int64))
        return self.take(matches(self.versions, version))

    def positive(self, spec: ModelSpec) -> NDArray[np.bool_]:
        """Whether each label is the positive one, shape (rows,).

        Raises:
            KeyError: the records have no labels.
        """
        labels = self.chunk.columns[spec.columns.label]
        if not isinstance(labels, CategoricalColumn):
            raise TypeError(f"{spec.columns.label} is numeric, where labels are categories")
        return matches(labels, normalised(spec.positive_label))


def matches(column: CategoricalColumn, category: str) -> NDArray[np.bool_]:
    """Where a column holds this category, shape (rows,)."""
    if category not in column.categories:
        return np.zeros(len(column.codes), np.bool_)
    where: NDArray[np.bool_] = column.codes == column.categories.index(category)
    return where


def concatenate(parts: Sequence[Records]) -> Records:
    """All rows of the parts in order; a column that a part lacks is missing there.

    Raises:
        ValueError: no parts are given.
    """
    if not parts:
        raise ValueError("there is nothing to concatenate")
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part.chunk.columns)
    rows = [part.rows for part in parts]
    columns = {name: _joined([part.chunk.columns.get(name) for part in parts], rows) for name in names}
    versions = [part.versions for part in parts]
    times = [part.times for part in parts]
    return Records(
        ids=np.concatenate([part.ids for part in parts]),
        times=None if all(moments is None for moments in times) else _joined_times(times, rows),
        versions=None if all(column is None for column in versions) else _joined_categories(versions, rows),
        chunk=Chunk(sum(rows), columns),
    )


def _taken(column: Column, selection: Selection) -> Column:
    if isinstance(column, CategoricalColumn):
        return _taken_categories(column, selection)
    missing = None if column.missing is None else column.missing[selection]
    return NumericColumn(column.values[selection], missing if missing is not None and missing.any() else None)


def _taken_categories(column: CategoricalColumn, selection: Selection) -> CategoricalColumn:
    return CategoricalColumn(column.codes[selection], column.categories)


def _joined_times(parts: list[NDArray[np.datetime64] | None], rows: list[int]) -> NDArray[np.datetime64]:
    return np.concatenate(
        [
            np.full(count, "NaT", "datetime64[us]") if part is None else part
            for part, count in zip(parts, rows, strict=True)
        ]
    )


def _joined(parts: Sequence[Column | None], rows: list[int]) -> Column:
    categorical = [part for part in parts if isinstance(part, CategoricalColumn)]
    numeric = [part for part in parts if isinstance(part, NumericColumn)]
    if categorical and numeric:
        raise ValueError("a column is numeric in some parts and categorical in others")
    if categorical:
        return _joined_categories([part if isinstance(part, CategoricalColumn) else None for part in parts], rows)
    return _joined_numbers([part if isinstance(part, NumericColumn) else None for part in parts], rows)


def _joined_numbers(parts: Sequence[NumericColumn | None], rows: list[int]) -> NumericColumn:
    values, missing = [], []
    for part, count in zip(parts, rows, strict=True):
        values.append(np.full(count, np.nan) if part is None else part.values)
        if part is None:
            missing.append(np.ones(count, np.bool_))
        else:
            missing.append(np.zeros(count, np.bool_) if part.missing is None else part.missing)
    absent = np.concatenate(missing)
    return NumericColumn(np.concatenate(values), absent if absent.any() else None)


def _joined_categories(parts: Sequence[CategoricalColumn | None], rows: list[int]) -> CategoricalColumn:
    """One list of categories, in the order in which they first come."""
    positions: dict[str, int] = {}
    codes = []
    for part, count in zip(parts, rows, strict=True):
        if part is None:
            codes.append(np.full(count, -1, np.int32))
            continue
        places = [positions.setdefault(category, len(positions)) for category in part.categories]
        codes.append(np.array([*places, -1], np.int32)[part.codes])
    return CategoricalColumn(np.concatenate(codes), tuple(positions))
