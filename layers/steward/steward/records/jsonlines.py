"""JSON Lines files, object by object."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np
from arro3.core import Array, DataType

from steward.errors import BatchInvalid
from steward.records.raw import ColumnExpectation, Format, RawChunk, ReadLimits, Reason, RejectedRow, as_json
from steward.records.text import CHUNK_BYTES, CHUNK_ROWS, NumberedLines, printable, too_long

_NAMES = 1000
"""Columns that nobody expects, named after those of the first rows."""


class _Repeated(dict[str, Any]):
    """An object in which a key comes twice."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Repeated(pairs)


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Numbers keep their text, as in CSV: they are parsed once their column says that it wants numbers."""

_EXACT_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)
"""The same, which tells of keys that come twice, and is slower."""

type JsonRow = tuple[int, int, str, dict[str, Any]]
"""Row number, line number, text, object; the numbers in it as text."""


KeySearch = Callable[[Collection[str]], Collection[str]]
"""Which of some keys a file has anywhere, its first rows included."""


class JsonLineRows:
    """A file with one JSON object a line. An absent key is a null.

    Args:
        lines: the file.
        limits: what reading may cost.
        expected: the columns that are looked for in the whole file before it is read.
        later: looks for keys that the first rows lack.
    """

    format: Format = "jsonl"

    def __init__(self, lines: NumberedLines, limits: ReadLimits, expected: ColumnExpectation, later: KeySearch) -> None:
        self._lines = lines
        self._lists = expected.lists
        self._limit = limits.maximum_line_bytes
        self._chunk_rows = min(limits.chunk_rows, CHUNK_ROWS)
        self._row = 0
        self._first = self._next_rows()
        self._refuse_without_objects()
        self._names: dict[str, None] = {}
        for *_, record in self._first[0]:
            self._names.update(dict.fromkeys(record))
        absent = [name for name in expected.names if name not in self._names]
        if absent and lines.ahead(1):
            self._names.update(dict.fromkeys(later(absent)))

    @property
    def names(self) -> tuple[str, ...]:
        """See `Rows.names`."""
        return tuple(self._names)

    def chunks(self, wanted: Collection[str]) -> Iterator[RawChunk]:
        """See `Rows.chunks`."""
        rows, rejected = self._first
        self._first = ([], [])
        while rows or rejected:
            self._note_names(rows)
            chunk = build_chunk(rows, rejected, wanted, self._lists)
            rows, rejected = [], []  # the objects of one chunk are large: let them go before the next is read
            yield chunk
            del chunk
            rows, rejected = self._next_rows()

    def _note_names(self, rows: list[JsonRow]) -> None:
        if set().union(*(record for *_, record in rows)) <= self._names.keys():
            return
        for *_, record in rows:
            if len(self._names) < _NAMES:
                self._names.update(dict.fromkeys(record))

    def _refuse_without_objects(self) -> None:
        rows, rejected = self._first
        if not rows and not rejected:
            raise BatchInvalid("no_rows", f"{self._lines.name} holds nothing but blank lines; upload a file with rows")
        if not rows:
            raise BatchInvalid(
                "not_json_lines",
                f"no line of {self._lines.name} can be read as a JSON object (the first is line "
                f"{rejected[0].line}); write one object a line, not an array or indented JSON",
            )

    def _next_rows(self) -> tuple[list[JsonRow], list[RejectedRow]]:
        rows: list[JsonRow] = []
        rejected: list[RejectedRow] = []
        begin = self._lines.taken
        for text in self._lines:
            stripped = text.strip()
            if not stripped:
                continue
            self._row += 1
            line = self._lines.number
            if line in self._lines.too_long:
                record: dict[str, Any] | Reason = too_long(line, self._limit)
            else:
                record = _parse(stripped, decodable=line not in self._lines.undecodable)
            if isinstance(record, Reason):
                rejected.append(RejectedRow(self._row, line, (record,), as_json(printable(stripped))))
            else:
                rows.append((self._row, line, stripped, record))
            if len(rows) + len(rejected) == self._chunk_rows or self._lines.taken > begin + CHUNK_BYTES:
                break
        return rows, rejected


def _parse(text: str, *, decodable: bool) -> dict[str, Any] | Reason:
    if not decodable:
        return Reason("not_utf8", None, "the line holds bytes that are not UTF-8 text; save the file as UTF-8")
    try:
        record = _decode(text)
    except (ValueError, RecursionError) as error:
        return Reason("malformed", None, f"the line is not valid JSON ({error}); write one whole object a line")
    if not isinstance(record, dict):
        return Reason("malformed", None, "the line is valid JSON, but not an object; write one object a line")
    if isinstance(record, _Repeated):
        return Reason("malformed", None, "the object has a key twice; write each key once")
    return record


def _decode(text: str) -> Any:
    """The value of a line; where there can be a key that comes twice, it is looked for.

    Where no blank follows a quote, a key is followed by its colon at once, so that quotes with colons count keys.
    """
    record = _DECODER.decode(text)
    if not isinstance(record, dict):
        return record
    close = '" ' not in text and '"\t' not in text and '"\r' not in text
    return record if close and text.count('":') == len(record) else _EXACT_DECODER.decode(text)


def build_chunk(
    rows: list[JsonRow], rejected: list[RejectedRow], wanted: Collection[str], lists: Collection[str]
) -> RawChunk:
    """The wanted columns of some objects; a row with a cell that can be no text is rejected.

    Args:
        rows: those that could be taken apart.
        rejected: the others.
        wanted: columns to keep; an absent key is a null.
        lists: columns whose cells may be lists.
    """
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
        return build_chunk(kept, sorted(rejected + refused, key=lambda row: row.row), wanted, lists)
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
