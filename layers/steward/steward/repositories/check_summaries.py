"""What alerts need of a stored check."""

from datetime import UTC, datetime

from steward.alerting.cause import likely_cause
from steward.alerting.inputs import CheckSummary, Doubt, monitor_finding
from steward.events import ObjectRef
from steward.monitoring.check import Check
from steward.repositories.uploads import correlation_of
from steward.results import Status, shorten
from steward.spec.model import ModelSpec

_UNMATCHED = ("unmatched_share", "waiting_labels")

_GOOD_SUMMARY, BAD_SUMMARY = 240, 1000
"""Characters that are remembered of a sentence: the whole is in the check."""


def summarize_check(check: Check, stored: ObjectRef, spec: ModelSpec, at: datetime) -> CheckSummary:
    """What alerts need of a check made at some time; what was not measured is no finding, nor what has no limit."""
    findings, doubts = {}, {}
    for monitor, status in check.statuses.items():
        of_monitor = [result for result in check.results if result.monitor == monitor]
        bad, measured = status in ("drift", "breach"), any(result.undecided for result in of_monitor)
        sentence = shorten(check.summary(monitor), BAD_SUMMARY if bad or status == "unknown" else _GOOD_SUMMARY)
        if status == "unknown":
            doubts[monitor] = Doubt(measured=measured, sentence=sentence)
        reported: Status = "ok" if not bad and any(result.status == "ok" for result in of_monitor) else status
        if bad or reported == "ok" or measured:
            findings[monitor] = monitor_finding(of_monitor, reported, sentence)
    return CheckSummary(
        version=check.version,
        window=check.window,
        check=check.check,
        evidence=len(check.batches) + len(check.label_batches) + check.joined_corrections + check.given_up,
        rows=check.rows + check.readings,
        labelled_rows=check.labelled_rows,
        attributed_rows=max((found.rows for found in check.results if found.monitor == "attribution_drift"), default=0),
        revision=check.spec.key,
        at=f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}",
        unmatched_labels=round(
            sum(
                (result.value or 0) * (result.rows if result.statistic == "unmatched_share" else 1)
                for result in check.results
                if result.statistic in _UNMATCHED
            )
        ),
        newest_upload=correlation_of(max(check.batches)) if check.batches else "",
        stored=stored,
        cause=shorten(likely_cause(check.results, spec.judged_by), BAD_SUMMARY),
        findings=findings,
        doubts=doubts,
    )
