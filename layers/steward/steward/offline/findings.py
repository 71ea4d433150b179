"""What a comparison of two tables found, and the decision that follows from it."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from pydantic import ConfigDict

from steward.documents import InputHidingModel
from steward.results import MetricResult

_DISTRIBUTIONS = ("feature_drift", "score_drift")
"""Monitors that compare how the values of a column are distributed."""

_QUOTED = re.compile(r"(`[^`]*`|(?<!\w)'[^']*')")
_WORDS = (
    (re.compile(r"\bthe baseline\b"), "the reference"),
    (re.compile(r"\bthe window\b"), "the current table"),
    (re.compile(r"(?<=\bonce in )([\d,]+|a billion) windows\b"), r"\1 comparisons"),
)


def format_report(message: str) -> str:
    """A sentence of a check as someone reads it who compares two tables; names of columns and values stay.

    >>> format_report("`the window` is as in the baseline; chance alone does this once in 40 windows")
    '`the window` is as in the reference; chance alone does this once in 40 comparisons'
    """
    parts = _QUOTED.split(message)
    for at in range(0, len(parts), 2):
        for pattern, plain in _WORDS:
            parts[at] = pattern.sub(plain, parts[at])
    return "".join(parts)


class RowCounts(InputHidingModel):
    """How many rows either side has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: int
    current: int


class ColumnUse(InputHidingModel):
    """What one column of the reference is taken for.

    Attributes:
        type: of its cells; None for a declared column that only has a role.
        role: what it is for: `time`, `id`, `entity`, `score`, `prediction`, `label`, `version` or `latency`; None for a
            feature.
        reason: why, in words.
        compared: whether its drift is tested.
        parts: the names under which results are told of it (`comment.length`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str | None
    role: str | None = None
    reason: str
    compared: bool
    parts: tuple[str, ...] = ()


class Drift(InputHidingModel):
    """The decision.

    Attributes:
        detected: whether anything drifts.
        verdict: `drift` or `no_drift`; `unknown` where nothing was found to drift, and yet `cannot_tell` or
            `not_compared` has a column, or `not_read` a table.
        family_wise_rate: the chance of any drift in unchanged data, over all results together.
        columns: columns of the reference that drift, in the order of the table.
        together: statistics of all columns together that drift.
        cannot_tell: columns that were measured, and of which hardly any drift would show.
        not_compared: columns that should have been, and could not be; their results say why. Those that `columns` of
            the report says are not compared are not among them.
        not_read: of each table of which more than 1 % of the rows could not be read, how many, and what is wrong with
            the first.
        independent_rows: whether rows counted as independent, for want of a time column or of three windows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    detected: bool
    verdict: Literal["drift", "no_drift", "unknown"]
    family_wise_rate: float
    columns: list[str]
    together: list[str]
    cannot_tell: list[str]
    not_compared: list[str]
    not_read: list[str]
    independent_rows: bool


def decision(
    results: Sequence[MetricResult],
    owners: Mapping[str, str],
    missed: Collection[str],
    *,
    not_read: Sequence[str],
    family_wise_rate: float,
    independent_rows: bool,
) -> Drift:
    """What results come to.

    A column counts as compared where the distribution of one of its parts was judged over all rows; its missing or
    unseen values alone are not enough.

    Args:
        results: of a comparison.
        owners: the column that each part is taken from.
        missed: columns that should have been compared, and could not be read in one of the tables.
        not_read: what is told of each table that lost many of its rows.
        family_wise_rate: of the comparison.
        independent_rows: likewise.
    """
    judged: dict[str, set[str]] = {}
    drifted: dict[str, None] = {}
    for result in results:
        if result.column is None:
            continue
        column = owners.get(result.column, result.column)
        if result.status == "drift":
            drifted[column] = None
        if result.segment is None and result.monitor in _DISTRIBUTIONS:
            judged.setdefault(column, set()).add("cannot tell" if result.undecided else result.status)
    cannot_tell = [name for name, found in judged.items() if "cannot tell" in found and name not in drifted]
    not_compared = [*(name for name, found in judged.items() if found == {"unknown"}), *sorted(missed)]
    detected = any(result.status == "drift" for result in results)
    known = not (cannot_tell or not_compared or not_read)
    return Drift(
        detected=detected,
        verdict="drift" if detected else "no_drift" if known else "unknown",
        family_wise_rate=family_wise_rate,
        columns=list(drifted),
        together=sorted({each.statistic for each in results if each.column is None and each.status == "drift"}),
        cannot_tell=cannot_tell,
        not_compared=not_compared,
        not_read=list(not_read),
        independent_rows=independent_rows,
    )


class Findings(InputHidingModel):
    """The fields of a report, without the ways to show them.

    Attributes:
        rows: of either table.
        drift: the decision.
        columns: what each column of the reference is taken for, and why.
        results: all that it rests on: `ok`, `drift`, or `unknown` with its reason where nothing could be measured.
        notes: what a reader should know beside them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    rows: RowCounts
    drift: Drift
    columns: dict[str, ColumnUse]
    results: list[MetricResult]
    notes: list[str]
