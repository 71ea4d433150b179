"""Some Parquet files as one: each lies in it byte for byte, behind them one footer that points into all.

A file that was laid so can be cut out again and is what it was, while readers of Parquet see one file with the row
groups of all. Only places change in what a footer says: pages are found by their distance from the file's beginning
(https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift). The indexes of pages are left
out, since an index of offsets, which lies among the pages, names distances itself; readers need none.
"""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

from steward.records.compact_protocol import CompactReader, Items, Struct, written

_MAGIC = b"PAR1"
_TAIL = 8
_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError, struct.error)

_ROWS, _ROW_GROUPS, _WRITER = 3, 4, 6
"""Field numbers in `FileMetaData`."""
_CHUNKS, _GROUP_PLACE, _ORDINAL = 1, 5, 7
"""Field numbers in `RowGroup`."""
_CHUNK_PLACE, _METADATA, _PAGE_INDEXES = 2, 3, (4, 5, 6, 7)
"""Field numbers in `ColumnChunk`."""
_PAGE_PLACES = (9, 10, 11, 14)
"""Field numbers in `ColumnMetaData`: the first data, index and dictionary page, and the Bloom filter."""
_KNOWN = ({1, 2, 3, 4, 5, 6, 7}, {1, 2, 3, 4, 5, 6, 7}, {2, 3, 4, 5, 6, 7})
"""Fields of files, row groups and chunks that may be there; others encrypt, or lead to other files."""
_I16 = 4
_MOST_GROUPS = 32_767


def rows_of(file: bytes | Path) -> int | None:
    """How many rows a Parquet file says that it has; None where it cannot be read."""
    try:
        for number, _, value, _ in CompactReader(_footer(file)).fields():
            if number == _ROWS:
                return int(value)
    except _UNREADABLE:
        pass
    return None


def layout_of(file: bytes) -> bytes | None:
    """What files must have in common to be one: all that a footer says but rows, row groups and the writing program.

    Returns:
        The same bytes for files that can be one; None where this file cannot be read, or points out of itself.
    """
    try:
        footer = CompactReader(_footer(file)).struct()
        groups = footer[_ROW_GROUPS]
        chunks = [chunk for group in groups for chunk in group[_CHUNKS]]
        known, known_of_group, known_of_chunk = _KNOWN
        if footer.keys() - known or any(group.keys() - known_of_group for group in groups):
            return None
        if any(chunk.keys() - known_of_chunk or _METADATA not in chunk for chunk in chunks):
            return None
        common = Struct()
        for number in footer.keys() - {_ROWS, _ROW_GROUPS, _WRITER}:
            common.put(number, footer.kinds[number], footer[number])
        return written(common)
    except _UNREADABLE:
        return None


def laid(shown: Sequence[bytes], hidden: Sequence[bytes] = ()) -> bytes:
    """One file of some: first those whose rows it has, then those that only lie in it, each byte for byte.

    Args:
        shown: files of one layout, see `layout_of`; none where no row is to be seen.
        hidden: files of any content; the first is of that layout where none is shown.

    Raises:
        ValueError: they have more than 32,767 row groups, which no file may.
    """
    footer = CompactReader(_footer((*shown, *hidden)[0])).struct()
    groups = Items(footer[_ROW_GROUPS].kind)
    rows, at = 0, 0
    for file in shown:
        own = CompactReader(_footer(file)).struct()
        for group in own[_ROW_GROUPS]:
            groups.append(_moved(group, at, len(groups)))
        rows += own[_ROWS]
        at += len(file)
    if len(groups) > _MOST_GROUPS:
        raise ValueError(f"{len(groups):,} row groups are more than one file may have")
    footer[_ROWS], footer[_ROW_GROUPS] = rows, groups
    content = written(footer)
    return b"".join([*shown, *hidden, content, len(content).to_bytes(4, "little"), _MAGIC])


def _moved(group: Struct, by: int, ordinal: int) -> Struct:
    """A row group once its file begins so many bytes later."""
    _shift(group, (_GROUP_PLACE,), by)
    if _ORDINAL in group:
        group.put(_ORDINAL, _I16, ordinal)
    for chunk in group[_CHUNKS]:
        _shift(chunk, (_CHUNK_PLACE,), by)
        _shift(chunk[_METADATA], _PAGE_PLACES, by)
        for number in _PAGE_INDEXES:
            chunk.pop(number, None)
    return group


def _shift(found: Struct, numbers: Sequence[int], by: int) -> None:
    """Move places; 0, where the magic number is, says that there is none."""
    for number in numbers:
        if found.get(number):
            found[number] += by


def _footer(file: bytes | Path) -> bytes:
    """The footer of a file.

    Raises:
        ValueError: it has none.
    """
    if isinstance(file, Path):
        size = file.stat().st_size
        with file.open("rb") as opened:
            opened.seek(max(0, size - _TAIL))
            length = int.from_bytes(opened.read(4), "little")
            opened.seek(-min(size, length + _TAIL), os.SEEK_END)
            file = opened.read()
    length = int.from_bytes(file[-_TAIL:-4], "little")
    if file[-4:] != _MAGIC or not 0 < length <= len(file) - _TAIL:
        raise ValueError("no Parquet footer")
    return file[-_TAIL - length : -_TAIL]
