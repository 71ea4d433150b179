"""Detects that predictions or labels stopped arriving."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median

from steward.evidence.window_evidence import WindowEvidence
from steward.quality.exact_proportion import at_least
from steward.quality.volume import expected_rows
from steward.results import MetricResult, Status, count_of
from steward.spec.arrival_monitors import NoDataMonitor
from steward.spec.durations import format_duration
from steward.spec.model import ModelSpec
from steward.spec.monitors import VolumeMonitor
from steward.spec.windows import ORIGIN, Window

_FEWEST_WINDOWS = 3
_COMPARED = 200
"""Earlier windows that tell what is usual."""

_SPREADS, _NORMAL = 3, 1.4826
"""Deviations from the median, of normal data: the standard deviation is 1.4826 times their median."""

_FEWEST_MISSING = 5


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """No record in a window that should have some, or no label of windows whose labels are overdue.

    One empty window is enough where it is known what is usual for its place in the week and none is beyond chance; a
    model that rests at night is not silent then. Where too little is known, a declared number of them in a row is.
    """
    monitor = evidence.spec.monitors.no_data
    if monitor is None:
        return []
    results = [_predictions(evidence, monitor)]
    return [*results, _labels(evidence), *_evaluate_unlabelled(evidence, monitor)] if evidence.spec.metrics else results


def _predictions(evidence: WindowEvidence, monitor: NoDataMonitor) -> MetricResult:
    rows = evidence.profile.rows
    earlier = [number for number, count in evidence.volumes.items() if number < evidence.number and count]
    silent = 0 if rows else evidence.number - max(earlier, default=evidence.number)
    limit = float(monitor.silent_windows)
    result = MetricResult(
        monitor="no_data",
        statistic="silent_windows",
        value=float(silent),
        threshold=limit,
        rows=rows,
        status="ok",
        message=f"{count_of(rows, 'prediction')} came",
    )
    if rows:
        return result
    if not earlier:
        message = "no prediction came, and none had come before"
        return result.model_copy(update={"status": "unknown", "value": None, "message": message})
    usual = expected_rows(evidence.volumes, evidence.number, evidence.window.length)
    chance = usual.chance(0) if usual else 1.0
    rate = (evidence.spec.monitors.volume or VolumeMonitor()).rate(evidence.window.length)
    message = f"no prediction came in {silent} window{'s' if silent > 1 else ''} in a row"
    if usual:
        message += f"; {usual.rows:,.0f} are usual for {usual.place}"
    breach = silent >= monitor.silent_windows or chance <= rate
    return result.model_copy(update={"status": "breach" if breach else "ok", "message": message})


def _labels(evidence: WindowEvidence) -> MetricResult:
    """The newest window whose labels are overdue must have some."""
    within = evidence.spec.labels_within
    overdue = _overdue(evidence)
    newest = max(overdue, default=None)
    last = max((number for number, count in evidence.labelled_before.items() if count), default=None)
    behind = sum(last is None or last < number for number in overdue)
    status: Status = "ok"
    message = f"labels come within {format_duration(within)}"
    if newest is None:
        status, message = "unknown", f"no window is older than the {format_duration(within)} that labels may take"
    elif last is None:
        status = "breach" if _is_first_label_overdue(evidence, overdue) else "unknown"
        message = (
            f"no label of a prediction has ever come, though the first predictions are of "
            f"{evidence.starts(overdue[0]):%Y-%m-%d %H:%M} and labels come within {format_duration(within)}; upload "
            f"labels to inbox/{evidence.spec.model}/labels/, or declare a longer label_horizon "
            f"(`steward defects {evidence.spec.model}` lists label files that were rejected)"
        )
    elif not evidence.labelled_before[newest]:
        status = "breach"
        message = (
            f"no label has come within {format_duration(within)} of the newest predictions that are as old; the newest "
            f"is of {evidence.starts(last):%Y-%m-%d %H:%M}"
        )
    return MetricResult(
        monitor="no_data",
        statistic="overdue_windows",
        value=None if status == "unknown" else float(behind if status == "breach" else 0),
        threshold=1.0,
        rows=evidence.profile.rows,
        status=status,
        message=message,
    )


def overdue_windows(labelled: Mapping[int, int], window: Window, spec: ModelSpec) -> list[int]:
    """The windows whose labels had all the time that they may take, the oldest first.

    Args:
        labelled: labelled rows of windows, by number.
        window: under judgement.
        spec: the declaration.
    """
    return sorted(number for number in labelled if ORIGIN + number * window.length <= _due(window, spec))


def _due(window: Window, spec: ModelSpec) -> datetime:
    """When the newest window began whose labels had all the time that they may take."""
    return window.end - spec.labels_within - window.length


def _overdue(evidence: WindowEvidence) -> list[int]:
    return overdue_windows(evidence.labelled_before, evidence.window, evidence.spec)


def _is_first_label_overdue(evidence: WindowEvidence, overdue: Sequence[int]) -> bool:
    """Whether labels that never came should have: some windows wait for them, the first longer than labels may take.

    A quarter longer, as nobody knows yet how late labels really are.
    """
    return len(overdue) >= _FEWEST_WINDOWS and evidence.starts(overdue[0]) + evidence.spec.labels_within / 4 <= _due(
        evidence.window, evidence.spec
    )


def _evaluate_unlabelled(evidence: WindowEvidence, monitor: NoDataMonitor) -> list[MetricResult]:
    """The share of the predictions of the newest overdue window whose labels have not come, against the usual.

    Windows without any label are the business of `overdue_windows`. The usual share is the median of earlier windows;
    what is beyond it must be beyond their spread, and beyond chance.
    """
    shares = {
        number: 1 - min(evidence.labelled_before[number] / evidence.volumes[number], 1)
        for number in _overdue(evidence)
        if evidence.labelled_before[number] and evidence.volumes.get(number)
    }
    if len(shares) <= _FEWEST_WINDOWS or max(shares) != _overdue(evidence)[-1]:
        return []
    newest = max(shares)
    earlier = [share for number, share in shares.items() if number < newest][-_COMPARED:]
    usual = median(earlier)
    spread = _SPREADS * _NORMAL * median(abs(share - usual) for share in earlier)
    rows, share = evidence.volumes[newest], shares[newest]
    limit = min(1.0, usual + max(monitor.maximum_unlabelled_increase, spread))
    missing = rows - min(evidence.labelled_before[newest], rows)
    real = missing >= _FEWEST_MISSING and at_least(missing, rows, usual) <= evidence.false_alarm_rate
    breach = share > limit and real
    message = (
        f"{missing:,} of the {rows:,} predictions of {evidence.starts(newest):%Y-%m-%d %H:%M} have no label, though "
        f"labels come within {format_duration(evidence.spec.labels_within)}; {usual:.2%} are usual"
    )
    return [
        MetricResult(
            monitor="no_data",
            statistic="unlabelled_share",
            value=share,
            threshold=limit,
            baseline=usual,
            rows=rows,
            status="breach" if breach else "ok",
            message=message,
        )
    ]
