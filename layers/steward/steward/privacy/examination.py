"""Personal data in one column: its name and its distinct values together decide what counts."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from steward.events import KINDS, NAMED_ONLY, PersonalDataFinding, PersonalKind
from steward.privacy.column_names import is_latitude, is_longitude, kind_of_name
from steward.privacy.recognisers import RecognisedKind, are_plain, signs_of

_FEWEST_BY_LUCK = 6
"""Distinct values with right check digits that make a column of IDs whose name does not say so: that six of seven
pass by luck has a chance below 1e-5 where one in ten does."""
_MOST_HOLD = 0.8
"""Share of the values of a form that pass, so that passing is no luck, and of a column's that have the form at all."""
_HALF = 0.5
_FIRST_VALUES = 40
_CODES: tuple[PersonalKind, ...] = ("national_id", "payment_card", "iban")
_DATE = re.compile(
    r"\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}(?:[T ].*)?|\d{1,2}\.? \w{3,12}\.? \d{4}|\w{3,12} \d{1,2}, \d{4}|(?:19|20)\d{6}"
)
_POSTCODE = re.compile(r"(?=.*\d)[A-Za-z0-9](?:[A-Za-z0-9]|[ -](?=[A-Za-z0-9])){2,9}")
_NAME = re.compile(r"[^\W\d_](?:[^\d_@/\\]){0,60}")
_PHONE = re.compile(r"\+?[\d ().\-/]{6,24}(?:(?: ?x| ?ext\.? ?)\d{1,6})?")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_ID = re.compile(r"(?=.*\d)[\dA-Za-z][\dA-Za-z .\-/]{4,22}")
_CONTENTS: dict[PersonalKind, re.Pattern[str]] = {
    "date_of_birth": _DATE, "postcode": _POSTCODE, "person_name": _NAME, "phone": _PHONE, "national_id": _ID,
}  # fmt: skip
"""What the values of a column look like whose name promises this kind, where they cannot be recognised alone."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What one column holds.

    Attributes:
        kinds: of each kind that was found, the distinct values that are of it.
        named: the kind that the column's name promises and its values do not contradict; None where there is none.
        schemes: of national IDs, how many distinct values pass each.
    """

    kinds: Mapping[PersonalKind, frozenset[str]]
    named: PersonalKind | None
    schemes: Mapping[str, int]

    def findings(self, column: str, counts: Mapping[str, int]) -> list[PersonalDataFinding]:
        """The findings, given how often each distinct value was seen."""
        total = sum(counts.values())
        found = []
        for kind in KINDS:
            if values := self.kinds.get(kind):
                share = sum(counts[value] for value in values) / total
                recognised = kind not in NAMED_ONLY and any(
                    sign.kind == kind for value in values for sign in signs_of(value)
                )
                by: Literal["name", "content", "both"] = (
                    "name" if kind == self.named and not recognised else "both" if kind == self.named else "content"
                )
                schemes = (
                    tuple(sorted(self.schemes, key=lambda one: (-self.schemes[one], one)))
                    if kind == "national_id"
                    else ()
                )
                found.append(
                    PersonalDataFinding(column=column, kind=kind, share=share, values=total, by=by, schemes=schemes)
                )
        return found


def examine(column: str, values: Sequence[str]) -> Examination:
    """Look at the distinct values of a column, none of them missing.

    >>> sorted(examine("contact", ["ada@example.org", "none", "unknown"]).kinds)
    ['email']
    >>> examine("order", ["4111111111111111", "4111111111111112", "4111111111111113"]).kinds
    {}
    """
    signs = _signs(values)
    promised = kind_of_name(column)
    kinds: dict[PersonalKind, frozenset[str]] = {}
    for kind in {sign.kind for found in signs.values() for sign in found}:
        if counted := _counted(kind, promised, signs, len(values)):
            kinds[kind] = counted
    if promised != "phone":
        codes = frozenset[str]().union(*(kinds.get(kind, frozenset()) for kind in _CODES))
        kinds["phone"] = kinds.get("phone", frozenset()) - codes  # an NHS number is written as phones are
    named = promised if promised and _fits_name(promised, values) else None
    if named and not any(len(found) * 2 >= len(values) for kind, found in kinds.items() if kind != named):
        kinds[named] = kinds.get(named, frozenset()) | frozenset(value for value in values if _looks_like(named, value))
    schemes: Counter[str] = Counter()
    for value in kinds.get("national_id", ()):
        schemes.update(scheme for sign in signs.get(value, ()) for scheme in sign.schemes)
    kinds = {kind: found for kind, found in kinds.items() if found}
    return Examination(kinds, named if named in kinds else None, schemes)


def _signs(values: Sequence[str]) -> dict[str, tuple[RecognisedKind, ...]]:
    """The signs in each value that has any; no more IDs are looked for once their check digits prove to be luck."""
    signs: dict[str, tuple[RecognisedKind, ...]] = {}
    if are_plain(values):
        return signs
    ids, hold, formed = True, 0, 0
    for at, value in enumerate(values):
        if at == _FIRST_VALUES:
            ids = hold >= _HALF * formed
        if found := signs_of(value, ids=ids):
            signs[value] = found
            formed += any(sign.kind == "national_id" for sign in found)
            hold += any(sign.kind == "national_id" and sign.certainty != "alike" for sign in found)
    return signs


def _counted(
    kind: PersonalKind, promised: PersonalKind | None, signs: Mapping[str, Sequence[RecognisedKind]], total: int
) -> frozenset[str]:  # fmt: skip
    """The values with signs of one kind, as far as they count."""
    certain, possible, alike = set(), set(), 0
    for value, found in signs.items():
        for sign in found:
            if sign.kind == kind:
                if sign.certainty == "certain":
                    certain.add(value)
                elif sign.certainty == "possible":
                    possible.add(value)
                else:
                    alike += 1
    formed = len(certain) + len(possible) + alike
    hold = len(certain) + len(possible)
    believable = hold >= _MOST_HOLD * formed and (
        kind == promised or (len(possible) >= _FEWEST_BY_LUCK and formed >= _HALF * total)
    )
    return frozenset(certain | possible if possible and believable else certain)


def _fits_name(kind: PersonalKind, values: Sequence[str]) -> bool:
    """Whether the values of a column look like what its name promises: at least half of them."""
    return bool(values) and sum(_looks_like(kind, value) for value in values) >= _HALF * len(values)


def _looks_like(kind: PersonalKind, value: str) -> bool:
    text = value.strip()
    if kind == "address":
        return _LETTERS.search(text) is not None
    form = _CONTENTS.get(kind)
    if form is not None:
        return form.fullmatch(text) is not None
    return any(sign.kind == kind and sign.certainty != "alike" for sign in signs_of(value))


def coordinate_columns(columns: Mapping[str, Sequence[str]]) -> list[str]:
    """The columns that are latitudes and longitudes together: named so, in range, and mostly precise to 100 m.

    A number of 41.9 alone is no place.

    Args:
        columns: the values of each, none of them missing.
    """
    latitudes = [name for name, values in columns.items() if is_latitude(name) and _are_degrees(values, 90)]
    longitudes = [name for name, values in columns.items() if is_longitude(name) and _are_degrees(values, 180)]
    return [*latitudes, *longitudes] if latitudes and longitudes else []


def _are_degrees(values: Sequence[str], most: int) -> bool:
    precise = 0
    for value in values:
        try:
            degrees = float(value)
        except ValueError:
            return False
        if not abs(degrees) <= most:
            return False
        precise += len(value.partition(".")[2]) >= 3  # noqa: PLR2004
    return bool(values) and precise * 2 >= len(values)
