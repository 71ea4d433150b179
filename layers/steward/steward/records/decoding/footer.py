"""Reads the footer of a Parquet file before anything is decompressed, and writes one of fewer columns.

arro3 shows no metadata and decodes every column, so the footer is read here, and written again for the columns that are
wanted: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from steward.errors import BatchInvalid
from steward.records.compact_protocol import CompactReader, Items, Struct, encode_struct
from steward.records.decoding.parquet_columns import ParquetColumn, columns_of, rename_column

_MAGIC, ENCRYPTED_MAGIC = b"PAR1", b"PARE"
_TAIL = 8
_MAXIMUM_FOOTER = 64 * 1024**2

_SMALL_DICTIONARY = 64 * 1024

_VERSION, _SCHEMA, _ROWS, _ROW_GROUPS, _KEY_VALUES, _WRITER = 1, 2, 3, 4, 5, 6
"""Field numbers in `FileMetaData`."""
_CHUNKS, _GROUP_BYTES, _GROUP_ROWS = 1, 2, 3
"""Field numbers in `RowGroup`."""
_OTHER_FILE, _OFFSET, _METADATA, _ENCRYPTION, _ENCRYPTED_METADATA = 1, 2, 3, 8, 9
"""Field numbers in `ColumnChunk`."""
_PATH, _UNCOMPRESSED, _FIRST_PAGE, _DICTIONARY_PAGE = 3, 6, 9, 11
"""Field numbers in `ColumnMetaData`."""
_KEPT_METADATA = (1, 2, 3, 4, 5, 6, 7, 9, 11)
"""Fields of `ColumnMetaData` that decoding needs: no statistics, no indexes."""
_CHILDREN = 5
"""The field number in `SchemaElement`."""

DAMAGED = (AttributeError, IndexError, KeyError, StopIteration, TypeError, ValueError, RecursionError, struct.error)
"""What reading bytes that are no footer raises."""


@dataclass(frozen=True, slots=True)
class Footer:
    """Claims, not facts.

    Attributes:
        rows: in all row groups.
        columns: the root columns.
        metadata: all that it says.
    """

    rows: int
    columns: tuple[ParquetColumn, ...]
    metadata: Struct = field(repr=False)

    @property
    def key_values(self) -> dict[bytes, bytes]:
        """What the writer added."""
        return {pair[1]: pair.get(2, b"") for pair in self.metadata.get(_KEY_VALUES) or ()}

    def uncompressed_bytes(self, columns: Sequence[ParquetColumn]) -> int:
        """The size of all pages of some columns, decompressed and still encoded."""
        return sum(chunk[_METADATA][_UNCOMPRESSED] for group in self._groups for chunk in _chunks(group, columns))

    def row_bytes(self, columns: Sequence[ParquetColumn]) -> int:
        """The same of a row, on average, in the row group where it has most."""
        sizes = (
            sum(chunk[_METADATA][_UNCOMPRESSED] for chunk in _chunks(group, columns)) // max(group[_GROUP_ROWS], 1)
            for group in self._groups
        )
        return max(sizes, default=0)

    def has_small_dictionary(self, column: ParquetColumn) -> bool:
        """Whether a column keeps a dictionary, of at most 64 KiB as compressed, in each row group."""
        chunks = [chunk[_METADATA] for group in self._groups for chunk in _chunks(group, [column])]
        return bool(chunks) and all(
            chunk.get(_DICTIONARY_PAGE) and 0 < chunk[_FIRST_PAGE] - chunk[_DICTIONARY_PAGE] <= _SMALL_DICTIONARY
            for chunk in chunks
        )

    def is_encrypted(self, column: ParquetColumn) -> bool:
        """Whether a key is needed to read a column."""
        return any(
            _ENCRYPTION in chunk or _ENCRYPTED_METADATA in chunk or _METADATA not in chunk
            for group in self._groups
            for chunk in _chunks(group, [column])
        )

    def select(self, columns: Sequence[ParquetColumn], key: bytes = b"", value: bytes = b"") -> bytes:
        """The end of a file that has these columns alone, named c0, c1 and so on, and one key and value at most."""
        root = Struct()
        for number, kept in self.metadata[_SCHEMA][0].items():
            root.put(number, self.metadata[_SCHEMA][0].kinds[number], kept)
        root.put(_CHILDREN, 5, len(columns))
        names = [b"c%d" % at for at in range(len(columns))]
        schema = [root, *(element for at, column in enumerate(columns) for element in rename_column(column, names[at]))]
        groups = [_group(group, columns, names) for group in self._groups]
        footer = Struct()
        footer.put(_VERSION, 5, self.metadata[_VERSION])
        footer.put(_SCHEMA, 9, Items(12, schema))
        footer.put(_ROWS, 6, self.rows)
        footer.put(_ROW_GROUPS, 9, Items(12, groups))
        if key:
            pair = Struct()
            pair.put(1, 8, key)
            pair.put(2, 8, value)
            footer.put(_KEY_VALUES, 9, Items(12, [pair]))
        if _WRITER in self.metadata:
            footer.put(_WRITER, 8, self.metadata[_WRITER])
        content = encode_struct(footer)
        return content + len(content).to_bytes(4, "little") + _MAGIC

    @property
    def _groups(self) -> list[Struct]:
        groups: list[Struct] = self.metadata[_ROW_GROUPS]
        return groups


def read_footer(path: Path, name: str) -> Footer:
    """The claims of a Parquet file.

    Raises:
        BatchInvalid: it has no footer, or one that cannot be read: the file was cut off, is encrypted, or is no Parquet
            file.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        length = int.from_bytes(tail[:4], "little")
        if tail[4:] == ENCRYPTED_MAGIC:
            raise encrypted_error(name)
        if size < 2 * _TAIL - 4 or tail[4:] != _MAGIC or not 0 < length <= min(size - 12, _MAXIMUM_FOOTER):
            raise BatchInvalid(
                "truncated", f"{name} begins as Parquet and has no footer: it was cut off; upload the whole file again"
            )
        file.seek(size - _TAIL - length)
        content = file.read(length)
    try:
        metadata = CompactReader(content).struct()
        return Footer(metadata[_ROWS], columns_of(metadata[_SCHEMA]), metadata)
    except DAMAGED as error:
        raise BatchInvalid(
            "corrupt", f"the footer of {name} cannot be read; write the Parquet file again and upload it"
        ) from error


def encrypted_error(name: str, column: str = "") -> BatchInvalid:
    """The error of a file that cannot be read without a key."""
    what = f"column {column} of {name} is" if column else f"{name} is"
    return BatchInvalid("encrypted", f"{what} encrypted, and no key is known here; write it without encryption")


def _chunks(group: Struct, columns: Sequence[ParquetColumn]) -> list[Struct]:
    return [group[_CHUNKS][leaf] for column in columns for leaf in column.leaves]


def _group(group: Struct, columns: Sequence[ParquetColumn], names: Sequence[bytes]) -> Struct:
    chunks = [
        _chunk(group[_CHUNKS][leaf], name)
        for column, name in zip(columns, names, strict=True)
        for leaf in column.leaves
    ]
    kept = Struct()
    kept.put(_CHUNKS, 9, Items(12, chunks))
    kept.put(_GROUP_BYTES, 6, sum(chunk[_METADATA][_UNCOMPRESSED] for chunk in chunks))
    kept.put(_GROUP_ROWS, 6, group[_GROUP_ROWS])
    return kept


def _chunk(chunk: Struct, name: bytes) -> Struct:
    if _OTHER_FILE in chunk:
        raise ValueError("a column lies in another file")
    found = chunk[_METADATA]
    metadata = Struct()
    for number in _KEPT_METADATA:
        if number in found:
            metadata.put(number, found.kinds[number], found[number])
    path: list[Any] = [name, *found[_PATH][1:]]
    metadata.put(_PATH, 9, Items(8, path))
    kept = Struct()
    kept.put(_OFFSET, 6, chunk.get(_OFFSET, 0))
    kept.put(_METADATA, 12, metadata)
    return kept
