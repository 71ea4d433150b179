"""Canonical form of ids and categories.

Every writer spells a value in its own way: pandas writes 1400000 as `1400000.0` once a column has a gap, Oracle as
`1400000.0000000000`, Java as `1.4E7`, a CHAR(12) column with blanks behind it, .NET a UUID in capitals and braces. Two
cells are equal when their canonical forms are the same text. The form of a cell depends on that cell alone, never on
its neighbours, so that one value comes out alike in every file, chunk and year. For users: infra/docs/ids.md.

Laws, held by tests/unit/records/test_canonical.py: the canonical form of a canonical form is itself; integers keep
every digit, and texts their case and leading zeros; nothing but what is written here is merged.
"""

import re
import unicodedata

EXACT = 2**53
"""Below this size a double holds every whole number; from it on, neighbours share one double."""
_FEWEST_INEXACT = 16
"""Digits of that number."""

BLANKS = "".join(chr(code) for code in range(0x3001) if chr(code).isspace()) + "\0\ufeff\u200b\u200e\u200f\u2060"
"""What padding, copying and byte order marks leave around a value: white space (no-break spaces too), NUL, the byte
order mark, and characters without a width."""

_MISSING = frozenset({"NaN", "\\N"})
"""How Arrow, Java and JSON writers spell a double that stands for a missing value, and Hive, MySQL, Redshift and
Snowflake a missing cell."""

_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))\.(0+)")
_EXPONENT = re.compile(r"(-?)([0-9])(?:\.([0-9]+))?[eE]([+-]?)([0-9]{1,3})")
_UUID = re.compile(
    r"(urn:uuid:|[{(]?)([0-9a-f]{8})(-?)([0-9a-f]{4})\3([0-9a-f]{4})\3([0-9a-f]{4})\3([0-9a-f]{12})([})]?)",
    re.ASCII | re.IGNORECASE,
)
_HEX_DIGITS = 32
_CLOSING = {"": "", "{": "}", "(": ")", "urn:uuid:": ""}
_BOOLEANS = frozenset({"true", "false"})
_AS_DIGIT = {"true": "1", "false": "0"}


def canonical_id(text: str) -> str:
    r"""An id without what its writer added to it; an empty text means that there is none.

    1. Unicode is composed (NFC), and blanks around the value are dropped.
    2. A whole number loses its fraction of zeros, or its exponent where that can be nothing else: with a decimal point
       (`1.4E6`) or a sign (`1e+06`). Leading zeros, trailing zeros of other fractions and a `+` in front stay, and so
       does `1e6`, which may be hexadecimal.
    3. A UUID in any of its spellings becomes lower-case 8-4-4-4-12.
    4. `NaN` and `\N` are no ids.

    >>> [canonical_id(text) for text in ("1400000.0", "1.4E6", "700000      ", "007", "1.10", "1e5", "abC")]
    ['1400000', '1400000', '700000', '007', '1.10', '1e5', 'abC']
    >>> canonical_id("{6F9619FF-8B86-D011-B42D-00C04FC964FF}"), canonical_id("6f9619ff8b86d011b42d00c04fc964ff")
    ('6f9619ff-8b86-d011-b42d-00c04fc964ff', '6f9619ff-8b86-d011-b42d-00c04fc964ff')
    """
    value = trim(text)
    if "." in value or "+" in value or "-" in value:
        value = _whole_number(value) or value
    if len(value) >= _HEX_DIGITS:
        return _canonical_uuid(value)
    return "" if value in _MISSING else value


def canonical_category(text: str) -> str:
    """A category: as an id, and `true` and `false` in lower case.

    >>> [canonical_category(text) for text in ("98101.0", "True", "FALSE", " late ", "007", "1.10", "Late")]
    ['98101', 'true', 'false', 'late', '007', '1.10', 'Late']
    """
    return lower_boolean(canonical_id(text))


def lower_boolean(text: str) -> str:
    """`true` and `false` in lower case; any other text as it is."""
    lowered = text.lower()
    return lowered if lowered in _BOOLEANS else text


def canonical_label(text: str) -> str:
    """A class label: as a category, and booleans as 1 and 0.

    >>> [canonical_label(text) for text in ("1.0", "True", "0", "7.0", " late ")]
    ['1', '1', '0', '7', 'late']
    """
    value = canonical_category(text)
    return _AS_DIGIT.get(value, value)


def trim(text: str) -> str:
    """A text in composed Unicode (NFC), without the blanks around it."""
    if not text.isascii():
        return unicodedata.normalize("NFC", text).strip(BLANKS)
    value = text.strip()
    return value.strip(BLANKS) if "\0" in value else value


def has_lost_digits(text: str) -> bool:
    """Whether a text is a whole number that was rounded when it was written, so that it cannot identify anything.

    That is so of a double of 2^53 or more, and of a number that a spreadsheet or `%g` cut down to six or seven digits.

    >>> [has_lost_digits(text) for text in ("1.23457E+11", "1.2345678901234568e+18", "1.4e+06", "1234567890123456789")]
    [True, True, False, False]
    """
    value = trim(text)
    return _whole_number(value) is None and (_is_large_double(value) or _is_whole_exponent(value))


def digits_with_exponent(text: str) -> tuple[int, int] | None:
    """How many digits of a whole number with an exponent are written, and how many it has; None for any other text.

    >>> digits_with_exponent("1.4e+06"), digits_with_exponent("1.400001E6"), digits_with_exponent("1400000")
    ((2, 7), (7, 7), None)
    """
    value = trim(text)
    parts = _EXPONENT.fullmatch(value)
    if parts is None or parts[2] == "0" or not _is_whole_exponent(value):
        return None
    return 1 + len(parts[3] or ""), 1 + int(parts[5])


def _whole_number(text: str) -> str | None:
    """The digits of a whole number that is spelt with a fraction or an exponent; None where it is not, or not exact."""
    whole = _WHOLE.fullmatch(text)
    if whole is None:
        return _without_exponent(text)
    number = whole[1]
    if len(number) >= _FEWEST_INEXACT and _is_large_double(text):
        return None
    return "0" if number == "-0" else number


def _is_large_double(text: str) -> bool:
    """Whether a text is a double that is too large to be exact: only doubles are written with a single zero behind."""
    whole = _WHOLE.fullmatch(text)
    if whole is None or whole[2] != "0":
        return False
    digits = whole[1].lstrip("-")
    return len(digits) > _FEWEST_INEXACT or int(digits) >= EXACT


def _without_exponent(text: str) -> str | None:
    """The digits of a whole number with an exponent, unless some were lost."""
    parts = _EXPONENT.fullmatch(text)
    if parts is None or not _is_whole_exponent(text):
        return None
    sign, first, fraction, plus, exponent = parts[1], parts[2], parts[3] or "", parts[4], int(parts[5])
    digits = (first + fraction).rstrip("0")
    if not digits:
        return "0"
    if exponent >= _FEWEST_INEXACT or _is_rounded(1 + len(fraction), plus, exponent):
        return None
    number = digits.ljust(exponent + 1, "0")
    return sign + number if int(number) < EXACT else None


def _is_whole_exponent(text: str) -> bool:
    """Whether a text is a whole number with an exponent, which needs a decimal point or a sign to be told from hex."""
    parts = _EXPONENT.fullmatch(text)
    if parts is None or not (parts[3] or parts[4]):
        return False
    digits = (parts[2] + (parts[3] or "")).rstrip("0")
    if not digits:
        return not parts[1] and (bool(parts[3]) or parts[4] == "+" or text.startswith("0E-"))
    return parts[2] != "0" and parts[4] != "-" and len(digits) - 1 <= int(parts[5])


def _is_rounded(digits: int, plus: str, exponent: int) -> bool:
    """Whether a number was cut down to the digits written: six or seven of more, or so few of twelve or more.

    Spreadsheets and C's formats do so, and write the plus sign; Java, which writes all digits, does not.
    """
    return plus == "+" and digits <= exponent and (6 <= digits <= 7 or (exponent >= 11 and digits < 6))  # noqa: PLR2004


def _canonical_uuid(text: str) -> str:
    parts = _UUID.fullmatch(text)
    if parts is None or _CLOSING[parts[1].lower()] != parts[8]:
        return text
    return "-".join(parts.group(2, 4, 5, 6, 7)).lower()
