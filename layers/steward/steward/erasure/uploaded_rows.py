"""Uploaded files without the rows of a subject: what is left is written in the format that they came in."""

import csv
import gzip
import io
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import numpy as np

from steward.erasure.rejected_rows import is_sought
from steward.erasure.sought_rows import SoughtRows
from steward.errors import BatchInvalid
from steward.records.compressed import blocks
from steward.records.formats import recognise
from steward.records.ids import identifiers
from steward.records.raw import RawChunk, ReadLimits, RejectedRow, RowReader

type OpenRows = Callable[[], RowReader]

ENDINGS = {"csv": ".csv.gz", "jsonl": ".jsonl.gz", "parquet": ".jsonl.gz"}
"""Of what is left, by the format that a file came in."""


@dataclass(frozen=True, slots=True)
class UploadedRows:
    """What an uploaded file has of a subject.

    Attributes:
        rows: of the subject.
        left: rows of others.
        ids: of the subject's rows, as they were written.
        ending: of the file of what is left; empty where the file cannot be read row by row.
    """

    rows: int
    left: int
    ids: tuple[str, ...] = ()
    ending: str = ""
    content: tuple[str, ...] = ()


def split_upload(opened: OpenRows, sought: SoughtRows, target: Path | None = None) -> UploadedRows:
    """Take the rows of a subject out of an uploaded file, in bounded memory.

    Args:
        opened: opens the file; it is read once.
        sought: the rows.
        target: where the rows of others are written, gzipped: CSV of a CSV file, else JSON Lines, each cell as it was.

    Raises:
        BatchInvalid: the file cannot be read.
    """
    reader = opened()
    found = _Split()
    wanted = {sought.id_column, sought.column, *(reader.names if reader.format == "parquet" else ())}
    with _Writer(reader, target) if target else nullcontext() as writer:
        for chunk in reader.chunks(wanted):
            mask, names = _judge(chunk, sought)
            for at, (mine, name) in enumerate(zip(mask.tolist(), names, strict=True)):
                found.add(chunk.content(at), name, writer, mine=mine)
            for row in chunk.rejected:
                found.add(row.content, None, writer, mine=is_sought(row, sought))
    return UploadedRows(len(found.content), found.left, tuple(found.ids), ENDINGS[reader.format], tuple(found.content))


@dataclass
class _Split:
    left: int = 0
    ids: list[str] = field(default_factory=list)
    content: list[str] = field(default_factory=list)

    def add(self, content: str, name: str | None, writer: "_Writer | None", *, mine: bool) -> None:
        if mine:
            self.content.append(content)
            self.ids += [] if name is None else [name]
            return
        self.left += 1
        if writer:
            writer.add(content)


def mentions(path: Path, name: str, sought: SoughtRows) -> int:
    """How many lines of a file that cannot be read row by row name a subject; a file that is no text has none."""
    try:
        _, compression = recognise(path, name)
    except BatchInvalid:
        compression = None
    found, rest = 0, b""
    try:
        for block in blocks(path, name, compression, ReadLimits(maximum_expanded_bytes=4 * 1024**3)):
            *lines, rest = (rest + block).split(b"\n")
            found += sum(_mentions(line, sought) for line in lines)
            if len(rest) > _LONGEST_LINE:
                found, rest = found + _mentions(rest, sought), b""
    except BatchInvalid:
        pass  # cut off or damaged: what could be read of it was looked at
    return found + _mentions(rest, sought)


_LONGEST_LINE = 1024**2


def _mentions(line: bytes, sought: SoughtRows) -> int:
    text = line.decode(errors="replace")
    return int(is_sought(RejectedRow(0, None, (), json.dumps(text)), sought))


def _judge(chunk: RawChunk, sought: SoughtRows) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], list[str | None]]:
    nothing: list[str | None] = [None] * len(chunk.rows)

    def cells(name: str) -> list[str | None] | None:
        if name not in chunk.columns:
            return None
        found: list[str | None] = identifiers(chunk.columns[name], name).values.tolist()
        return found

    ids = cells(sought.id_column) or nothing
    return sought.mask(ids, cells(sought.column)), ids


class _Writer:
    """Writes rows as JSON Lines or CSV; the same rows give the same bytes."""

    def __init__(self, reader: RowReader, target: Path) -> None:
        self._raw = target.open("wb")
        packed = gzip.GzipFile(filename="", fileobj=self._raw, mode="wb", mtime=0)
        self._text = io.TextIOWrapper(packed, encoding="utf-8", errors="surrogatepass", newline="")
        self._csv = csv.writer(self._text) if reader.format == "csv" else None
        self._names = list(reader.names)
        if self._csv:
            self._csv.writerow(self._names)

    def add(self, content: str) -> None:
        if self._csv is None:
            self._text.write(content + "\n")
            return
        cells = json.loads(content)
        if isinstance(cells, dict):
            cells = [cells.get(name) for name in self._names]
        self._csv.writerow(cells if isinstance(cells, list) else [cells])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.close()
        self._raw.close()
