"""What a file's valid rows must still pass: a known version, and an id that no earlier upload has taken."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from steward.errors import ObjectMissing
from steward.records.columns import CategoricalColumn
from steward.records.raw import Reason, RejectedRow
from steward.records.records import Records
from steward.records.stored import read_ids
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window
from steward.store import keys
from steward.store.bucket import Bucket


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
        fallen = tuple(
            RejectedRow(int(self.places[at]), None, (reason(int(at)),), describe(self.records, int(at)))
            for at in np.flatnonzero(where)
        )
        return Rows(self.records.take(~where), self.places[~where], self.rejected + fallen)


def describe(records: Records, at: int) -> str:
    """One row as JSON."""
    row: dict[str, object] = {"id": records.ids[at]}
    if records.times is not None and not np.isnat(records.times[at]):
        row["time"] = str(records.times[at])
    if records.versions is not None and records.versions.codes[at] >= 0:
        row["version"] = records.versions.categories[records.versions.codes[at]]
    for name, column in records.chunk.columns.items():
        if isinstance(column, CategoricalColumn):
            row[name] = column.categories[column.codes[at]] if column.codes[at] >= 0 else None
        else:
            value = float(column.values[at])
            row[name] = value if np.isfinite(value) else None
    return json.dumps(row, ensure_ascii=False)


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
    versions = rows.records.versions or versions
    unknown = {code: category for code, category in enumerate(versions.categories) if not known(category)}
    where = np.isin(versions.codes, list(unknown))
    return rows.without(
        where,
        lambda at: Reason(
            "unknown_version",
            name,
            f"{name} {unknown[int(versions.codes[at])]!r} was never made for {spec.model}; name one that is stored",
        ),
    )


def windows_of(records: Records, spec: ModelSpec) -> tuple[NDArray[np.int64], list[Window]]:
    """The window of each row, as a position in the list of windows; -1 where the row has no time."""
    if records.times is None:
        return np.full(records.rows, -1), []
    length = np.timedelta64(round(spec.window.length.total_seconds() * 1e6), "us")
    origin = np.datetime64(ORIGIN.replace(tzinfo=None), "us")
    timed = ~np.isnat(records.times)
    numbers = np.floor_divide(records.times[timed] - origin, length).astype(np.int64)
    distinct, positions = np.unique(numbers, return_inverse=True)
    codes = np.full(records.rows, -1)
    codes[timed] = positions
    return codes, [Window(ORIGIN + int(number) * spec.window.length, spec.window.length) for number in distinct]


@dataclass(slots=True)
class Neighbours:
    """Other batches in the same windows, and the ids they hold; each is read once.

    Of two uploads with the same id the earlier one keeps it: batch ids begin with the upload time, so the smaller wins,
    whichever is taken in first.
    """

    data: Bucket
    spec: ModelSpec
    kind: str
    batch: str
    _ids: dict[str, NDArray[np.object_]] = field(default_factory=dict)

    def look(self, windows: Sequence[Window]) -> set[str]:
        """Read what is new in these windows; the keys of all neighbours that were there."""
        seen: set[str] = set()
        for window in windows:
            for listed in self.data.list(keys.window_records(self.kind, self.spec.model, window)):
                if keys.batch_of(listed.key) != self.batch:
                    seen.add(listed.key)
                    if listed.key not in self._ids:
                        self._read(listed.key)
        return seen

    def earlier(self) -> dict[str, str]:
        """Ids that earlier uploads hold, and which batch holds each."""
        return {
            identity: keys.batch_of(key)
            for key, ids in self._ids.items()
            if keys.batch_of(key) < self.batch
            for identity in ids
        }

    def later_with(self, ids: NDArray[np.object_]) -> list[str]:
        """Keys of later uploads' records that hold any of these ids, so must give them up."""
        mine = set(ids)
        return [key for key, held in self._ids.items() if keys.batch_of(key) > self.batch and not mine.isdisjoint(held)]

    def _read(self, key: str) -> None:
        try:
            self._ids[key] = read_ids(self.data.get(key).body, self.spec)
        except ObjectMissing:
            self._ids[key] = np.array([], dtype=object)


def drop_taken(rows: Rows, spec: ModelSpec, earlier: dict[str, str]) -> Rows:
    """Reject the rows whose id an earlier upload holds."""
    ids = rows.records.ids
    where = np.fromiter((identity in earlier for identity in ids), np.bool_, len(ids))
    return rows.without(
        where,
        lambda at: Reason(
            "duplicate_id",
            spec.columns.id,
            f"{ids[at]!r} came before, in batch {earlier[ids[at]]}; that record stands. "
            "Give each prediction an id of its own",
        ),
    )
