"""Which rows of a file are valid records, and why the others are not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from steward.records.columns import CategoricalColumn, Chunk, Column
from steward.records.formats import open_rows
from steward.records.identity import SeenIds
from steward.records.raw import Limits, RawChunk, RejectedRow
from steward.records.records import Records
from steward.records.schema import Expected, Kind
from steward.records.sheet import Sheet
from steward.spec.model import CategoricalFeature, ModelSpec, NumericFeature


@dataclass(frozen=True, slots=True)
class Judged:
    """One chunk's verdict: every row of the chunk is in one of the two.

    Attributes:
        places: the position of each valid record among the data rows of the file, from 1, shape (rows,).
    """

    records: Records
    places: NDArray[np.int64]
    rejected: tuple[RejectedRow, ...]


class Judge:
    """Judges the chunks of one file, in order, and remembers the ids that it let through.

    Args:
        spec: the declaration.
        kind: what the file holds.
        now: the present, timezone-aware.
    """

    def __init__(self, spec: ModelSpec, kind: Kind, now: datetime) -> None:
        self.expected = Expected.of(spec, kind)
        self._spec = spec
        self._now = now
        self._seen = SeenIds()
        self._first = True

    def judge(self, raw: RawChunk) -> Judged:
        """Take the valid rows, and say what is wrong with the others.

        Raises:
            BatchInvalid: a column's type can hold nothing of what it should, or nothing in it can be read.
        """
        sheet = Sheet(raw)
        columns, present = self._spec.columns, self._present(raw)
        ids = sheet.ids(columns.id)
        times = (
            sheet.times(columns.time, self._now, needed=self._needs(columns.time)) if columns.time in present else None
        )
        versions: CategoricalColumn | None = None
        if columns.version in present:
            versions = sheet.category(columns.version, CategoricalFeature(type="categorical"))
        kept = self._columns(sheet, present)
        if self._first:
            sheet.refuse_wholly_unreadable()
            self._first = False
        sheet.duplicates(columns.id, ids, self._seen)
        valid, rejected = sheet.verdict()
        records = Records(ids, times, versions, Chunk(len(ids), kept))
        return Judged(records if valid.all() else records.take(valid), raw.rows[valid], rejected)

    def _columns(self, sheet: Sheet, present: frozenset[str]) -> dict[str, Column]:
        columns = self._spec.columns
        kept: dict[str, Column] = {}
        if columns.score in present:
            nullable = not self._needs(columns.score)
            probability = NumericFeature(type="numeric", minimum=0, maximum=1, nullable=nullable)
            kept[columns.score] = sheet.number(columns.score, probability)
        for name in (columns.prediction, columns.label):
            if name is not None and name in present:
                kept[name] = sheet.label(name, self._spec.positive_label, needed=self._needs(name))
        for name, feature in self._spec.features.items():
            if name not in present:
                continue
            if isinstance(feature, NumericFeature):
                kept[name] = sheet.number(name, feature)
            else:
                kept[name] = sheet.category(name, feature)
        return kept

    def _needs(self, column: str) -> bool:
        return column in self.expected.required

    def _present(self, raw: RawChunk) -> frozenset[str]:
        return frozenset(raw.columns).intersection((*self.expected.required, *self.expected.optional))


class Batch:
    """A file of one kind, opened and known to have the right columns.

    Attributes:
        notes: what the user may want to know about the file as a whole, one sentence each.
    """

    def __init__(  # noqa: PLR0917 - the file, what it should hold, and what that may cost
        self, path: Path, name: str, spec: ModelSpec, kind: Kind, now: datetime, limits: Limits | None = None
    ) -> None:
        """Open it.

        Args:
            path: where the file lies.
            name: what the user called it; an object key will do.
            spec: the declaration.
            kind: what the file holds.
            now: the present, timezone-aware.
            limits: what reading may cost.

        Raises:
            BatchInvalid: it is not what its name says, is empty or damaged, or lacks columns.
        """
        self._judge = Judge(spec, kind, now)
        self._rows = open_rows(path, name, limits)
        self.notes = self._judge.expected.check(self._rows.names, self._rows.format)

    def __iter__(self) -> Iterator[Judged]:
        """Read and judge it, once, chunk by chunk.

        Raises:
            BatchInvalid: at any chunk, when the rest proves unreadable; then nothing of the file may be kept.
        """
        expected = self._judge.expected
        found = set(self._rows.names)
        wanted = [name for name in (*expected.required, *expected.optional) if name in found]
        return map(self._judge.judge, self._rows.chunks(wanted))
