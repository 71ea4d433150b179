"""What a comparison found, as JSON and as people read it."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

from steward.results import MetricResult

_QUOTED = re.compile(r"(`[^`]*`|(?<!\w)'[^']*')")
_WORDS = (
    (re.compile(r"\bthe baseline\b"), "the reference"),
    (re.compile(r"\bthe window\b"), "the current table"),
    (re.compile(r"(?<=\bonce in )([\d,]+) windows\b"), r"\1 comparisons"),
)


def in_plain_words(message: str) -> str:
    """A sentence of a check as someone reads it who compares two tables; names of columns and values stay.

    >>> in_plain_words("`the window` is as in the baseline; chance alone does this once in 40 windows")
    '`the window` is as in the reference; chance alone does this once in 40 comparisons'
    """
    parts = _QUOTED.split(message)
    for at in range(0, len(parts), 2):
        for pattern, plain in _WORDS:
            parts[at] = pattern.sub(plain, parts[at])
    return "".join(parts)


class Rows(BaseModel):
    """How many rows either side has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: int
    current: int


class ColumnUse(BaseModel):
    """What one column of the reference is taken for.

    Attributes:
        type: of its cells; None for a declared column that only has a role.
        role: what it is for: `time`, `id`, `entity`, `score`, `prediction`, `label`, `version` or `latency`; None for a
            feature.
        reason: why, in words.
        compared: whether its drift is tested.
        parts: the names under which results are told of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str | None
    role: str | None = None
    reason: str
    compared: bool
    parts: tuple[str, ...] = ()


class Drift(BaseModel):
    """The decision.

    Attributes:
        detected: whether any result drifts.
        family_wise_rate: the chance of any drift in unchanged data, over all results together.
        columns: that drift.
        cannot_tell: columns, or statistics of all columns together, that were measured and of which hardly any drift
            would show.
        independent_rows: whether rows counted as independent, for want of a time column or of three windows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    detected: bool
    family_wise_rate: float
    columns: list[str]
    cannot_tell: list[str]
    independent_rows: bool


class ComparisonReport(BaseModel):
    """A comparison of two tables.

    Attributes:
        rows: of either.
        drift: the decision.
        columns: what each column of the reference is taken for, and why.
        results: all that it rests on: `ok`, `drift`, or `unknown` with its reason where nothing could be measured.
        notes: what a reader should know beside them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    rows: Rows
    drift: Drift
    columns: dict[str, ColumnUse]
    results: list[MetricResult]
    notes: list[str]
