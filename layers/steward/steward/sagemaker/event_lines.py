"""Files of SageMaker's event lines, one JSON object a line, each with any number of records."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from arro3.core import Array, DataType

from steward.errors import BatchInvalid
from steward.records.raw import Format, RawChunk, ReadLimits, Reason, RejectedRow, as_json
from steward.records.text import CHUNK_ROWS, NumberedLines, printable, too_long
from steward.sagemaker.payloads import DECODER

MAXIMUM_LINE_BYTES = 1 << 26
"""An endpoint takes 25 MB and may answer as much, and base64 adds a third."""

_CHUNK_BYTES = 1 << 22
"""Text of the lines behind one chunk, so that long lines make small chunks."""
_NUMBER = re.compile(r"-?(\d+(\.\d+)?([eE][+-]?\d+)?|Infinity)|NaN")
_KEPT = 1 << 16
"""Characters kept of a line that goes to quarantine: its number says where the rest is."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of a line, or a whole line, that gives no row.

    Attributes:
        reason: why.
        content: the record as JSON; None when the whole line is meant.
    """

    reason: Reason
    content: str | None = None


Unfold = Callable[[dict[str, Any]], Iterable[Row | Refused]]
"""The rows of one event."""

ColumnSearch = Callable[[Collection[str]], Iterable[str]]
"""Columns besides some that are known, which may come in any line."""


@dataclass(frozen=True, slots=True)
class _Given:
    line: int
    text: str | None
    row: Row | Refused


class EventRows:
    """A file of event lines as rows: a row for every record of every line. It reads like any other file of rows.

    Args:
        lines: the file, opened; lines may be long, see `MAXIMUM_LINE_BYTES`.
        limits: what reading may cost.
        columns: the columns that every row has.
        unfold: takes an event apart.
        later: which other columns rows after the first may have.
    """

    format: Format = "jsonl"

    def __init__(
        self, lines: NumberedLines, limits: ReadLimits, columns: tuple[str, ...], unfold: Unfold, later: ColumnSearch
    ) -> None:
        self._lines = lines
        self._limit = max(limits.maximum_line_bytes, MAXIMUM_LINE_BYTES)
        self._unfold = unfold
        self._chunk_rows = min(limits.chunk_rows, CHUNK_ROWS)
        self._bytes = 0
        self._row = 0
        self._unread = self._parse_lines()
        self._first = self._next_rows()
        self.names = self._names(columns, self._first, later)

    def chunks(self, wanted: Collection[str]) -> Iterator[RawChunk]:
        """See `Rows.chunks`."""
        taken, self._first = self._first, []
        while taken:
            chunk = self._chunk(taken, wanted)
            taken = []  # the objects of one chunk are large: let them go before the next is read
            yield chunk
            del chunk
            taken = self._next_rows()

    def _names(self, columns: tuple[str, ...], first: list[_Given], later: ColumnSearch) -> tuple[str, ...]:
        if not first:
            raise BatchInvalid("no_rows", f"{self._lines.name} holds nothing but blank lines; upload a file with rows")
        names = dict.fromkeys(columns)
        for given in first:
            if not isinstance(given.row, Refused):
                names.update(dict.fromkeys(given.row))
        if self._lines.ahead(1):
            names.update(dict.fromkeys(later(names)))
        return tuple(names)

    def _parse_lines(self) -> Iterator[_Given]:
        for text in self._lines:
            stripped = text.strip()
            if not stripped:
                continue
            line = self._lines.number
            self._bytes += len(stripped)
            if line in self._lines.too_long:
                event: dict[str, Any] | Refused = Refused(too_long(line, self._limit))
            else:
                event = _event(stripped, decodable=line not in self._lines.undecodable)
            if isinstance(event, Refused):
                yield _Given(line, stripped[:_KEPT], event)
                continue
            for row in self._unfold(event):
                whole = isinstance(row, Refused) and row.content is None
                yield _Given(line, stripped[:_KEPT] if whole else None, row)

    def _next_rows(self) -> list[_Given]:
        self._bytes = 0
        taken: list[_Given] = []
        for given in self._unread:
            taken.append(given)
            if len(taken) == self._chunk_rows or self._bytes > _CHUNK_BYTES:
                break
        return taken

    def _chunk(self, taken: list[_Given], wanted: Collection[str]) -> RawChunk:
        rows: list[Row] = []
        numbers: list[int] = []
        lines: list[int] = []
        rejected: list[RejectedRow] = []
        for given in taken:
            self._row += 1
            row = given.row if isinstance(given.row, Refused) else _texts(given.row)
            if isinstance(row, Refused):
                content = as_json(printable(given.text or "")) if row.content is None else row.content
                rejected.append(RejectedRow(self._row, given.line, (row.reason,), content))
                continue
            rows.append(row)
            numbers.append(self._row)
            lines.append(given.line)
        return RawChunk(
            rows=np.array(numbers, np.int64),
            lines=np.array(lines, np.int64),
            columns={name: Array([row.get(name) for row in rows], DataType.utf8()) for name in wanted},
            rejected=tuple(rejected),
            content=lambda at: as_json(rows[at]),
        )


def _event(text: str, *, decodable: bool) -> dict[str, Any] | Refused:
    if not decodable:
        return Refused(Reason("not_utf8", None, "the line holds bytes that are not UTF-8 text; copy the file again"))
    try:
        event = DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        message = f"the line is not valid JSON ({error}); the file was cut off or changed: copy it again as it was"
        return Refused(Reason("malformed", None, message))
    if not isinstance(event, dict):
        return Refused(Reason("malformed", None, "the line is valid JSON, but not an object; write one object a line"))
    return event


def _texts(row: Row) -> dict[str, str | None] | Refused:
    """The row as text; lists and objects inside it become JSON, as they would be written in a CSV file."""
    texts = {name: _text(cell) for name, cell in row.items()}
    strange = next((name for name, text in texts.items() if text and not _encodable(text)), None)
    if strange is None:
        return texts
    reason = Reason("not_unicode", strange, f"{strange} holds half a surrogate pair; write valid Unicode")
    return Refused(reason, json.dumps(row))


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, list):
        return f"[{','.join(_restore_numbers(item) for item in cell)}]"
    return as_json(cell)


def _restore_numbers(item: object) -> str:
    """Numbers were kept as text; in a list of numbers they are written as numbers again."""
    if isinstance(item, str) and _NUMBER.fullmatch(item):
        return item
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def _encodable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
