"""What a Parquet file says about itself, read before anything is decompressed; and the same with other words.

arro3 shows no metadata, so the footer is read here:
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steward.errors import BatchInvalid
from steward.records.compact_protocol import CompactReader, varint

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
        pair = b"\x18" + varint(len(key)) + key + b"\x18" + varint(len(value)) + value + b"\0"
        fields = {
            number: (kind, self.content[place]) for number, kind, _, place in CompactReader(self.content).fields()
        }
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
        metadata = CompactReader(content).struct()
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
