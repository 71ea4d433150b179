"""Counts accepted, invalid and duplicate rows per window and model version."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.ingestion.spool import UNTIMED, numbers_at
from steward.ingestion.version_assignment import AssignedRows
from steward.profiles.ingestion_counts import IngestionCounts
from steward.records.cell_types import CellType
from steward.records.columns import CategoricalColumn
from steward.records.record_file_reader import RecordFileReader
from steward.records.row_validation import ValidatedChunk
from steward.records.row_violations import Reasons, violation_name
from steward.spec.features import Feature
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window

Cell = tuple[int, str]
"""A window, counted as `numbers_at` does, and the version that made its rows."""

_DUPLICATE = "duplicate_id"
_UNREADABLE = "unreadable"
_TELLING = 10
"""Cells that must be unreadable before anything is said of the column's type."""

_WRITTEN_AS: dict[str, frozenset[CellType]] = {
    "numeric": frozenset({"number"}),
    "categorical": frozenset({"text"}),
    "boolean": frozenset({"boolean"}),
    "datetime": frozenset({"time", "text", "number"}),
    "text": frozenset({"text"}),
    "embedding": frozenset({"list"}),
}


class IngestionCounter:
    """Counts the rows of a file as they are judged; the same file gives the same counts.

    A row that is set aside belongs to the window of its own event time and to its own version, or to the champion where
    it names none. Rows whose window cannot be told, or has no valid row in the file, are spread over the file's windows
    in proportion to their valid rows, so that a file's share of bad rows is that of its windows.

    Args:
        spec: the declaration.
        champion: the version that rows without one belong to; None where there is none.
    """

    def __init__(self, spec: ModelSpec, champion: str | None) -> None:
        self._spec = spec
        self._champion = champion or ""
        self._valid: Counter[Cell] = Counter()
        self._found: Counter[tuple[Cell, bool, Reasons]] = Counter()
        self._torn: Counter[Reasons] = Counter()
        self._columns = IngestionCounts(files=1)
        self._placed: dict[Cell, IngestionCounts] | None = None

    def add(self, judged: ValidatedChunk, admitted: AssignedRows) -> None:
        """Take in one chunk."""
        findings, records = judged.findings, admitted.records
        if len(findings.kept):
            found = _Cells.of(findings.times, findings.versions, len(findings.kept), self._spec, self._champion)
            for (at, kept, reasons), count in findings.count_by_group(found.places).items():
                self._found[found.cells[at], kept, reasons] += count
        self._torn.update(findings.unparseable)
        self._valid.update(_Cells.of(records.times, records.versions, records.rows, self._spec, "").counted())
        self._count_unknown_versions(judged, admitted)

    def close(self, batch: RecordFileReader) -> None:
        """Finish counting; derives the oddities of the file's columns."""
        rows = sum(self._valid.values()) + sum(count for (_, kept, _), count in self._found.items() if not kept)
        self._columns = IngestionCounts(
            files=1,
            columns_added=dict.fromkeys(batch.columns_added, 1),
            columns_missing=dict.fromkeys(batch.columns_missing, 1),
            columns_retyped=dict.fromkeys(self._changed_types(batch, rows), 1),
        )
        self._placed = self._counts_by_cell()

    def of(self, window: Window, version: str, kept: int) -> IngestionCounts:
        """Counts of the rows of a window and version."""
        cell = (window.start - ORIGIN) // self._spec.window.length, version
        placed = self._placed or {}
        taken = IngestionCounts(duplicates=max(0, self._valid[cell] - kept))
        return self._columns + placed.get(cell, IngestionCounts()) + taken

    def _count_unknown_versions(self, judged: ValidatedChunk, admitted: AssignedRows) -> None:
        """Valid rows whose version is not known."""
        rejected = admitted.rejected[len(judged.rejected) :]
        if not rejected:
            return
        times = judged.records.times
        where = ~np.isin(judged.places, admitted.places)
        found = _Cells.of(None if times is None else times[where], None, len(rejected), self._spec, self._champion)
        for at, row in zip(found.places.tolist(), rejected, strict=True):
            reasons = frozenset(violation_name(each.code, each.column) for each in row.reasons)
            self._found[found.cells[at], False, reasons] += 1

    def _counts_by_cell(self) -> dict[Cell, IngestionCounts]:
        cells = sorted(self._valid)
        found: Counter[tuple[Cell, bool, Reasons]] = Counter()
        adrift = Counter(self._torn)
        largest: dict[int, Cell] = {}
        for cell in sorted(cells, key=lambda cell: (self._valid[cell], cell[1])):
            largest[cell[0]] = cell
        for (cell, kept, reasons), count in self._found.items():
            home = cell if cell in self._valid else largest.get(cell[0])
            if home is None:
                adrift[reasons] += count
            else:
                found[home, kept, reasons] += count
        if cells:
            bounds = np.cumsum([self._valid[cell] for cell in cells])
            for reasons, count in adrift.items():
                middles = (np.arange(count) + 0.5) * (bounds[-1] / count)
                for at in np.minimum(bounds.searchsorted(middles, side="right"), len(cells) - 1).tolist():
                    found[cells[at], False, reasons] += 1
        counts: dict[Cell, IngestionCounts] = {}
        for (cell, kept, reasons), count in sorted(found.items(), key=lambda item: (item[0][0], sorted(item[0][2]))):
            counts[cell] = counts.get(cell, IngestionCounts()) + _to_counts(reasons, count, kept=kept)
        return counts

    def _changed_types(self, batch: RecordFileReader, rows: int) -> Iterator[str]:
        unreadable: Counter[str] = Counter()
        for (_, _, reasons), count in self._found.items():
            unreadable.update(dict.fromkeys(reasons, count))
        for name, declared in self._spec.declared.items():
            kind = _kind(batch, name, declared)
            if kind is not None:
                yield f"{name} {kind}"
            elif unreadable[violation_name("wrong_type", name)] >= max(_TELLING, rows / 2):
                yield f"{name} {_UNREADABLE}"


def _kind(batch: RecordFileReader, name: str, declared: Feature) -> CellType | None:
    """What a column's cells are, where its type is not written so."""
    kind = batch.types.get(name)
    if kind is None or kind == "null":
        return None
    return None if kind in _WRITTEN_AS[declared.type] else kind


def _to_counts(reasons: Reasons, count: int, *, kept: bool) -> IngestionCounts:
    """Some rows with the same faults."""
    named = dict.fromkeys(sorted(reasons), count)
    if kept:
        return IngestionCounts(invalid=named, invalid_rows=count)
    if any(name.split(" ")[0] == _DUPLICATE for name in reasons):
        return IngestionCounts(duplicates=count)
    return IngestionCounts(rejected=named, rejected_rows=count)


@dataclass(frozen=True, slots=True)
class _Cells:
    """The window and version of some rows.

    Attributes:
        cells: the distinct ones.
        places: which of them each row is in, shape (rows,).
    """

    cells: Sequence[Cell]
    places: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        times: NDArray[np.datetime64] | None,
        versions: CategoricalColumn | None,
        rows: int,
        spec: ModelSpec,
        unnamed: str,
    ) -> Self:
        """Read them off event times and names of versions, `unnamed` where a row has no name."""
        names = (*(versions.categories if versions else ()), unnamed)
        codes = versions.codes.astype(np.int64) % len(names) if versions else np.zeros(rows, np.int64)
        numbers = np.full(rows, UNTIMED) if times is None else numbers_at(times, spec)
        windows, window = np.unique(numbers, return_inverse=True)
        keys, places = np.unique(window * len(names) + codes, return_inverse=True)
        cells = [(int(windows[key // len(names)]), names[key % len(names)]) for key in keys.tolist()]
        return cls(cells, places.astype(np.int64))

    def counted(self) -> dict[Cell, int]:
        """The rows of each."""
        return dict(zip(self.cells, np.bincount(self.places, minlength=len(self.cells)).tolist(), strict=True))
