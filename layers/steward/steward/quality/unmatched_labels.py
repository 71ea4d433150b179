"""Detects labels that match no prediction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from statistics import median

from steward.drift.drift_messages import quoted
from steward.evidence.label_matches import LabelMatches, PastMatches, UnmatchedLabels
from steward.evidence.window_evidence import WindowEvidence
from steward.quality.exact_proportion import at_least, exact_proportion
from steward.results import MetricResult, Status, count_of
from steward.spec.arrival_monitors import UnmatchedLabelsMonitor
from steward.spec.durations import format_duration
from steward.spec.model import ModelSpec

_LONGEST_ID = 40
_FEWEST_WINDOWS = 3


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """The share of a window's labels without a prediction, the files none of whose labels has one, and overdue ones.

    A label that may have come before its prediction counts in the share once the label horizon has passed. A file none
    of whose labels has a prediction is reported at once, whatever share of the window it makes up: unless that is
    usual, all predictions of the window have labels and more may come, or a newer file has the labels. A file of which
    some labels have no prediction is judged by itself, too: many good files do not hide it.
    """
    monitor = evidence.spec.monitors.unmatched_labels
    if monitor is None or not evidence.spec.metrics:
        return []
    results: list[MetricResult] = []
    if evidence.matches:
        found = evidence.matches
        matches = replace(found, unmatched=[file for file in found.unmatched if not _is_resolved(file, found)])
        results.append(_window(evidence, matches, monitor))
        results += _result_for_later_windows(matches)
    return [*results, *_overdue(evidence, monitor)]


def matches_of(results: Sequence[MetricResult]) -> PastMatches | None:
    """What later windows remember of the labels of a window, by the results of its check; None without labels."""
    found = {result.statistic: result for result in results if result.monitor == "unmatched_labels"}
    shares = found.get("unmatched_share")
    if shares is None or not shares.rows:
        return None
    return PastMatches(
        labels=shares.rows,
        missing=round((shares.value or 0.0) * shares.rows),
        waiting=_count(found.get("waiting_labels")),
        alone=_count(found.get("waiting_files")),
        partly=_count(found.get("waiting_in_part")),
        largest=(found["largest_file_share"].value or 0.0) if "largest_file_share" in found else 0.0,
        usual=shares.status == "ok",
    )


def _count(result: MetricResult | None) -> int:
    return round(result.value or 0.0) if result else 0


def _window(evidence: WindowEvidence, matches: LabelMatches, monitor: UnmatchedLabelsMonitor) -> MetricResult:
    usual = _usual(evidence, before=evidence.number) if matches.unmatched else None
    counted, labels = matches.missing, matches.labels
    share = counted / max(labels, 1)
    lost = [file for file in matches.unmatched if _is_lost(file, matches, usual, monitor, evidence.false_alarm_rate)]
    status, message = _share(counted, labels, usual, monitor, evidence.false_alarm_rate)
    if lost:
        status, message = "breach", "; ".join(_unmatched_sentence(file, matches) for file in lost)
    elif status == "breach":
        message += f"; {_examples(matches.unmatched, matches)}"
    elif foreign := _foreign(evidence, matches, monitor):
        status, message = "breach", f"{foreign}; {_examples(matches.unmatched, matches)}"
    elif matches.waiting:
        message += f"; {matches.waiting:,} more may have come before their predictions, and wait for them"
    return MetricResult(
        monitor="unmatched_labels",
        statistic="unmatched_share",
        value=share,
        threshold=_limit(usual, monitor),
        baseline=usual,
        effect=share if status == "breach" else None,
        rows=labels,
        status=status,
        message=message,
    )


def _result_for_later_windows(matches: LabelMatches) -> list[MetricResult]:
    """What later windows must know: labels that wait, whether others of their file met something, and the shares."""
    alone = [file for file in matches.unmatched if file.labels == file.unmatched == file.waiting]
    part = [file for file in matches.unmatched if file.unmatched < file.labels]
    counts = {
        "waiting_labels": (matches.waiting, ""),
        "waiting_files": (sum(file.labels for file in alone), ", in files none of whose labels has one"),
        "waiting_in_part": (sum(file.waiting for file in part), ", in files others of whose labels have one"),
    }
    results = [
        _measurement(matches, statistic, float(count), f"{count:,} labels wait for their predictions{of}")
        for statistic, (count, of) in counts.items()
        if count
    ]
    if matches.largest:
        said = f"{matches.largest:.2%} of the labels of one file have no prediction"
        results.append(_measurement(matches, "largest_file_share", matches.largest, said))
    return results


def _measurement(matches: LabelMatches, statistic: str, value: float, message: str) -> MetricResult:
    return MetricResult(
        monitor="unmatched_labels", statistic=statistic, value=value, rows=matches.labels, status="measured",
        message=message,
    )  # fmt: skip


def _foreign(evidence: WindowEvidence, matches: LabelMatches, monitor: UnmatchedLabelsMonitor) -> str:
    """What is said of a file of which more labels have no prediction than of any file that was usual; else nothing."""
    known = [
        past.largest
        for number, past in evidence.past_matches.items()
        if number < evidence.number and past.usual and past.largest is not None
    ]
    if len(known) < _FEWEST_WINDOWS or monitor.maximum is not None:
        return ""
    usual = max(known)
    for file in sorted(matches.unmatched, key=lambda file: file.waiting - file.unmatched):
        status, message = _share(file.unmatched - file.waiting, file.labels, usual, monitor, evidence.false_alarm_rate)
        if status == "breach":
            return f"{message}: those of {file.source}"
    return ""


def _is_lost(
    file: UnmatchedLabels, matches: LabelMatches, usual: float | None, monitor: UnmatchedLabelsMonitor, rate: float
) -> bool:
    """Whether a file met nothing, and neither chance nor predictions to come explain it."""
    if file.unmatched < max(file.labels, monitor.minimum_labels):
        return False
    if usual is not None and usual**file.unmatched > rate:
        return False
    return file.waiting < file.unmatched or matches.labelled < matches.rows


def _is_resolved(file: UnmatchedLabels, matches: LabelMatches) -> bool:
    """Whether a file met nothing, and labels that were uploaded after it have met the predictions in its stead."""
    newer = any(batch > file.batch and not batch.startswith(file.batch) for batch in matches.batches)
    enough = matches.labelled == matches.rows or matches.labelled >= file.unmatched
    return file.unmatched == file.labels and newer and enough


def _share(
    counted: int, labels: int, usual: float | None, monitor: UnmatchedLabelsMonitor, rate: float
) -> tuple[Status, str]:
    share = counted / max(labels, 1)
    message = f"{counted:,} of {count_of(labels, 'label')} have no prediction"
    limit = _limit(usual, monitor)
    if usual is not None:
        message += f", where {usual:.2%} are usual"
    if limit is None or share <= limit or counted < monitor.minimum_labels:
        return "ok", message
    if monitor.maximum is not None:
        beyond = exact_proportion(counted, labels).low > monitor.maximum
    else:
        beyond = at_least(counted, labels, usual or 0.0) <= rate
    if not beyond:
        return "ok", message
    return "breach", f"{message} and {limit:.2%} are allowed"


def patience(spec: ModelSpec) -> timedelta:
    """How much later predictions must be taken in before a label without one is suspicious.

    Labels come after their predictions, so the horizon, which says how long after, does not explain a label whose time
    the newest predictions have passed. Files of predictions may come in any order within some windows, or a day.
    """
    return min(spec.label_horizon, max(_FEWEST_WINDOWS * spec.window.length, timedelta(days=1)))


def _overdue(evidence: WindowEvidence, monitor: UnmatchedLabelsMonitor) -> list[MetricResult]:
    """Labels that have waited for predictions too long.

    All of the newest window whose labels have waited as long as labels may take; and of the newest that predictions
    have passed by now, those whose file met some predictions: the others of the file are of the same time.
    """
    horizon, passed = evidence.spec.label_horizon, patience(evidence.spec)
    found = _newest_waited(evidence, horizon)
    results: list[MetricResult] = []
    if found and found[1].waiting:
        newest, past = found
        why = f"for which no prediction came within {format_duration(horizon)}"
        result = _late(evidence, monitor, "overdue_share", newest, past.missing + past.waiting, why)
        usual = _usual(evidence, before=newest)
        if past.alone >= monitor.minimum_labels and (usual or 0.0) ** past.alone <= evidence.false_alarm_rate:
            result = result.model_copy(update={"status": "breach"})
        results.append(result)
    found = _newest_waited(evidence, passed) if evidence.profile.rows else None
    if found and found[1].partly:
        newest, past = found
        why = f"while predictions of {format_duration(passed)} later are there, and of other labels of their files"
        results.append(_late(evidence, monitor, "passed_share", newest, past.missing + past.partly, why))
    return results


def _newest_waited(evidence: WindowEvidence, span: timedelta) -> tuple[int, PastMatches] | None:
    """The newest window with labels that ended so long ago, and what is remembered of it."""
    due = (evidence.window.end - span) - evidence.window.length
    newest = max((number for number in evidence.past_matches if evidence.starts(number) <= due), default=None)
    return None if newest is None else (newest, evidence.past_matches[newest])


def _late(  # noqa: PLR0917 - which window, and what of it is late
    evidence: WindowEvidence, monitor: UnmatchedLabelsMonitor, statistic: str, number: int, counted: int, why: str
) -> MetricResult:
    labels, usual = evidence.past_matches[number].labels, _usual(evidence, before=number)
    status, message = _share(counted, labels, usual, monitor, evidence.false_alarm_rate)
    return MetricResult(
        monitor="unmatched_labels",
        statistic=statistic,
        value=counted / labels,
        threshold=_limit(usual, monitor),
        baseline=usual,
        rows=labels,
        status=status,
        message=f"{message}: those of {evidence.starts(number):%Y-%m-%d %H:%M}, {why}",
    )


def _usual(evidence: WindowEvidence, before: int) -> float | None:
    """The median share of earlier windows of which nothing was wrong; None where there is none."""
    shares = [
        past.missing / past.labels
        for number, past in evidence.past_matches.items()
        if number < before and past.usual and past.labels
    ]
    return median(shares) if shares else None


def _limit(usual: float | None, monitor: UnmatchedLabelsMonitor) -> float | None:
    if monitor.maximum is not None:
        return monitor.maximum
    return None if usual is None else min(1.0, usual + monitor.maximum_increase)


def _unmatched_sentence(file: UnmatchedLabels, matches: LabelMatches) -> str:
    return (
        f"none of the {file.labels:,} labels of {file.source} has a prediction: {_examples([file], matches)}; write "
        "the IDs of labels as those of predictions are written, and upload the file again"
    )


def _examples(files: Sequence[UnmatchedLabels], matches: LabelMatches) -> str:
    ids = [identity for file in files for identity in file.ids][:3]
    return f"labels are of IDs such as {_quote(ids)}, predictions of IDs such as {_quote(matches.prediction_ids)}"


def _quote(ids: Sequence[str]) -> str:
    return ", ".join(quoted(one if len(one) <= _LONGEST_ID else f"{one[:_LONGEST_ID]}...") for one in ids)
