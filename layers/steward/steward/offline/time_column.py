"""Finds the time column of a table."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from arro3.core import Array

from steward.errors import BatchInvalid
from steward.offline.event_times import possible
from steward.offline.roles import words_of
from steward.records.placeholders import DOUBTFUL
from steward.records.time_reader import TimeReader
from steward.spec.features import DatetimeFeature, Feature

_SUFFIX = r"_?(date|day|time|at|on|of|ts|timestamp|dt)?s?(_|$)"
_SUBJECT = re.compile(
    r"(^|_)(birth|birthday|born|dob|death|died|hire|hired|join|joined|joining|sign_?up|signed_up|regist|registration|"
    r"registered|enroll?|enroll?ment|enroll?ed|onboard|onboarding|onboarded|activation|activated|expiry|expires|expire|"
    r"expiration|maturity|due|since|terminated|termination|renewal|membership|graduation|manufacture|manufactured|"
    r"built|warranty|issued|valid|vesting|first|last|previous|prev|next|deadline)" + _SUFFIX
)
_EITHER = re.compile(
    r"(^|_)(creat(ed|ion)|start|started|begin|end|ended|open|opened|clos(e|ed|ing)|updat(e|ed)|modified|effective|from|to|until)"
    + _SUFFIX
)
_MANY = 20
_SHARE = 0.05
_ORDERED = 0.98
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Moments:
    """What the cells of a column of moments tell.

    Attributes:
        impossible: share of the moments at which no row can have come about, where they are many different ones.
        ordered: whether the rows are in their order.
        timed: whether most have a time of day.
    """

    impossible: float
    ordered: bool
    timed: bool

    @classmethod
    def of(cls, name: str, feature: DatetimeFeature, chunks: Sequence[Array]) -> "Moments":
        """Look at some cells."""
        reader = TimeReader(name, time_format=feature.format, doubtful=DOUBTFUL)
        try:
            read = [reader.read(chunk).values for chunk in chunks]
        except BatchInvalid:
            read = []
        parts = [values[~np.isnat(values)] for values in read]
        values = np.concatenate(parts) if parts else np.empty(0, "M8[us]")
        if not len(values):
            return cls(0.0, ordered=False, timed=False)
        out = values[~possible(values)]
        steps = np.concatenate([np.diff(part) for part in parts]).astype(np.int64)
        rising = max(np.count_nonzero(steps >= 0), np.count_nonzero(steps <= 0))
        return cls(
            impossible=len(out) / len(values) if len(np.unique(out)) >= _MANY else 0.0,
            ordered=len(values) >= _MANY and bool(steps.any()) and bool(rising >= _ORDERED * len(steps)),
            timed=float(np.mean(values.astype("M8[D]") != values)) >= _HALF,
        )


def choose_time(
    columns: Mapping[str, Sequence[Array]], features: Mapping[str, Feature], named: Collection[str]
) -> tuple[str | None, str, dict[str, str]]:
    """The column of event times, why it is taken, and why each other column of moments is not.

    A moment of what the row is about, such as a date of birth, sorts rows by their kind: as the time of rows it would
    make every shift of age or income look like what windows do by nature.

    Args:
        columns: some cells of each column, in the order of the rows.
        features: what each column is taken for.
        named: the columns of moments whose names say time.

    Returns:
        The name, or None; the reason; a reason for each column of moments that something speaks against.
    """
    lowered = {name: words_of(name) for name in features}
    moments = {
        name: Moments.of(name, feature, columns[name])
        for name, feature in features.items()
        if isinstance(feature, DatetimeFeature)
    }
    against = {
        name: why for name, found in moments.items() if (why := _against(lowered[name], found, named=name in named))
    }
    fit = [name for name in moments if name not in against]
    by_name = [name for name in fit if name in named]
    chosen = next((name for name in by_name if moments[name].ordered), by_name[0] if by_name else None)
    if chosen is None and len(fit) == 1:
        chosen = fit[0]
        return chosen, f"the only column of moments that fits, and {_evidence(moments[chosen])}", against
    if chosen is None:
        return None, "", against
    ordered = ", and the rows are in its order" if moments[chosen].ordered else ""
    return chosen, f"its name says time{ordered}", against


def _against(lowered: str, found: Moments, *, named: bool) -> str:
    subject, either = _SUBJECT.search(lowered), _EITHER.search(lowered)
    if subject:
        return f"its name says {subject[2]}, which is about the subject of a row, not about when the row came about"
    if found.impossible > _SHARE:
        return f"{found.impossible:.0%} of its cells are before 1990 or after 2100"
    if either and not found.ordered:
        return f"its name says {either[2]}, and the rows are not in its order"
    if not named and not (found.ordered or found.timed):
        return "its name does not say time, the rows are not in its order, and it has no times of day"
    return ""


def _evidence(found: Moments) -> str:
    return "the rows are in its order" if found.ordered else "it has times of day"
