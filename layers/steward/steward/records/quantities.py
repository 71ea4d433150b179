"""Numbers that text holds in another way than digits with a point."""

from collections.abc import Sequence

import numpy as np
from arro3.core import Array

from steward.records.amounts import Amounts, amounts_of
from steward.records.arrays import dictionary
from steward.records.columns import Mask, NumericColumn
from steward.records.duration_text import Durations, durations_of

Quantity = Amounts | Durations

_LOOKED_AT = 20
_NOTHING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "\\n", "<na>", "(null)", "#n/a"})


def quantity_of(cells: Sequence[str]) -> Quantity | str | None:
    """How the numbers in some cells are written.

    Returns:
        The spelling; what they look like and why they cannot be read; None where they look like no numbers.
    """
    present = [cell for cell in cells if cell.strip().lower() not in _NOTHING]
    return (amounts_of(present) or durations_of(present)) if present else None


def read_quantities(array: Array, quantity: Quantity) -> tuple[NumericColumn, Mask | None]:
    """The numbers of a column of text, and a mask of the cells that hold something else; each text is parsed once."""
    codes, names = dictionary(array)
    values = np.full(len(names) + 1, np.nan)
    missing, unread = np.zeros(len(names) + 1, np.bool_), np.zeros(len(names) + 1, np.bool_)
    missing[-1] = True
    for at, name in enumerate(names):
        if name is None or name.strip().lower() in _NOTHING:
            missing[at] = True
            continue
        try:
            values[at] = quantity.number(name)
        except ValueError:
            unread[at] = True
    absent, strange = missing[codes] | unread[codes], unread[codes]
    return NumericColumn(values[codes], absent if absent.any() else None), strange if strange.any() else None


def looks_like(cells: Sequence[str], *, example: bool = True) -> str:
    """What messages say of cells that should be numbers and are written in another way; empty where nothing tells.

    >>> looks_like(["$1,234.50"])
    ' (it looks like amounts in $: write $1,234.50 as 1234.5)'
    >>> looks_like(["$1,234.50"], example=False)
    ' (it looks like amounts in $)'
    """
    found = quantity_of([*dict.fromkeys(cells)][:_LOOKED_AT])
    if found is None:
        return ""
    if not example:
        return "" if isinstance(found, str) else f" (it looks like {found.name})"
    if isinstance(found, str):
        return f" (it looks like {found})"
    for cell in cells:
        try:
            return f" (it looks like {found.name}: write {cell} as {found.number(cell):.15g})"
        except ValueError:
            continue
    return f" (it looks like {found.name})"
