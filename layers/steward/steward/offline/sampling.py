"""Samples cells evenly from a table."""

from collections.abc import Iterable

import numpy as np
from arro3 import compute
from arro3.core import Array

from steward.offline.tables import TableBatch
from steward.records import arrays

CELLS = 20_000
"""Of each column that are looked at, at most."""

_OF_A_BATCH = 5_000
_BATCHES = 16
_RUN = 10

CellSample = dict[str, list[Array]]
"""The cells of each column, in order."""


def sample_cells(batches: Iterable[TableBatch]) -> CellSample:
    """Evenly spaced runs of cells of evenly spaced batches; a column that comes later than others is there too.

    Ten neighbours at a time, since rows that lie together may be about one customer, or count up.

    Args:
        batches: read once; only what is sampled is held.
    """
    kept: list[dict[str, Array]] = []
    step = 1
    for position, batch in enumerate(batches):
        if position % step == 0 and batch.rows:
            kept.append({name: _take_spaced(array, _OF_A_BATCH) for name, array in batch.columns.items()})
            if len(kept) == 2 * _BATCHES:
                kept, step = kept[::2], step * 2
    each = CELLS // max(1, len(kept))
    names = dict.fromkeys(name for part in kept for name in part)
    return {name: [_take_spaced(part[name], each) for part in kept if name in part] for name in names}


def _take_spaced(array: Array, most: int) -> Array:
    """At most so many cells, in evenly spaced runs."""
    if len(array) <= most:
        return array
    run = min(_RUN, most)
    starts = np.linspace(0, len(array) - run, most // run).astype(np.int64)
    return compute.take(arrays.plain(array), Array.from_numpy((starts[:, None] + np.arange(run)).ravel()))
