"""Valid records: predictions, labels or reference, with the user's own columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from steward.records.canonical import canonical_label
from steward.records.columns import (
    CategoricalColumn,
    Chunk,
    Column,
    EmbeddingColumn,
    Mask,
    NumericColumn,
    Selection,
    TextColumn,
    TimeColumn,
)

if TYPE_CHECKING:
    from steward.spec.model import ModelSpec


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
        columns = {name: column.take(selection) for name, column in self.chunk.columns.items()}
        return replace(
            self,
            ids=ids,
            times=None if self.times is None else self.times[selection],
            versions=None if self.versions is None else self.versions.take(selection),
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

    def positive(self, spec: "ModelSpec") -> NDArray[np.bool_]:
        """Whether each label is the positive one, shape (rows,).

        Raises:
            KeyError: the records have no labels.
        """
        labels = self.chunk.columns[spec.columns.label]
        if not isinstance(labels, CategoricalColumn):
            raise TypeError(f"{spec.columns.label} is numeric, where labels are categories")
        return matches(labels, canonical_label(spec.positive_label))


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
    columns = {name: _concatenate_columns([part.chunk.columns.get(name) for part in parts], rows) for name in names}
    versions = [part.versions for part in parts]
    times = [part.times for part in parts]
    return Records(
        ids=np.concatenate([part.ids for part in parts]),
        times=None if all(moments is None for moments in times) else _concatenate_times(times, rows),
        versions=None if all(column is None for column in versions) else _concatenate_categories(versions, rows),
        chunk=Chunk(sum(rows), columns),
    )


def _concatenate_times(parts: list[NDArray[np.datetime64] | None], rows: list[int]) -> NDArray[np.datetime64]:
    return np.concatenate(
        [
            np.full(count, "NaT", "datetime64[us]") if part is None else part
            for part, count in zip(parts, rows, strict=True)
        ]
    )


def _concatenate_columns(parts: Sequence[Column | None], rows: list[int]) -> Column:
    kind = next(type(part) for part in parts if part is not None)
    if kind is CategoricalColumn:
        return _concatenate_categories(_of_kind(CategoricalColumn, parts), rows)
    if kind is NumericColumn:
        return _concatenate_numbers(_of_kind(NumericColumn, parts), rows)
    if kind is TimeColumn:
        times = [None if part is None else part.values for part in _of_kind(TimeColumn, parts)]
        return TimeColumn(_concatenate_times(times, rows))
    if kind is TextColumn:
        return _concatenate_texts(_of_kind(TextColumn, parts), rows)
    return _concatenate_embeddings(_of_kind(EmbeddingColumn, parts), rows)


def _of_kind[C: Column](kind: type[C], parts: Sequence[Column | None]) -> list[C | None]:
    for part in parts:
        if part is not None and not isinstance(part, kind):
            raise ValueError(f"a column is {kind.__name__} in some parts and {type(part).__name__} in others")
    return [part if isinstance(part, kind) else None for part in parts]


def _concatenate_numbers(parts: Sequence[NumericColumn | None], rows: list[int]) -> NumericColumn:
    values = [np.full(count, np.nan) if part is None else part.values for part, count in zip(parts, rows, strict=True)]
    return NumericColumn(np.concatenate(values), _concatenate_masks(parts, rows))


def _concatenate_texts(parts: Sequence[TextColumn | None], rows: list[int]) -> TextColumn:
    values = [
        np.full(count, None, object) if part is None else part.values for part, count in zip(parts, rows, strict=True)
    ]
    return TextColumn(np.concatenate(values))


def _concatenate_embeddings(parts: Sequence[EmbeddingColumn | None], rows: list[int]) -> EmbeddingColumn:
    dimensions = next(part.values.shape[1] for part in parts if part is not None)
    values = [
        np.full((count, dimensions), np.nan, np.float32) if part is None else part.values
        for part, count in zip(parts, rows, strict=True)
    ]
    return EmbeddingColumn(np.concatenate(values), _concatenate_masks(parts, rows))


def _concatenate_masks(parts: Sequence[Column | None], rows: list[int]) -> Mask | None:
    absent = np.concatenate(
        [np.ones(count, np.bool_) if part is None else part.absent for part, count in zip(parts, rows, strict=True)]
    )
    return absent if absent.any() else None


def _concatenate_categories(parts: Sequence[CategoricalColumn | None], rows: list[int]) -> CategoricalColumn:
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
