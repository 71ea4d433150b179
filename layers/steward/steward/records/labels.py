"""Class labels as text that compares equal however they were written."""

import numpy as np

from steward.records.columns import CategoricalColumn

_SAME = {"1": "1", "1.0": "1", "true": "1", "0": "0", "0.0": "0", "false": "0"}


def normalised(label: str) -> str:
    """Ones and zeros from numbers and booleans; other text stays, without the blanks around it.

    >>> [normalised(label) for label in ("1.0", "True", "0", " late ")]
    ['1', '1', '0', 'late']
    """
    stripped = label.strip()
    return _SAME.get(stripped.lower(), stripped)


def normalised_column(column: CategoricalColumn) -> CategoricalColumn:
    """The same labels, normalised; blank ones are missing."""
    positions: dict[str, int] = {}
    places = [-1] * (len(column.categories) + 1)
    for at, category in enumerate(column.categories):
        label = normalised(category)
        if label:
            places[at] = positions.setdefault(label, len(positions))
    return CategoricalColumn(np.array(places, np.int32)[column.codes], tuple(positions))


def allowed(positive: str) -> frozenset[str] | None:
    """The labels a binary model may have; None when only the positive one is known.

    >>> sorted(allowed("1"))
    ['0', '1']
    """
    return frozenset({"0", "1"}) if normalised(positive) in {"0", "1"} else None
