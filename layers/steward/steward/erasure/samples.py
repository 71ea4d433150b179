"""Samples that versions and releases keep, without the rows and entities of a subject."""

import io
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np


def without_background_rows(
    numbers: Mapping[str, list[float | None]],
    categories: Mapping[str, list[str | None]],
    gone: Iterable[Mapping[str, object]],
) -> list[int]:
    """The positions of the rows of a background that stay.

    A background has features alone: a row of it is a subject's if it agrees with one of the subject's rows in every
    column that both have. So a row of somebody else that is the same goes, too.

    Args:
        numbers: the values of each numeric column, as `Background` has them.
        categories: of each other column.
        gone: the subject's rows, by the names of their columns.
    """
    columns: dict[str, Sequence[object]] = {**numbers, **categories}
    rows = max((len(cells) for cells in columns.values()), default=0)
    known: dict[tuple[str, ...], set[tuple[object, ...]]] = {}
    for row in gone:
        names = tuple(name for name in columns if name in row)
        known.setdefault(names, set()).add(tuple(_plain(row[name]) for name in names))
    return [
        at
        for at in range(rows)
        if not any(
            names and tuple(_plain(columns[name][at]) for name in names) in cells for names, cells in known.items()
        )
    ]


def without_entities(body: bytes, gone: Collection[int]) -> bytes | None:
    """What was known of entities before a release (`hashes` and `means`), without some; None where none is in it."""
    with np.load(io.BytesIO(body)) as stored:
        hashes, means = stored["hashes"], stored["means"]
    kept = ~np.isin(hashes, np.array(sorted(gone), np.uint64))
    if kept.all():
        return None
    output = io.BytesIO()
    np.savez_compressed(output, hashes=hashes[kept], means=means[kept])
    return output.getvalue()


def _plain(cell: object) -> object:
    if isinstance(cell, bool) or cell is None:
        return None if cell is None else str(cell).lower()
    if isinstance(cell, int | float):
        return None if cell != cell else float(cell)  # noqa: PLR0124 - NaN
    return str(cell)
