"""Stored records without the rows of a subject."""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from arro3 import compute
from arro3.core import Array, RecordBatch, RecordBatchReader
from arro3.io import read_parquet, write_parquet
from numpy.typing import NDArray

from steward.erasure.sought_rows import SoughtRows
from steward.records.hashing import Hashes, text_hashes
from steward.records.id_hashes import IdHashes, NoIdHashes, is_in, write_id_hashes
from steward.records.ids import identifiers

_BATCH = 65_536


@dataclass(frozen=True, slots=True)
class FoundRows:
    """The rows of a subject in one object.

    Attributes:
        rows: how many.
        ids: of them, in canonical form; some rows have none.
        subjects: the values of the subject's column that they have.
        content: them, for who asks what is held.
    """

    rows: int = 0
    ids: list[str] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)
    content: list[dict[str, object]] = field(default_factory=list)


def find_stored(path: Path, sought: SoughtRows, *, content: bool = False) -> FoundRows:
    """The rows of a subject in a file of stored records, in bounded memory.

    Args:
        path: Parquet.
        sought: the rows.
        content: whether the rows themselves are wanted.
    """
    found = FoundRows()
    rows, ids, subjects = 0, found.ids, found.subjects
    for batch in read_parquet(path, batch_size=_BATCH):
        mask, names, whose = _judge(batch, sought)
        at = np.flatnonzero(mask).tolist()
        rows += len(at)
        ids += [names[place] for place in at if names[place] is not None]
        if whose is not None:
            subjects.update(whose[place] for place in at if whose[place] is not None)
        if content:
            found.content.extend({name: batch.column(name)[place].as_py() for name in batch.schema.names}
                                 for place in at)  # fmt: skip
    return FoundRows(rows, ids, subjects, found.content)


def without_rows(path: Path, sought: SoughtRows, target: Path) -> int:
    """Write what is left of a file of stored records; how many rows are left. One without rows is written too."""
    left = 0

    def filter_rows() -> Iterator[RecordBatch]:
        nonlocal left
        for batch in read_parquet(path, batch_size=_BATCH):
            mask = ~_judge(batch, sought)[0]
            left += int(mask.sum())
            if mask.all():
                yield batch
            elif mask.any():
                chosen = Array.from_numpy(np.ascontiguousarray(mask))
                columns = [compute.filter(column, chosen) for column in batch.columns]
                yield RecordBatch.from_arrays(columns, schema=batch.schema)

    schema = read_parquet(path).schema
    write_parquet(RecordBatchReader.from_batches(schema, filter_rows()), target, compression="zstd(3)")
    return left


def without_hashes(path: Path, gone: Hashes, target: Path) -> int:
    """Write a batch's hashes of ids without some; how many went.

    Args:
        path: as `write_id_hashes` wrote it; another file loses nothing.
        gone: in any order.
        target: written only if some went.
    """
    try:
        hashes = IdHashes.read(path)
    except NoIdHashes:
        return 0
    ascending = np.sort(gone)
    windows = [(start, np.asarray(hashes.of_window(start))) for start in hashes.windows]
    kept = [(start, words[~is_in(words, ascending)]) for start, words in windows]
    lost = sum(len(words) for _, words in windows) - sum(len(words) for _, words in kept)
    if lost:
        write_id_hashes(target, kept)
    return lost


def hashes_of(ids: list[str]) -> Hashes:
    """What batches keep of ids."""
    return text_hashes(ids)


def _judge(
    batch: RecordBatch, sought: SoughtRows
) -> tuple[NDArray[np.bool_], NDArray[np.object_], NDArray[np.object_] | None]:
    names = batch.schema.names
    nothing = np.full(batch.num_rows, None, object)
    ids = _texts(batch, sought.id_column) if sought.id_column in names else nothing
    whose = _texts(batch, sought.column) if sought.column in names else None
    return sought.mask(ids.tolist(), None if whose is None else whose.tolist()), ids, whose


def _texts(batch: RecordBatch, name: str) -> NDArray[np.object_]:
    return identifiers(batch.column(name), name).values


def as_file(body: bytes) -> io.BytesIO:
    """Bytes as a file that Arrow reads."""
    return io.BytesIO(body)
