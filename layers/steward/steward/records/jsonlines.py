"""JSON Lines files, object by object."""

import json
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from arro3.core import Array, DataType

from steward.errors import BatchInvalid
from steward.records.raw import Format, Limits, RawChunk, Reason, RejectedRow, as_json
from steward.records.text import CHUNK_BYTES, CHUNK_ROWS, Lines, printable

_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Numbers keep their text, as in CSV: they are parsed once their column says that it wants numbers."""

_Row = tuple[int, int, str, dict[str, Any]]
"""Row number, line number, text, object."""


class JsonLineRows:
    """A file with one JSON object a line. An absent key is a null."""

    format: Format = "jsonl"

    def __init__(self, lines: Lines, limits: Limits, lists: Collection[str] = ()) -> None:
        self._lines = lines
        self._lists = lists
        self._chunk_rows = min(limits.chunk_rows, CHUNK_ROWS)
        self._row = 0
        self._first = self._next_rows()
        self.names = self._names()

    def chunks(self, wanted: Collection[str]) -> Iterator[RawChunk]:
        """See `Rows.chunks`."""
        rows, rejected = self._first
        self._first = ([], [])
        while rows or rejected:
            chunk = _chunk(rows, rejected, wanted, self._lists)
            rows, rejected = [], []  # the objects of one chunk are large: let them go before the next is read
            yield chunk
            del chunk
            rows, rejected = self._next_rows()

    def _names(self) -> tuple[str, ...]:
        rows, rejected = self._first
        if not rows and not rejected:
            raise BatchInvalid("no_rows", f"{self._lines.name} holds nothing but blank lines; upload a file with rows")
        if not rows:
            raise BatchInvalid(
                "not_json_lines",
                f"no line of {self._lines.name} can be read as a JSON object (line {rejected[0].line}: "
                f"{rejected[0].reasons[0].message}); write one object a line, not an array or indented JSON",
            )
        names: dict[str, None] = {}
        for *_, record in rows:
            names.update(dict.fromkeys(record))
        return tuple(names)

    def _next_rows(self) -> tuple[list[_Row], list[RejectedRow]]:
        rows: list[_Row] = []
        rejected: list[RejectedRow] = []
        begin = self._lines.taken
        for text in self._lines:
            stripped = text.strip()
            if not stripped:
                continue
            self._row += 1
            line = self._lines.number
            record = _parsed(stripped, decodable=line not in self._lines.undecodable)
            if isinstance(record, Reason):
                rejected.append(RejectedRow(self._row, line, (record,), as_json(printable(stripped))))
            else:
                rows.append((self._row, line, stripped, record))
            if len(rows) + len(rejected) == self._chunk_rows or self._lines.taken > begin + CHUNK_BYTES:
                break
        return rows, rejected


def _parsed(text: str, *, decodable: bool) -> dict[str, Any] | Reason:
    if not decodable:
        return Reason("not_utf8", None, "the line holds bytes that are not UTF-8 text; save the file as UTF-8")
    try:
        record = _DECODER.decode(text)
    except (ValueError, RecursionError) as error:
        return Reason("malformed", None, f"the line is not valid JSON ({error}); write one whole object a line")
    if not isinstance(record, dict):
        return Reason("malformed", None, "the line is valid JSON, but not an object; write one object a line")
    return record


def _chunk(rows: list[_Row], rejected: list[RejectedRow], wanted: Collection[str], lists: Collection[str]) -> RawChunk:
    columns: dict[str, Array] = {}
    unusable: dict[int, Reason] = {}
    by_row = [list(map(record.get, wanted)) for _, _, _, record in rows]
    for position, name in enumerate(wanted):
        cells = [cells[position] for cells in by_row]
        if name in lists:
            cells = [as_json(cell) if isinstance(cell, list) else cell for cell in cells]
        try:
            columns[name] = Array(cells, DataType.utf8())
        except (TypeError, UnicodeEncodeError):
            columns[name] = Array([_text(name, cell, at, unusable) for at, cell in enumerate(cells)], DataType.utf8())
    if unusable:
        refused = [
            RejectedRow(rows[at][0], rows[at][1], (reason,), printable(rows[at][2])) for at, reason in unusable.items()
        ]
        kept = [row for at, row in enumerate(rows) if at not in unusable]
        return _chunk(kept, sorted(rejected + refused, key=lambda row: row.row), wanted, lists)
    texts = [text for _, _, text, _ in rows]
    return RawChunk(
        rows=np.array([row for row, *_ in rows], np.int64),
        lines=np.array([line for _, line, *_ in rows], np.int64),
        columns=columns,
        rejected=tuple(rejected),
        content=texts.__getitem__,
    )


def _text(name: str, cell: object, at: int, unusable: dict[int, Reason]) -> str | None:
    """The cell as text; where that is impossible, None, and the reason in `unusable`."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if cell is None:
        return None
    if isinstance(cell, str):
        if cell.isprintable() or _encodable(cell):
            return cell
        unusable[at] = Reason("not_unicode", name, f"{name} holds half a surrogate pair; write valid Unicode")
    else:
        unusable[at] = Reason("wrong_type", name, f"{name} holds nested JSON; write a number or a text")
    return None


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
