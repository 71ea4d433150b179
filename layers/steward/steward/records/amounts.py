"""Parses amounts: currencies, percent, thousands separators, accountants' parentheses."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

READABLE = 0.95
"""The share of a column's cells that must be of one spelling."""

_CODES = (
    "USD|EUR|GBP|JPY|CNY|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB|UAH|ILS|INR|IDR|KRW|THB|VND|PHP|MYR|"
    "SGD|HKD|TWD|BRL|MXN|ARS|CLP|COP|PEN|ZAR|EGP|NGN|KES|AED|SAR|QAR|BTC|ETH"
)
_CURRENCY = rf"(?:[A-Z]{{0,3}}[$]|[€£¥₹₽₩₺₪฿₫₦₴]|(?:{_CODES})\b|kr\.?|zł|Kč|Ft|Fr\.?|Rs\.?)"
_AMOUNT = re.compile(
    rf"(?P<open>\()?(?P<sign>[+\-\u2212])?\s?(?P<before>{_CURRENCY})?\s?(?P<inner>[+\-\u2212])?"
    r"(?P<number>\d[\d., '_]*|[.,]\d+)(?P<scale>[kKMB]|bn|mn)?"
    rf"\s?(?P<after>{_CURRENCY}|%|‰)?(?P<close>\))?(?P<last>-)?"
)
_SPACES = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "\u2019": "'", "\u2212": "-"})
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "mn": 1e6, "B": 1e9, "bn": 1e9}
_SHARES = frozenset("%‰")


def _pattern(thousands: str, decimal: str) -> re.Pattern[str]:
    grouped = rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+|" if thousands else ""
    return re.compile(rf"(?:{grouped}\d+)?(?:{re.escape(decimal)}\d+)?")


_SEPARATORS = {
    (thousands, decimal): _pattern(thousands, decimal)
    for thousands, decimal in ((",", "."), (".", ","), ("'", "."), ("'", ","), (" ", "."), (" ", ","), ("_", "."))
}
_GROUPED = re.compile(r"[,.' ]\d{3}(?:[.,]\d{1,2})?$")
_CURRENCIES_NAMED = 3
_PLAIN = "write plain numbers, such as 1234.50"


@dataclass(frozen=True, slots=True)
class Amounts:
    """How the amounts of a column are written.

    Attributes:
        thousands: what separates thousands, where anything does.
        decimal: the decimal point.
        unit: the currency or the percent sign behind or before them; empty without any.
    """

    thousands: str
    decimal: str
    unit: str

    @property
    def name(self) -> str:
        """What messages call the cells."""
        return f"amounts in {self.unit}" if self.unit else "amounts"

    def number(self, cell: str) -> float:
        """The number of an amount; of 12.5 % that is 12.5.

        Raises:
            ValueError: it is no amount in this spelling.

        >>> Amounts(",", ".", "$").number("($1,234.50)")
        -1234.5
        """
        parts = _parts(cell)
        if parts is None or parts.unit not in {self.unit, ""} or (self.unit in _SHARES and not parts.unit):
            raise ValueError(cell)
        return parts.value(self.thousands, self.decimal)


@dataclass(frozen=True, slots=True)
class _Parts:
    """An amount taken apart."""

    number: str
    factor: float
    unit: str

    @classmethod
    def of(cls, match: re.Match[str]) -> Self | None:
        before, after = match["before"] or "", match["after"] or ""
        if bool(match["open"]) != bool(match["close"]) or (before and after):
            return None
        signs = [match[name] for name in ("open", "sign", "inner", "last") if match[name]]
        if len(signs) > 1:
            return None
        negative = bool(signs) and signs[0] in "(-"
        factor = _SCALES.get(match["scale"] or "", 1.0)
        return cls(match["number"].rstrip(), -factor if negative else factor, before or after)

    def value(self, thousands: str, decimal: str) -> float:
        if not _SEPARATORS[thousands, decimal].fullmatch(self.number):
            raise ValueError(self.number)
        return self.factor * float(self.number.replace(thousands, "").replace(decimal, "."))


def _parts(cell: str) -> _Parts | None:
    match = _AMOUNT.fullmatch(cell.strip().translate(_SPACES))
    return _Parts.of(match) if match else None


def amounts_of(cells: Sequence[str]) -> Amounts | str | None:
    """How the amounts in some cells are written.

    Returns:
        The spelling; or, where they are amounts that can be read in several ways, what makes them so; None where they
        are none.

    >>> amounts_of(["$1,234.50", "$7"])
    Amounts(thousands=',', decimal='.', unit='$')
    >>> amounts_of(["1,234", "2,500"])
    'amounts: in 1,234 the comma may separate thousands or decimals; write plain numbers, such as 1234.50'
    """
    parts = [(cell, found) for cell in cells if (found := _parts(cell)) is not None]
    if not parts or len(parts) < READABLE * len(cells):
        return None
    units = Counter(found.unit for _, found in parts)
    named = [unit for unit, count in units.most_common() if unit and count > (1 - READABLE) * len(parts)]
    if len(named) > 1 or (named and named[0] in _SHARES and units[""] > (1 - READABLE) * len(parts)):
        mixed = ", ".join(named[:_CURRENCIES_NAMED]) if len(named) > 1 else f"{named[0]} and no sign"
        return f"amounts in several units ({mixed}); write one of them, or a column of plain numbers for each"
    read = {way: [_value(found, *way) for _, found in parts] for way in _SEPARATORS}
    fewest = min(values.count(None) for values in read.values())
    fitting = {way: values for way, values in read.items() if values.count(None) == fewest}
    if fewest > (1 - READABLE) * len(cells):
        if not named and not all(_GROUPED.search(found.number) for _, found in parts):
            return None  # versions, addresses
        first = parts[0][0]
        return f"amounts with separators of more than one kind (such as {first}); {_PLAIN}"
    for at, (cell, _) in enumerate(parts):
        if len({values[at] for values in fitting.values()} - {None}) > 1:
            sign = "comma" if "," in cell else "point"
            return f"amounts: in {cell} the {sign} may separate thousands or decimals; {_PLAIN}"
    return Amounts(*next(iter(fitting)), named[0] if named else "")


def _value(parts: _Parts, thousands: str, decimal: str) -> float | None:
    try:
        return parts.value(thousands, decimal)
    except ValueError:
        return None
