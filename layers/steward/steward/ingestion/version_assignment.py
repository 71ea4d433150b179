"""Assigns a model version to the rows of a file."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from steward.records.columns import CategoricalColumn, Column, NumericColumn, Plain, TimeColumn
from steward.records.raw import Reason, RejectedRow, as_json
from steward.records.valid_records import Records
from steward.repositories import models
from steward.spec.model import ModelSpec
from steward.store.bucket import Bucket

_FEW_VERSIONS = 8
_A_VERSION = re.compile(r"[0-9A-Za-z-]{1,64}")
"""What Steward calls versions: a listing of them costs as much as twelve questions for one."""


@dataclass(frozen=True, slots=True)
class AssignedRows:
    """Valid rows with their places in the file.

    Attributes:
        records: the rows.
        places: the position of each among the file's data rows, from 1, shape (rows,).
        content: the row at such a position as JSON, under the user's names: as it was uploaded where that is known.
        rejected: rows that fell out so far.
    """

    records: Records
    places: NDArray[np.int64]
    content: Callable[[int], str]
    rejected: tuple[RejectedRow, ...] = ()

    def without(self, where: NDArray[np.bool_], reason: Callable[[int], Reason]) -> "AssignedRows":
        """The rows but those where the mask is true, which are rejected for a reason."""
        if not where.any():
            return self
        rejected = tuple(
            RejectedRow(int(self.places[at]), None, (reason(at),), self.content(int(self.places[at])))
            for at in np.flatnonzero(where).tolist()
        )
        return replace(
            self, records=self.records.take(~where), places=self.places[~where], rejected=self.rejected + rejected
        )


def describe_rows(records: Records, places: NDArray[np.int64], spec: ModelSpec) -> Callable[[int], str]:
    """What `Rows.content` is where the upload is no longer at hand: the row at a position in canonical form.

    Args:
        records: stored ones.
        places: the position of each in its file, ascending, shape (rows,).
        spec: has the names of the columns.
    """
    roles = spec.columns

    def content(place: int) -> str:
        at = int(places.searchsorted(place))
        row: dict[str, Plain] = {roles.id: records.ids[at]}
        if records.times is not None:
            row[roles.time] = TimeColumn(records.times).cell(at)
        if records.versions is not None:
            row[roles.version] = records.versions.cell(at)
        return as_json(row | {name: _exact_cell(column, at) for name, column in records.chunk.columns.items()})

    return content


def _exact_cell(column: Column, at: int) -> Plain:
    """A cell as JSON has it; NaN and the infinities as text, which reads as the same number."""
    if isinstance(column, NumericColumn) and not column.absent[at]:
        value = float(column.values[at])
        return value if np.isfinite(value) else str(value)
    return column.cell(at)


def version_assigner(
    data: Bucket, spec: ModelSpec, champion: str | None, *, shadows: bool = False
) -> Callable[[AssignedRows], AssignedRows]:
    """Gives rows their version; what is known of versions is asked for once, one by one while they are few.

    Args:
        data: where versions are.
        spec: the declaration.
        champion: that rows without a version belong to.
        shadows: whether the rows are those of shadows, which never belong to the champion.
    """
    begun = cache(lambda: models.version_names(data, spec.model))
    asked: set[str] = set()

    @cache
    def known(name: str) -> bool:
        asked.add(name)
        if len(asked) > _FEW_VERSIONS or not _A_VERSION.fullmatch(name):
            return name in begun() and models.version_exists(data, spec.model, name)
        return models.version_exists(data, spec.model, name)

    if shadows:
        return lambda rows: assign_versions(_with_shadow(rows, spec), spec, None, known)
    return lambda rows: assign_versions(rows, spec, champion, known)


def _with_shadow(rows: AssignedRows, spec: ModelSpec) -> AssignedRows:
    """The rows that say which version scored them."""
    name, versions = spec.columns.version, rows.records.versions
    unnamed = np.ones(rows.records.rows, np.bool_) if versions is None else versions.codes < 0
    why = f"names no {name}, and a shadow's row must: write the version that scored it"
    return rows.without(unnamed, lambda _: Reason("no_shadow_version", name, why))


def assign_versions(
    rows: AssignedRows, spec: ModelSpec, champion: str | None, known: Callable[[str], bool]
) -> AssignedRows:
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
            "no_version",
            name,
            f"names no {name}, and none was in charge at the upload; upload it again once one is "
            f"(`steward outcome {spec.model}` waits for it)",
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
            f"{name} {unknown[int(versions.codes[at])]!r} was never made for {spec.model}; name one "
            f"that `steward log {spec.model}` shows, or none for the version in charge",
        ),
    )
