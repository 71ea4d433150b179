"""Detects the delimiter of a CSV file from its header."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from steward.errors import BatchInvalid
from steward.records.csv_rows import CsvRow, RowSplitter, split_cells
from steward.records.text import NumberedLines, decode_text

DELIMITERS = ",;\t|"
"""Signs that may separate fields; the first is preferred."""

_DECLARED = re.compile(r'"?sep=([^\w\s"]|\t)"?[\r\n]*', re.ASCII)
"""The first line by which Excel is told what separates fields."""


@dataclass(frozen=True, slots=True)
class CsvHeader:
    """The first row of a CSV file.

    Attributes:
        names: of the columns.
        delimiter: what separates the fields of every row.
        padded: whether blanks follow each delimiter, which belong to no cell.
    """

    names: tuple[str, ...]
    delimiter: str
    padded: bool


def read_header(lines: NumberedLines, splitter: RowSplitter, columns: Collection[str] = ()) -> CsvHeader:
    """Read the header, and find the delimiter under which it has most of some names.

    Where no names are given, or two delimiters give as many, the one that gives more fields is taken; then the first.

    Args:
        lines: the file, of which nothing was read.
        splitter: its rows.
        columns: names that the header should have.

    Raises:
        BatchInvalid: there is no header, or it cannot be read.
    """
    text = _text(lines, splitter)
    declared = _DECLARED.fullmatch(text)
    if declared:
        text = _text(lines, splitter)
    expected = frozenset(columns)
    found: CsvHeader | None = None
    best = (-1, -1)
    for delimiter in declared[1] if declared else DELIMITERS:
        cells = split_cells(text, delimiter)
        if cells is None:
            continue
        names = tuple(cell.strip() for cell in cells)
        score = len(expected.intersection(names)), len(names)
        if score > best:
            padded = len(cells) > 1 and all(cell.startswith(" ") for cell in text.split(delimiter)[1:])
            found, best = CsvHeader(names, delimiter, padded), score
    if found is None:
        raise BatchInvalid(
            "malformed",
            f"the header of {lines.name} cannot be read: its quotes are misplaced; put a name that holds quotes in "
            "quotes, and double the quotes in it",
        )
    return found


def _text(lines: NumberedLines, splitter: RowSplitter) -> str:
    row: CsvRow | None = splitter.next_row()
    while row and not row.content.strip():
        row = splitter.next_row()
    if row is None:
        raise BatchInvalid("empty_file", f"{lines.name} holds nothing but blank lines; upload a file with rows")
    if row.too_long:
        raise BatchInvalid("malformed", f"the header of {lines.name} is too long; begin with a line of column names")
    text = decode_text(row.content)
    if text is None:
        raise BatchInvalid(
            "not_utf8",
            f"the header of {lines.name} cannot be read: line {row.line} holds bytes that are not UTF-8 text; save the "
            "file as UTF-8",
        )
    return text
