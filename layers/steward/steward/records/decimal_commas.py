"""Numbers with a decimal comma, in CSV files whose fields something else than a comma separates."""

import re
from collections.abc import Collection, Mapping, Sequence

from arro3.core import Array, DataType

from steward.errors import BatchInvalid

_COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")
_POINT = re.compile(r"\s*[+-]?\d*\.\d+([eE][+-]?\d+)?\s*")
_WHOLE = re.compile(r"\s*([+-]?\d+)?\s*")


class DecimalCommas:
    """Writes numbers of one file with a point. A column of numbers has commas throughout, or points throughout.

    Args:
        file: what the user called it.
        numbers: columns that hold numbers; None where that is not known. Then the first cells of a column that are not
            all whole numbers decide for the whole file: it has a decimal comma where all of them look like it.
    """

    def __init__(self, file: str, numbers: Collection[str] | None) -> None:
        self._file = file
        self._numbers = numbers
        self._looks_numeric: dict[str, bool] = {}
        self._with_comma: set[str] = set()
        self._with_point: set[str] = set()

    def column(self, name: str, array: Array) -> Array:
        """The cells of a column.

        Raises:
            BatchInvalid: some of its numbers have a comma, and some a point.
        """
        if self._numbers is not None and name not in self._numbers:
            return array
        cells: list[str | None] = list(array.to_pylist())
        present = [cell for cell in cells if cell]
        if not self._has_commas(name, present):
            return array
        self._with_comma.add(name)
        return Array([_use_point(cell) for cell in cells], DataType.utf8())

    def row(self, cells: Mapping[str, str]) -> dict[str, str | None]:
        """The cells of one row, by column."""
        return {name: _use_point(cell) if name in self._with_comma else cell for name, cell in cells.items()}

    def _has_commas(self, name: str, cells: Sequence[str]) -> bool:
        if self._numbers is None:
            if name not in self._looks_numeric and not all(map(_WHOLE.fullmatch, cells)):
                self._looks_numeric[name] = all(_COMMA.fullmatch(cell) or _WHOLE.fullmatch(cell) for cell in cells)
            if not self._looks_numeric.get(name):
                return False
        commas = any(_COMMA.fullmatch(cell) for cell in cells)
        if commas:
            self._with_comma.add(name)
        if any(_POINT.fullmatch(cell) for cell in cells):
            self._with_point.add(name)
        if name in self._with_comma & self._with_point:
            raise BatchInvalid(
                "mixed_decimals",
                f"column {name} of {self._file} has numbers with a decimal comma and numbers with a point, so no one "
                "can tell which of them separates thousands; write all of them with a point",
            )
        return commas


def _use_point(cell: str | None) -> str | None:
    return cell.replace(",", ".") if cell and _COMMA.fullmatch(cell) else cell
