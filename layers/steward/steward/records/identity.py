"""Which ids of a file came before, exactly, at a few bytes and nanoseconds an id."""

from dataclasses import dataclass

import numpy as np
from arro3 import compute
from arro3.core import Array
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class _Admitted:
    """Ids let through together; Arrow keeps them in a third of the memory of Python's strings."""

    hashes: NDArray[np.int64]
    rows: NDArray[np.int64]
    ids: Array


class SeenIds:
    """The ids of a file's valid rows so far.

    Hashes find the few ids that may have come before; only those are compared as text. Hashes are kept in sorted runs,
    each longer than all after it, so that looking up and adding stay cheap.
    """

    def __init__(self) -> None:
        self._runs: list[NDArray[np.int64]] = []
        self._admitted: list[_Admitted] = []

    def admit(self, ids: NDArray[np.object_], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Add ids, those that are new.

        Args:
            ids: str objects, shape (rows,).
            rows: the row of each in the file.

        Returns:
            int64, shape (rows,): the row that had the id first, or 0 where this one has.
        """
        hashes = np.fromiter(map(hash, ids.tolist()), np.int64, len(ids))
        first = np.zeros(len(ids), np.int64)
        order = np.sort(hashes)
        suspects = np.flatnonzero(self._suspect(hashes, order))
        if len(suspects):
            row_of = self._rows_of(hashes[suspects])
            for at in suspects.tolist():
                row = row_of.setdefault(ids[at], int(rows[at]))
                first[at] = row if row != rows[at] else 0
        new = first == 0
        if new.all():
            self._remember(hashes, order, rows, ids)
        elif new.any():
            self._remember(hashes[new], np.sort(hashes[new]), rows[new], ids[new])
        return first

    def _suspect(self, hashes: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Where a hash comes twice in this chunk, or came before; `order` has the same hashes sorted."""
        repeated = order[1:][order[1:] == order[:-1]]
        known = [order[run[np.searchsorted(run, order).clip(max=len(run) - 1)] == order] for run in self._runs]
        suspects = np.concatenate([repeated, *known])
        return np.isin(hashes, suspects) if len(suspects) else np.zeros(len(hashes), np.bool_)

    def _rows_of(self, hashes: NDArray[np.int64]) -> dict[str, int]:
        """The rows of all admitted ids with one of these hashes."""
        row_of: dict[str, int] = {}
        for part in self._admitted:
            at = np.flatnonzero(np.isin(part.hashes, hashes))
            if len(at):
                row_of.update(
                    zip(compute.take(part.ids, Array.from_numpy(at)).to_pylist(), part.rows[at].tolist(), strict=True)
                )
        return row_of

    def _remember(
        self, hashes: NDArray[np.int64], order: NDArray[np.int64], rows: NDArray[np.int64], ids: NDArray[np.object_]
    ) -> None:
        if not len(ids):
            return
        self._admitted.append(_Admitted(hashes, rows, Array.from_numpy(ids)))
        while self._runs and len(self._runs[-1]) <= len(order):
            order = np.sort(np.concatenate([self._runs.pop(), order]), kind="stable")  # merges sorted runs in one pass
        self._runs.append(order)
