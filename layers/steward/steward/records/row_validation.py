"""Validates the rows of a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from steward.records import cross_column_checks
from steward.records.chunk_violations import Violations
from steward.records.columns import Chunk, Column
from steward.records.hashing import hash_names
from steward.records.id_index import IdIndex
from steward.records.labels import Classes
from steward.records.raw import RawChunk, RejectedRow
from steward.records.role_validation import RoleValidator
from steward.records.rounded_ids import RoundedIds
from steward.records.row_violations import RowViolations
from steward.records.schema import ExpectedColumns, RecordKind
from steward.records.time_columns import TimeColumns
from steward.records.valid_records import Records
from steward.spec.features import CategoricalFeature, NumericFeature
from steward.spec.model import ModelSpec
from steward.spec.telemetry import telemetry_columns

_ANY = NumericFeature(type="numeric")
_ENTITY = CategoricalFeature(type="categorical")
_AMOUNT = NumericFeature(type="numeric", minimum=0)
_PROBABILITY = NumericFeature(type="numeric", minimum=0, maximum=1, nullable=False)
_PROBABILITY_OR_NONE = NumericFeature(type="numeric", minimum=0, maximum=1)


@dataclass(frozen=True, slots=True)
class ValidatedChunk:
    """One chunk's verdict: every row of the chunk is in one of the two.

    Attributes:
        places: the position of each valid record among the data rows of the file, from 1, shape (rows,).
        invalid: rows by the code of a reason found in them, whether they were rejected or (`on_invalid: count`) kept.
        invalid_by_column: the same for each column that a reason names.
        tolerated: records that were kept although something in them is invalid.
        findings: what is wrong, row by row.
        content: the raw content, as JSON, of the row at a position among the data rows of the file.
    """

    records: Records
    places: NDArray[np.int64]
    rejected: tuple[RejectedRow, ...]
    invalid: Mapping[str, int]
    invalid_by_column: Mapping[str, Mapping[str, int]]
    tolerated: int
    findings: RowViolations
    content: Callable[[int], str]


class RowValidator:
    """Judges the chunks of one file, in order, and remembers the ids that it let through.

    Args:
        spec: the declaration.
        kind: what the file holds.
        now: the present, timezone-aware.
        times: reads its columns of times.
        rounded: finds the ids that were rounded.
        whole: whether a column in which nothing can be read condemns the file, and not each of its rows.

    Raises:
        BatchInvalid: the task has no files of this kind.
    """

    def __init__(
        self,
        spec: ModelSpec,
        kind: RecordKind,
        now: datetime,
        times: TimeColumns,
        rounded: RoundedIds,
        *,
        whole: bool = True,
    ) -> None:
        self.expected = ExpectedColumns.of(spec, kind)
        self._spec = spec
        self._kind = kind
        self._now = now
        self._times = times
        self._rounded = rounded
        self._seen = IdIndex()
        self._first = whole
        self._classes = Classes.of(spec)
        self._measures = telemetry_columns(spec.columns) if kind == "telemetry" else spec.columns.operation

    def validate(self, raw: RawChunk) -> ValidatedChunk:
        """Validate the rows of a chunk, and report the violations.

        Raises:
            BatchInvalid: a column's type can hold nothing of what it should, or nothing in it can be read.
        """
        faults = Violations(raw, tolerant=self._spec.on_invalid == "count")
        sheet = RoleValidator(raw, faults, self._times)
        columns = self._spec.columns
        present = frozenset(raw.columns).intersection(self.expected.names)
        identified = columns.id in present
        ids = sheet.ids(columns.id, self._rounded) if identified else raw.rows.astype(np.str_).astype(object)
        times: NDArray[np.datetime64] | None = None
        if columns.time in present and self._kind == "labels":
            times = sheet.time_hints(columns.time, self._now)
        elif columns.time in present:
            times = sheet.event_times(columns.time, self._now, needed=self._needs(columns.time))
        versions = sheet.versions(columns.version) if columns.version in present else None
        chunk = Chunk(len(ids), self._columns(sheet, present))
        if self._first:
            faults.refuse_wholly_unreadable()
            self._first = False
        self._relations(faults, chunk)
        if identified and self._kind != "shadows":  # of which several versions score the same prediction
            faults.duplicates(columns.id, ids, self._seen)
        verdict = faults.verdict()
        records = Records(ids, times, versions, chunk)
        return ValidatedChunk(
            records if verdict.valid.all() else records.take(verdict.valid),
            raw.rows[verdict.valid],
            verdict.rejected,
            verdict.invalid,
            verdict.invalid_by_column,
            verdict.tolerated,
            faults.findings(times, versions),
            lambda place: raw.content(int(raw.rows.searchsorted(place))),
        )

    def _columns(self, sheet: RoleValidator, present: frozenset[str]) -> dict[str, Column]:
        """Everything but id, time and version, in the order of the declaration."""
        columns, spec = self._spec.columns, self._spec
        kept: dict[str, Column] = {}
        for name in columns.outputs.values():
            if name in present:
                kept[name] = sheet.number(name, _PROBABILITY if self._needs(name) else _PROBABILITY_OR_NONE)
        for truth in filter(None, (columns.prediction, columns.label)):
            if truth in present:
                kept[truth] = self._truth(sheet, truth)
        kept |= {name: sheet.column(name, declared) for name, declared in spec.declared.items() if name in present}
        if columns.entity is not None and columns.entity in present and spec.column(columns.entity) is None:
            named = sheet.category(columns.entity, _ENTITY)
            kept[columns.entity] = replace(named, categories=hash_names(named.categories))
        kept |= {name: sheet.finite(name, _ANY) for name in columns.attributions.values() if name in present}
        for measure, name in self._measures.items():
            if name in present:
                kept[name] = sheet.error(name) if measure == "error" else sheet.finite(name, _AMOUNT)
        return kept

    def _truth(self, sheet: RoleValidator, name: str) -> Column:
        """A label or a prediction: a class, or a value."""
        needed = self._needs(name)
        if self._spec.task == "regression":
            return sheet.value(name, needed=needed)
        return sheet.class_label(name, self._classes, needed=needed)

    def _relations(self, faults: Violations, chunk: Chunk) -> None:
        """What columns owe each other."""
        scores = [chunk.columns[name] for name in self._spec.columns.scores.values() if name in chunk.columns]
        if scores and len(scores) == len(self._spec.classes):
            cross_column_checks.check_score_sums(faults, scores)
        if self._kind == "telemetry":
            cross_column_checks.check_error_counts(faults, chunk, self._measures)
            cross_column_checks.check_whole_counts(faults, chunk, self._measures)
            cross_column_checks.check_latency_bounds(faults, chunk, self._measures)
        if self._kind in {"predictions", "reference"}:
            cross_column_checks.check_rules(faults, chunk, self._spec.rules)

    def _needs(self, column: str) -> bool:
        return column in self.expected.required
