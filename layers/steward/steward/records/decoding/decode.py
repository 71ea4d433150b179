"""The child process: decodes columns of one Parquet file to standard output.

It reads two lines of JSON from standard input: what to open, and then which columns are wanted. The first limits its
memory and processor time before anything of the file is read.
"""

import contextlib
import io
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from arro3 import compute
from arro3.core import Array, DataType, RecordBatch, dictionary_dictionary, dictionary_indices
from arro3.io import write_ipc_stream

from steward.errors import BatchInvalid
from steward.records.decoding import protocol
from steward.records.decoding.footer import DAMAGED, Footer, encrypted_error, read_footer
from steward.records.decoding.meanings import meanings_of
from steward.records.decoding.parquet_columns import Meaning, ParquetColumn
from steward.records.decoding.plain_types import CODED_TEXT, meaning_of_bytes, plain, unreadable
from steward.records.decoding.selected_file import open_selected

_SHORT = 16
"""Bytes of a name up to which nobody minds how often it is spelt out."""


def main() -> None:
    """Serve one file."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what interrupts the caller ends this process through it
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    try:
        _decode(json.loads(sys.stdin.buffer.readline()), output)
    except BatchInvalid as error:
        refused = {"code": error.code, "message": str(error)}
        protocol.send(output, protocol.REFUSED, json.dumps(refused).encode())


def _decode(asked: dict[str, Any], output: io.FileIO) -> None:
    _limit(asked["memory_bytes"], asked["processor_seconds"])
    path, name = Path(asked["path"]), asked["name"]
    with _decoding(name):
        footer = read_footer(path, name)
        header = {"rows": footer.rows, "names": [column.name for column in footer.columns]}
        protocol.send(output, protocol.HEADER, json.dumps(header).encode())
    wanted = sys.stdin.buffer.readline()
    if not wanted:
        return  # the names were all that mattered
    with _decoding(name):
        columns = [footer.columns[at] for at in json.loads(wanted)]
        for rows, arrays in _batches(path, name, footer, columns, asked):
            _send(output, name, rows, arrays)
        protocol.send(output, protocol.DONE)


def _batches(
    path: Path, name: str, footer: Footer, columns: Sequence[ParquetColumn], asked: dict[str, Any]
) -> Iterator[tuple[int, list[Array]]]:
    decoded = [column for column in columns if column.decodable]
    locked = next((column for column in decoded if footer.is_encrypted(column)), None)
    if locked:
        raise encrypted_error(name, locked.name)
    most = asked["expanded_bytes"]
    if footer.uncompressed_bytes(decoded) > most:
        raise _expands_too_far(name, most)
    if not decoded:
        for begin in range(0, footer.rows, asked["chunk_rows"]):
            rows = min(asked["chunk_rows"], footer.rows - begin)
            yield rows, [unreadable(column.type, rows) for column in columns]
        return
    at_once = max(1, min(asked["chunk_rows"], asked["chunk_bytes"] // max(footer.row_bytes(decoded), 1)))
    meanings = meanings_of(footer)
    expanded = 0
    for batch in open_selected(path, footer, decoded, at_once):
        expanded += _expanded_bytes(batch)
        if expanded > most:
            raise _expands_too_far(name, most)
        found = iter(batch.columns)
        yield (
            batch.num_rows,
            [
                _plain(next(found), column, meanings) if column.decodable else unreadable(column.type, batch.num_rows)
                for column in columns
            ],
        )


def _plain(array: Array, column: ParquetColumn, meanings: dict[str, Meaning]) -> Array:
    """Some cells of a column. What bytes without an annotation mean is decided by the first of them, for all rows."""
    if column.name not in meanings and (found := meaning_of_bytes(array)):
        meanings[column.name] = found
    return plain(array, meanings.get(column.name), column.type)


def _send(output: io.FileIO, name: str, rows: int, arrays: Sequence[Array]) -> None:
    """Write some rows, in parts where they are large."""
    parts = 1 + sum(array.nbytes for array in arrays) // protocol.MAXIMUM_ROWS_BYTES
    if parts == 1 or rows == 1:
        stream = io.BytesIO()
        if arrays:
            batch = RecordBatch.from_arrays(arrays, names=[str(at) for at in range(len(arrays))])
            write_ipc_stream(batch, stream, compression=None)
        if stream.tell() <= protocol.MAXIMUM_ROWS_BYTES:
            protocol.send(output, protocol.ROWS, rows.to_bytes(protocol.LENGTH, "little"), stream.getbuffer())
            return
        if rows == 1:
            raise BatchInvalid(
                "row_too_large",
                f"a row of {name} takes up more than {protocol.MAXIMUM_ROWS_BYTES:,} bytes; shorten it",
            )
        parts = 2
    step = -(-rows // min(parts, rows))
    for begin in range(0, rows, step):
        count = min(step, rows - begin)
        _send(output, name, count, [array.slice(begin, count).take(_every(count)) for array in arrays])


def _every(count: int) -> Array:
    """Each position: taking them leaves a slice without what lies beside it."""
    return Array(range(count), DataType.int32())


def _expanded_bytes(batch: RecordBatch) -> int:
    """What a batch would take up with its dictionaries spelt out, unless their names are short."""
    return batch.nbytes + sum(_text_bytes(column) for column in batch.columns if column.type == CODED_TEXT)


def _text_bytes(column: Array) -> int:
    lengths = [len(name.encode()) if isinstance(name, str) else 0 for name in dictionary_dictionary(column).to_pylist()]
    if max(lengths, default=0) <= _SHORT:
        return 0
    total = compute.sum(compute.take(Array(lengths, DataType.int64()), dictionary_indices(column))).as_py()
    return int(total or 0)


def _expands_too_far(name: str, most: int) -> BatchInvalid:
    return BatchInvalid("expands_too_far", f"{name} expands to more than {most:,} bytes; split it into smaller files")


def _limit(memory_bytes: int, processor_seconds: int) -> None:
    """Bound what this process may use, as far as the system can."""
    try:
        import resource  # noqa: PLC0415 - not everywhere
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_DATA, memory_bytes),
        (resource.RLIMIT_CPU, processor_seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            hard = resource.getrlimit(kind)[1]
            resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


@contextlib.contextmanager
def _decoding(name: str) -> Iterator[None]:
    """What a damaged file makes arro3 raise, Rust panics included, as the domain's error."""
    try:
        yield
    except (BatchInvalid, BrokenPipeError):
        raise
    except MemoryError as error:
        raise BatchInvalid("needs_too_much_memory", "") from error
    except BaseException as error:
        found = str(error) or type(error).__name__
        what = "its footer is inconsistent" if isinstance(error, DAMAGED) else found.splitlines()[0]
        raise BatchInvalid(
            "corrupt", f"{name} is a damaged Parquet file ({what}); write it again and upload it"
        ) from error
