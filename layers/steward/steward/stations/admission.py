"""Which of a file's valid rows are admitted: those of a known version."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from steward.records.columns import CategoricalColumn, Column, NumericColumn, Plain
from steward.records.raw import Reason, RejectedRow
from steward.records.records import Records
from steward.spec.model import ModelSpec


@dataclass(frozen=True, slots=True)
class Rows:
    """Valid rows with their places in the file.

    Attributes:
        records: the rows.
        places: the position of each among the file's data rows, from 1, shape (rows,).
        rejected: rows that fell out so far.
    """

    records: Records
    places: NDArray[np.int64]
    rejected: tuple[RejectedRow, ...] = ()

    def without(self, where: NDArray[np.bool_], reason: Callable[[int], Reason]) -> "Rows":
        """The rows but those where the mask is true, which are rejected for a reason."""
        if not where.any():
            return self
        contents = described(self.records.take(where))
        fallen = tuple(
            RejectedRow(int(self.places[at]), None, (reason(at),), content)
            for at, content in zip(np.flatnonzero(where).tolist(), contents, strict=True)
        )
        return Rows(self.records.take(~where), self.places[~where], self.rejected + fallen)


def described(records: Records) -> Iterator[str]:
    """Each row as JSON."""
    columns: dict[str, list[Plain]] = {"id": records.ids.tolist()}
    if records.times is not None:
        columns["time"] = [str(moment) for moment in records.times]
    if records.versions is not None:
        columns["version"] = _cells(records.versions)
    columns |= {name: _cells(column) for name, column in records.chunk.columns.items()}
    for row in zip(*columns.values(), strict=True):
        yield json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False)


def _cells(column: Column) -> list[Plain]:
    """All cells of a column, as `cell` gives each."""
    match column:
        case NumericColumn():
            finite = np.isfinite(column.values).tolist()
            return [value if fit else None for value, fit in zip(column.values.tolist(), finite, strict=True)]
        case CategoricalColumn():
            names = [*column.categories, None]
            return [names[code] for code in column.codes.tolist()]
        case _:
            return [column.cell(at) for at in range(column.rows)]


def assign_versions(rows: Rows, spec: ModelSpec, champion: str | None, known: Callable[[str], bool]) -> Rows:
    """Give rows without a version the champion's, and reject those of versions that were never made."""
    name = spec.columns.version
    if champion is not None:
        rows = replace(rows, records=rows.records.with_version(champion))
    versions = rows.records.versions
    if versions is None:
        versions = CategoricalColumn(np.full(rows.records.rows, -1, np.int32), ())
    unnamed = versions.codes < 0
    rows = rows.without(
        unnamed,
        lambda _: Reason(
            "no_version", name, f"names no {name}, and no version was in charge at the upload; name one that is stored"
        ),
    )
    versions = rows.records.versions
    if versions is None:
        return rows
    used = np.unique(versions.codes).tolist()
    unknown = {code: versions.categories[code] for code in used if not known(versions.categories[code])}
    return rows.without(
        np.isin(versions.codes, list(unknown)),
        lambda at: Reason(
            "unknown_version",
            name,
            f"{name} {unknown[int(versions.codes[at])]!r} was never made for {spec.model}; name one that is stored",
        ),
    )
