"""Share of arriving rows that violate the declaration."""

from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.ingestion_counts import IngestionCounts
from steward.quality.exact_proportion import exact_proportion
from steward.results import INVALID_SHARE, MetricResult, Status, count_of

MOST_REASONS = 10
"""Reasons that get a result of their own, the most frequent ones."""

_NAMED = 3
_OF_COLUMN = {
    "out_of_range": "have `{}` out of its range",
    "outside_domain": "have `{}` outside its domain",
    "wrong_type": "have no readable `{}`",
    "pattern_mismatch": "have `{}` that does not match its pattern",
    "too_long": "have `{}` that is too long",
    "wrong_length": "have `{}` of a wrong length",
    "missing_value": "lack `{}`",
    "missing_label": "lack `{}`",
    "missing_id": "lack `{}`",
    "missing_time": "lack `{}`",
    "no_shadow_version": "do not name the version that scored them",
    "no_version": "name no version that is known",
    "unknown_version": "name a version that was never made",
}


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """The share of the rows that break types, ranges, domains, patterns or rules, in all and by reason.

    Rows in quarantine and rows that were only counted as invalid weigh alike; rows whose id came before are judged by
    `uniqueness`, and count here as rows that arrived. A share is in breach when the lower end of its exact 95 %
    interval is above the limit, so that two bad rows of ten say little and two thousand of ten thousand a lot.

    A file of which no row can be used has no window; it is told of as `BatchRejected`.
    """
    monitor = evidence.spec.monitors.validity
    if monitor is None:
        return []
    intake = evidence.profile.intake
    reasons = _reasons(intake)
    bad = intake.rejected_rows + intake.invalid_rows
    whole = _result(INVALID_SHARE, bad, intake, monitor.maximum)
    if whole.status == "unknown":
        return [whole]
    named = ", ".join(_reason_sentence(name, count, intake.arrived) for name, count in reasons[:_NAMED])
    more = f" and {len(reasons) - _NAMED} more reasons" if len(reasons) > _NAMED else ""
    return [
        whole.model_copy(
            update={
                "effect": whole.value,
                "message": f"{_figures(whole, 'are invalid', monitor.maximum)}{f': {named}{more}' if named else ''}",
            }
        ),
        *(
            _of_reason(_result("", count, intake, monitor.maximum), name, monitor.maximum)
            for name, count in reasons[:MOST_REASONS]
        ),
    ]


def words(reason: str) -> str:
    """What rows with a fault do, as it goes on after `4.1 % of 6,112 rows`.

    >>> words("rule:paid_before_due"), words("out_of_range age"), words("malformed")
    ('break rule `paid_before_due`', 'have `age` out of its range', 'are malformed')
    """
    code, _, column = reason.partition(" ")
    if code.startswith("rule:"):
        return f"break rule `{code.removeprefix('rule:')}`"
    known = _OF_COLUMN.get(code)
    if known:
        return known.format(column)
    plain = code.replace("_", " ")
    return f"have `{column}` that is {plain}" if column else f"are {plain}"


def _reasons(intake: IngestionCounts) -> list[tuple[str, int]]:
    """Rows by reason, the most frequent first, ties by name."""
    counts = dict(intake.rejected)
    for name, count in intake.invalid.items():
        counts[name] = counts.get(name, 0) + count
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _result(statistic: str, bad: int, intake: IngestionCounts, maximum: float) -> MetricResult:
    rows = intake.arrived
    if not intake.files or not rows:
        return MetricResult(
            monitor="validity",
            statistic=statistic,
            status="unknown",
            message="validity cannot be judged: nothing is known of how the rows came in",
        )
    share = exact_proportion(min(bad, rows), rows)
    status: Status = "breach" if share.low > maximum else "ok"
    return MetricResult(
        monitor="validity",
        statistic=statistic,
        value=share.value,
        threshold=maximum,
        low=share.low,
        high=share.high,
        rows=rows,
        status=status,
        message="",
    )


def _of_reason(result: MetricResult, reason: str, maximum: float) -> MetricResult:
    code, _, column = reason.partition(" ")
    return result.model_copy(
        update={
            "statistic": code,
            "column": column or None,
            "message": _figures(result, words(reason), maximum),
        }
    )


def _figures(result: MetricResult, what: str, maximum: float) -> str:
    """The share with its interval, and how it stands to the limit."""
    share = f"{result.value or 0:.2%} of {count_of(result.rows, 'row')} {what}"
    interval = f" (95 % interval {result.low or 0:.2%} to {result.high or 0:.2%})"
    if result.status == "breach":
        return f"{share}{interval}, where {maximum:.2%} are allowed"
    if (result.value or 0) > maximum:
        return f"{share}{interval}, no more beyond the {maximum:.2%} allowed than chance explains in so few"
    return f"{share}, {maximum:.2%} are allowed"


def _reason_sentence(reason: str, count: int, rows: int) -> str:
    return f"{count / rows:.2%} {words(reason)}"
