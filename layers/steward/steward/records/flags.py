"""Parses booleans, and success or failure of a request."""

from collections.abc import Callable

import numpy as np
from arro3.core import Array

from steward.records import arrays
from steward.records.columns import FLAGS, CategoricalColumn, Mask

_TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
_FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})
_STATUSES = range(100, 600)
_FIRST_ERROR = 400


def flags(array: Array, column: str, meant: Callable[[str], bool]) -> tuple[CategoricalColumn, Mask | None]:
    """The booleans in an array, as the categories `false` and `true`, and a mask of the cells that are neither.

    Args:
        array: booleans, numbers or text.
        column: its name, for messages.
        meant: what a text in lower case says; ValueError for one that says neither. Numbers are asked for as text.

    Raises:
        BatchInvalid: the array's type is nested.
    """
    read, undecodable = arrays.categories(array, column)
    places = [-1] * (len(read.categories) + 1)
    strange = np.zeros(len(places), np.bool_)
    for at, category in enumerate(read.categories):
        text = category.strip().lower()
        try:
            places[at] = -1 if text in arrays.MISSING_NUMBERS else int(meant(text))
        except ValueError:
            strange[at] = True
    unread = strange[read.codes] if strange.any() else None
    if undecodable is not None:
        unread = undecodable if unread is None else unread | undecodable
    return CategoricalColumn(np.array(places, np.int32)[read.codes], FLAGS), unread


def truth(text: str) -> bool:
    """Whether a text, in lower case, says true.

    >>> truth("yes"), truth("0.0")
    (True, False)

    Raises:
        ValueError: it says neither.
    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(text)


def failure(text: str) -> bool:
    """Whether a text, in lower case, says that a request failed: true, or an HTTP status of 400 or more.

    >>> failure("true"), failure("200"), failure("503.0")
    (True, False, True)

    Raises:
        ValueError: it is neither true, false nor an HTTP status.
    """
    try:
        return truth(text)
    except ValueError:
        status = float(text)
    if not status.is_integer() or int(status) not in _STATUSES:
        raise ValueError(text)
    return status >= _FIRST_ERROR
