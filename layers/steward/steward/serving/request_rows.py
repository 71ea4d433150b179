"""Validates the rows of a request by the declaration, with the code that validates uploads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from http import HTTPStatus

import numpy as np
from numpy.typing import NDArray

from steward.errors import BatchInvalid
from steward.records.columns import Column, NumericColumn
from steward.records.ids import identifiers
from steward.records.jsonlines import build_chunk
from steward.records.raw import RawChunk
from steward.records.rounded_ids import RoundedIds
from steward.records.row_validation import RowValidator, ValidatedChunk
from steward.records.schema import ARM_COLUMN
from steward.records.time_columns import TimeColumns
from steward.serving.refusals import FieldProblem, RequestRefused
from steward.serving.request_body import RequestBody, RequestRow
from steward.spec.features import EmbeddingFeature
from steward.spec.model import ModelSpec
from steward.uuid7 import new_prediction_id

_TOLERABLE = frozenset({"out_of_range", "outside_domain", "pattern_mismatch", "too_long"})
"""What a row is answered in spite of where the declaration says `on_invalid: count`; rules are too."""

_NOT_FINITE = "{} is NaN or infinite; write a finite number, or null where it is unknown"


@dataclass(frozen=True, slots=True)
class RequestRows:
    """Rows that can be scored.

    Attributes:
        cells: of each row, by column: as the client gave them, with an ID and a time where it gave none.
        columns: the features and attributes as records have them.
        ids: of the predictions, shape (rows,).
        entities: whom each row is about; None where that is unknown or not declared.
    """

    cells: list[RequestRow]
    columns: Mapping[str, Column]
    ids: list[str]
    entities: list[str | None]

    def take(self, at: NDArray[np.intp]) -> tuple[Mapping[str, Column], int]:
        """The columns of the rows at some positions, and how many these are."""
        return {name: column.take(at) for name, column in self.columns.items()}, len(at)


class RequestReader:
    """Reads the rows of requests for one declaration.

    Args:
        spec: the declaration.
        new_id: makes the ID of a prediction.
    """

    def __init__(self, spec: ModelSpec, new_id: Callable[[], str] = new_prediction_id) -> None:
        self._spec, self._new_id = spec, new_id
        self._strict = spec.model_copy(update={"on_invalid": "quarantine"})
        columns = spec.columns
        given = {columns.id, columns.time, columns.entity, *spec.attributes} - {None}
        needed = [*spec.features, *(name for name, declared in spec.attributes.items() if not declared.nullable)]
        self._needed = dict.fromkeys(needed)
        self._known = dict.fromkeys([*spec.features, *sorted(name for name in given if name)])
        self._lists = [name for name, declared in spec.declared.items() if isinstance(declared, EmbeddingFeature)]
        self._given_by_model = {
            *columns.outputs.values(), columns.prediction, columns.label, columns.version, *columns.operation.values(),
            *columns.attributions.values(), *spec.outputs, ARM_COLUMN,
        } - {None}  # fmt: skip

    def read(self, body: RequestBody, now: datetime) -> RequestRows:
        """Validate the rows.

        Args:
            body: of a request.
            now: the time of rows that name none, timezone-aware.

        Raises:
            RequestRefused: a row lacks a field, has one too many, or one that cannot be used; the problems name all.
        """
        problems = [problem for at, row in enumerate(body.rows) for problem in self._compare_fields(body, at, row)]
        if problems:
            raise _refuse(problems, len(body.rows))
        columns = self._spec.columns
        time = write_time(now, columns.time_format)
        cells = [
            {**row, columns.id: self._new_id() if _empty(row.get(columns.id)) else row[columns.id],
             columns.time: time if _empty(row.get(columns.time)) else row[columns.time]}
            for row in body.rows
        ]  # fmt: skip
        raw = build_chunk([(at, at, "", row) for at, row in enumerate(cells, start=1)], [], self._known, self._lists)
        found = self._validate(raw, cells, body, now)
        entities = [_entity_of(row.get(columns.entity)) if columns.entity else None for row in cells]
        return RequestRows(cells, found, [str(row[columns.id]) for row in cells], entities)

    def _compare_fields(self, body: RequestBody, at: int, row: RequestRow) -> Sequence[FieldProblem]:
        if self._needed.keys() <= row.keys() <= self._known.keys():
            return ()
        number = body.row_number(at)
        extra = [name for name in row if name not in self._known]
        absent = [name for name in self._needed if name not in row]
        return [
            *(FieldProblem(number, name, "missing_field", self._explain_missing(name, extra)) for name in absent),
            *(FieldProblem(number, name[:60], "unknown_field", self._explain_extra(name, absent)) for name in extra),
        ]

    def _explain_missing(self, name: str, extra: Sequence[str]) -> str:
        near = get_close_matches(name, extra, n=1)
        feature = self._spec.column(name)
        mend = "give null where it is unknown" if feature and feature.nullable else "give its value"
        return f"{name} is not in the row{f' (is it {near[0][:60]}?)' if near else ''}; {mend}"

    def _explain_extra(self, name: str, absent: Sequence[str]) -> str:
        if name in self._given_by_model:
            return f"{name} is given by the model, or known later; leave it out"
        near = get_close_matches(name, absent or self._known, n=1)
        return (
            f"{name[:60]} is no feature of {self._spec.model}{f' (is it {near[0]}?)' if near else ''}; leave it "
            "out, or declare it"
        )

    def _validate(
        self, raw: RawChunk, cells: list[RequestRow], body: RequestBody, now: datetime
    ) -> Mapping[str, Column]:
        try:
            found = self._judge(raw, now, tolerant=False)
            problems = [
                FieldProblem(None if body.single else row.row, reason.column, reason.code, reason.message)
                for row in found.rejected
                for reason in row.reasons
                if not (self._spec.on_invalid == "count" and _is_tolerable(reason.code))
            ]
            if found.rejected and not problems:
                found = self._judge(raw, now, tolerant=True)
        except BatchInvalid as error:  # columns of times that are written in several ways
            problems = [FieldProblem(None, None, error.code, str(error))]
            raise _refuse(problems, len(cells)) from None
        columns = found.records.chunk.columns
        problems += [
            FieldProblem(body.row_number(int(at)), name, "not_finite", _NOT_FINITE.format(name))
            for name, column in columns.items()
            if isinstance(column, NumericColumn)
            for at in np.flatnonzero(~np.isfinite(column.values) & ~column.absent)
        ]
        if problems:
            raise _refuse(problems, len(cells))
        return columns

    def _judge(self, raw: RawChunk, now: datetime, *, tolerant: bool) -> ValidatedChunk:
        """The rows as those of an upload.

        Raises:
            BatchInvalid: a column of times is written in several ways.
        """
        times = TimeColumns.of(self._spec, "predictions")
        times.look([raw])
        name = self._spec.columns.id
        rounded = RoundedIds(lambda: [identifiers(raw.columns[name], name)])
        spec = self._spec if tolerant else self._strict
        return RowValidator(spec, "predictions", now, times, rounded, whole=False).validate(raw)


def _is_tolerable(code: str) -> bool:
    return code in _TOLERABLE or code.startswith("rule:")


def _refuse(problems: Sequence[FieldProblem], rows: int) -> RequestRefused:
    first = problems[0]
    place = f"row {first.row}: " if first.row is not None else ""
    beside = f", and {len(problems) - 1:,} more problems" if len(problems) > 1 else ""
    of = f"no row of {rows:,} was scored: " if rows > 1 else ""
    return RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, f"{of}{place}{first.detail}{beside}", problems)


def _empty(cell: object) -> bool:
    return cell is None or cell == ""


def write_time(moment: datetime, time_format: str | None) -> str:
    """A moment as the declaration has times: in its format, or as ISO 8601."""
    return moment.strftime(time_format) if time_format else moment.isoformat()


def _entity_of(cell: object) -> str | None:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell if isinstance(cell, str) and cell else None
