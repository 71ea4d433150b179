"""Classifies the windows of one alert, among them those that are too small to tell whether its trouble is over."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from steward.alerting.inputs import CheckSummary, Doubt, MonitorFinding
from steward.alerting.pooled_evidence import SPANS, classify_window
from steward.alerting.state_machine import WindowResult
from steward.spec.alerting import AlertRule
from steward.spec.windows import Window


def window_results(
    history: Sequence[tuple[Window, CheckSummary]], rule: AlertRule, newest: Window | None, waits: timedelta
) -> Iterator[WindowResult]:
    """What each window of an alert counts as, the oldest first.

    After a bad window one that is not bad shows that the trouble is over only if it would have shown that it is not:
    where the columns that were bad can be told of, and where it has as many rows, with the inconclusive ones before it,
    as the trouble needs to be seen (`MonitorFinding.enough`). One without a finding is missing.

    Args:
        history: the checks, the oldest window first.
        rule: how the alert moves.
        newest: the newest window of the model.
        waits: how long after its end a window may wait for its labels; until then it is not missing.
    """
    findings: list[MonitorFinding] = []
    after = _Recovery(rule.resolve_after)
    for window, check in history:
        found = check.findings.get(rule.monitor)
        if found is None:
            if newest is not None and window.end + waits <= newest.end:
                yield WindowResult(check.window, window.end, "missing")
            continue
        findings = [*findings[1 - SPANS[-1] :], found]
        kind, span = classify_window(findings, rule)
        why = (
            "" if found.bad and kind == "bad" else after.doubt(found, check.doubts.get(rule.monitor))
        )  # bad with those before it: of them it may speak
        if why:
            kind = "unclear"
        elif kind == "bad":
            after.begin(found)
        yield WindowResult(check.window, window.end, kind, span, why)


class _Recovery:
    """What has to be shown before the newest trouble counts as over."""

    def __init__(self, windows: int) -> None:
        self._windows = windows
        self._bad: MonitorFinding | None = None
        self._rows = self._shown = 0

    def begin(self, bad: MonitorFinding) -> None:
        """Note a bad window."""
        self._bad, self._rows, self._shown = bad, 0, 0

    def doubt(self, found: MonitorFinding, known: Doubt | None) -> str:
        """Why a window that is not bad cannot tell whether the trouble is over; empty where it can.

        Args:
            found: in the window.
            known: what its check could not tell.
        """
        sentence = known.sentence if known else found.summary
        if self._bad is None:
            return sentence if found.status == "unknown" else ""
        doubtful = {} if found.bad else found.subjects
        if any(self._bad.subjects.get(name, over) < over for name, over in doubtful.items()):
            return sentence
        self._rows += found.rows
        if self._rows < self._bad.enough:
            return f"too few rows to show whether it is over; it takes some {self._bad.enough:,}"
        self._rows = 0
        self._shown += 1
        if self._shown >= self._windows:
            self._bad = None
        return ""
