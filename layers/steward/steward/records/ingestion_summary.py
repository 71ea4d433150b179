"""The summary sentence of an ingested file in the ledger, and the counts that it states."""

import re
from collections.abc import Mapping

_NAMED = 5
_FIGURES = re.compile(r"([\d,]+) rows(?:; ([\d,]+) more are in quarantine)?")


def summarise_rows(rows: int, rejected: int, reasons: Mapping[tuple[str, str | None], int], show: str) -> str:
    """Summarise the rows of a file in one sentence.

    Args:
        rows: that are stored.
        rejected: that are in quarantine.
        reasons: how many rows have each code, by code and column.
        show: the command that shows them.

    >>> summarise_rows(8, 32, {("out_of_range", "score"): 32, ("duplicate_id", "id"): 1}, "steward quarantine show m b")
    '8 rows; 32 more are in quarantine: score out_of_range (32), id duplicate_id (1); see `steward quarantine show m b`'
    """
    if not rejected:
        return f"{rows:,} rows"
    found = sorted(reasons.items(), key=lambda item: (-item[1], str(item[0])))
    named = [f"{column or 'row'} {code} ({count:,})" for (code, column), count in found[:_NAMED]]
    more = [f"and {len(found) - _NAMED} more reasons"] if len(found) > _NAMED else []
    listed = ", ".join([*named, *more])
    return f"{rows:,} rows; {rejected:,} more are in quarantine: {listed}; see `{show}`"


def rows_of(summary: str) -> tuple[int, int]:
    """How many rows a summary says are stored, and how many are in quarantine; none where it says neither.

    >>> rows_of("1,008 rows; 32 more are in quarantine: score out_of_range (32)"), rows_of("5 rows")
    ((1008, 32), (5, 0))
    """
    found = _FIGURES.match(summary)
    kept, rejected = found.groups("0") if found else ("0", "0")
    return int(kept.replace(",", "")), int(rejected.replace(",", ""))
