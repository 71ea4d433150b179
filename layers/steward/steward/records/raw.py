"""Rows as read from a file, before validation."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from arro3.core import Array
from numpy.typing import NDArray

Format = Literal["csv", "jsonl", "parquet"]


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What a file may cost before it is refused.

    Attributes:
        maximum_expanded_bytes: bytes after decompression (text), or of the rows in memory, summed (Parquet).
        maximum_line_bytes: bytes in one row of text, however many lines it spans; a longer one is rejected alone.
        chunk_bytes: of rows of Parquet, still encoded, that are decoded at a time at most.
        decoder_bytes: memory of the process that decodes Parquet, beside the caller's own.
        chunk_rows: rows held in memory at a time; of text, 4,096 at most.
    """

    maximum_expanded_bytes: int = 1024**3
    maximum_line_bytes: int = 1024**2
    chunk_rows: int = 65_536
    chunk_bytes: int = 64 * 1024**2
    decoder_bytes: int = 640 * 1024**2


@dataclass(frozen=True, slots=True)
class ColumnExpectation:
    """What is known of a file's columns before it is read.

    Attributes:
        names: of columns that may be in it: they tell what separates the fields of CSV.
        numbers: of those that hold numbers; None where that is not known.
        lists: columns whose cells may be lists: of JSON Lines, they are given as the text of a JSON array.
    """

    names: Collection[str] = ()
    numbers: Collection[str] | None = None
    lists: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused.

    Attributes:
        code: for programs, such as `duplicate_id`.
        column: where, in the user's own names; None when the whole row is meant.
        message: for people: what, where, and how to mend it.
    """

    code: str
    column: str | None
    message: str


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that goes to quarantine.

    Attributes:
        row: its position among the data rows of the file, from 1.
        line: the line it begins on, from 1; None where the file has no lines.
        reasons: at least one.
        content: the row as JSON: an object where its columns could be told apart, else an array of fields or a string.
    """

    row: int
    line: int | None
    reasons: tuple[Reason, ...]
    content: str


@dataclass(frozen=True, slots=True)
class RawChunk:
    """Some consecutive rows of a file.

    Attributes:
        rows: int64, shape (rows,): the position of each among the data rows of the file, from 1.
        lines: int64, shape (rows,): the line each begins on; None where the file has no lines.
        columns: Arrow arrays by name, of any type; text where the file is text.
        rejected: rows of this stretch that could not even be taken apart.
        content: the raw content, as JSON, of the row at a position in `rows`.
    """

    rows: NDArray[np.int64]
    lines: NDArray[np.int64] | None
    columns: Mapping[str, Array]
    rejected: tuple[RejectedRow, ...]
    content: Callable[[int], str]


class RowReader(Protocol):
    """A file opened for reading."""

    @property
    def format(self) -> Format:
        """How it is written."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it has; of JSON Lines, those expected ones that any line has, and others that were met so far."""

    def chunks(self, wanted: Collection[str]) -> Iterator[RawChunk]:
        """Read it once, from the start, keeping the wanted columns; those it lacks are left out, or all null.

        Raises:
            BatchInvalid: at any chunk, when the rest proves unreadable; then nothing of the file may be kept.
        """


def as_json(value: object) -> str:
    """Compact JSON; what JSON cannot say becomes text, bytes that are no UTF-8 their hexadecimal digits."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_spell)


def _spell(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.hex()
