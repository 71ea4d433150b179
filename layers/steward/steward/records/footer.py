"""What a Parquet file says about itself, read before anything is decompressed; and the same with other words.

arro3 shows no metadata, so the footer (Thrift's compact protocol, of which Parquet's metadata uses a part) is read
here: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md and
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steward.errors import BatchInvalid

_MAGIC = b"PAR1"
_TAIL = 8
_MAXIMUM_FOOTER = 64 * 1024**2

_SMALL_DICTIONARY = 64 * 1024

_ROWS, _ROW_GROUPS, _KEY_VALUES = 3, 4, 5
"""Field numbers in `FileMetaData`."""
_CHUNKS, _GROUP_BYTES, _GROUP_ROWS = 1, 2, 3
"""Field numbers in `RowGroup`."""
_METADATA = 3
"""The field number in `ColumnChunk`."""
_PATH, _FIRST_PAGE, _DICTIONARY_PAGE = 3, 9, 11
"""Field numbers in `ColumnMetaData`."""


@dataclass(frozen=True, slots=True)
class Footer:
    """Claims, not facts.

    Attributes:
        rows: in all row groups.
        uncompressed_bytes: of all pages, still encoded.
        row_bytes: the same of a row, on average, in the row group where it has most.
        small_dictionaries: the columns that keep a dictionary of their values, of at most 64 KiB as compressed, in each
            row group.
        content: the footer itself, without its length and the magic number.
    """

    rows: int
    uncompressed_bytes: int
    row_bytes: int
    small_dictionaries: frozenset[str]
    content: bytes = field(repr=False)

    def with_metadata(self, key: bytes, value: bytes) -> bytes:
        """The end of a file that says the same, but for one key and value in place of all of them."""
        pair = b"\x18" + _varint(len(key)) + key + b"\x18" + _varint(len(value)) + value + b"\0"
        fields = {number: (kind, self.content[place]) for number, kind, _, place in _Compact(self.content).fields()}
        fields[_KEY_VALUES] = (9, b"\x1c" + pair)
        footer, before = b"", 0
        for number, (kind, written) in sorted(fields.items()):
            footer += bytes([(number - before) << 4 | kind]) + written
            before = number
        footer += b"\0"
        return footer + len(footer).to_bytes(4, "little") + _MAGIC


def read_footer(path: Path, name: str) -> Footer:
    """The claims of a Parquet file.

    Raises:
        BatchInvalid: it has no footer, or one that cannot be read: the file was cut off, or is no Parquet file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        length = int.from_bytes(tail[:4], "little")
        if size < 2 * _TAIL - 4 or tail[4:] != _MAGIC or not 0 < length <= min(size - 12, _MAXIMUM_FOOTER):
            raise BatchInvalid(
                "truncated", f"{name} begins as Parquet and has no footer: it was cut off; upload the whole file again"
            )
        file.seek(size - _TAIL - length)
        content = file.read(length)
    try:
        metadata = _Compact(content).struct()
        groups = metadata[_ROW_GROUPS]
        return Footer(
            rows=metadata[_ROWS],
            uncompressed_bytes=sum(group[_GROUP_BYTES] for group in groups),
            row_bytes=max((group[_GROUP_BYTES] // max(group[_GROUP_ROWS], 1) for group in groups), default=0),
            small_dictionaries=_small_dictionaries(groups),
            content=content,
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError, struct.error) as error:
        raise BatchInvalid(
            "corrupt", f"the footer of {name} cannot be read; write the Parquet file again and upload it"
        ) from error


def _small_dictionaries(groups: Iterable[dict[int, Any]]) -> frozenset[str]:
    some: set[str] = set()
    others: set[str] = set()
    for group in groups:
        for column in (chunk[_METADATA] for chunk in group[_CHUNKS] if _METADATA in chunk):
            size = column[_FIRST_PAGE] - column[_DICTIONARY_PAGE] if column.get(_DICTIONARY_PAGE) else 0
            found = some if 0 < size <= _SMALL_DICTIONARY else others
            found.add(b".".join(column[_PATH]).decode())
    return frozenset(some - others)


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 127:  # noqa: PLR2004 - the continuation bit
        written.append(value & 127 | 128)
        value >>= 7
    written.append(value)
    return bytes(written)


class _Compact:
    """A reader of the compact protocol; structs become dicts by field number."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def struct(self) -> dict[int, Any]:
        return {number: value for number, _, value, _ in self.fields()}

    def fields(self) -> Iterator[tuple[int, int, Any, slice]]:
        """Number, type and value of each field of a struct, and where the value is written."""
        number = 0
        while header := self._byte():
            delta, kind = header >> 4, header & 15
            number = number + delta if delta else self._zigzag()
            begin = self._at
            value = kind == 1 if kind in {1, 2} else self._value(kind)
            yield number, kind, value, slice(begin, self._at)

    def _value(self, kind: int) -> Any:
        match kind:
            case 1 | 2 | 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._zigzag()
            case 7:
                return struct.unpack("<d", self._take(8))[0]
            case 8:
                return self._take(self._varint())
            case 9 | 10:
                return self._list()
            case 12:
                return self.struct()
            case _:
                raise ValueError(kind)

    def _list(self) -> list[Any]:
        header = self._byte()
        count = header >> 4
        if count == 15:  # noqa: PLR2004 - the protocol's own escape
            count = self._varint()
        if count > len(self._content) - self._at:
            raise ValueError(count)
        return [self._value(header & 15) for _ in range(count)]

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004 - the continuation bit
                return value
            shift += 7

    def _byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def _take(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._content):
            raise IndexError(count)
        return self._content[self._at - count : self._at]
