"""Inputs of the alert state: check summaries, mutes and acknowledgements. Their order of arrival has no effect."""

import math
from collections.abc import Sequence
from datetime import timedelta
from statistics import NormalDist
from typing import Final

from pydantic import AwareDatetime, ConfigDict, Field

from steward.documents import TolerantModel
from steward.events import ObjectRef
from steward.results import MetricResult, Precision, Status
from steward.spec.monitors import MonitorName, StoredMonitor

_OF_ROWS: Final[frozenset[MonitorName]] = frozenset(("volume", "no_data", "freshness"))
"""Monitors of how many rows come, and when: fewer rows make them no less sure."""

_HALF, _RAREST, _BOUNDLESS = 0.5, 1e-300, 1e9
_NORMAL = NormalDist()


class MonitorFinding(TolerantModel):
    """The result of one check for one monitor.

    Attributes:
        status: `ok`, `drift` or `breach`; `unknown` where something was measured, and nothing could be told. What could
            not be measured is no finding.
        exceedance: how far the figure is from its usual value, its limit being 1; None where the monitor has no figure.
        value, threshold, low, high, baseline, precision: of the result that is farthest.
        rows: that the finding rests on; 0 where rows do not limit what can be found, as of their number itself.
        enough: of a bad one, with how many rows the same would still have been found.
        subjects: of a bad one, what was found, with its effect; of another, what was measured and yet cannot be told,
            with the smallest effect of which it shows that it is over.
        summary: the sentence a person reads.
    """

    model_config = ConfigDict(ser_json_inf_nan="null")

    status: Status
    exceedance: float | None = None
    value: float | None = None
    threshold: float | None = None
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    precision: Precision | None = None
    rows: int = 0
    enough: int = 0
    subjects: dict[str, float] = Field(default_factory=dict)
    summary: str = ""

    @property
    def bad(self) -> bool:
        """Whether the monitor found something."""
        return self.status in ("drift", "breach")

    def recovered(self, resolve_at: float) -> bool:
        """Whether the figure is well within its limit again: hysteresis, judged on the figure itself.

        A figure whose interval holds what is usual is back, however far it seems: with few rows it may be chance.
        """
        if self.bad:
            return False
        usual = None not in (self.low, self.baseline, self.high) and self.low <= self.baseline <= self.high  # type: ignore[operator]
        return usual or self.exceedance is None or self.exceedance <= resolve_at or resolve_at >= 1


def monitor_finding(results: Sequence[MetricResult], status: Status, summary: str) -> MonitorFinding:
    """Summarise the results of one monitor by the one that exceeds its limit most.

    Args:
        results: of the monitor, all of them.
        status: the most severe.
        summary: the sentence.
    """
    bad = [result for result in results if result.status in ("drift", "breach")]
    effects: dict[str, float] = {}
    for result in bad or [result for result in results if result.undecided]:
        subject, effect = _subject(result), _effect(result)
        effects[subject] = max(effect, effects.get(subject, 0.0))
    rows = 0 if any(result.monitor in _OF_ROWS for result in results) else max(map(_rows, results), default=0)
    finding = MonitorFinding(
        status=status,
        rows=rows,
        enough=math.ceil(rows * _share_that_shows(bad)) if bad else 0,
        subjects=effects,
        summary=summary,
    )
    placed = [(exceedance(result), result) for result in results]
    measured = [(far, result) for far, result in placed if far is not None]
    if not measured:
        return finding
    far, result = max(measured, key=lambda pair: pair[0])
    return finding.model_copy(
        update={
            "exceedance": far,
            "value": result.value if result.baseline is not None else (result.effect or result.value),
            "threshold": _limit(result),
            "low": result.low,
            "high": result.high,
            "baseline": result.baseline,
            "precision": result.precision,
        }
    )


def _subject(result: MetricResult) -> str:
    return " ".join(filter(None, (result.segment, result.column or result.statistic)))


def _effect(result: MetricResult) -> float:
    """The size of a change; of one that cannot be told, the smallest that would be over: half of it is left, or less.

    Of several results about one column one alone carries the effect.
    """
    size = abs(result.effect or 0.0)
    if not result.undecided:
        return size
    return min(_BOUNDLESS, max(size / _HALF, result.detectable or 0.0))


def _rows(result: MetricResult) -> int:
    return result.precision.observations if result.precision else result.rows


def _share_that_shows(bad: Sequence[MetricResult]) -> float:
    """With which share of the rows all that was found would still be found, at most half.

    The deviate of a change grows with the root of the rows. What has no p-value, or was found only just, is asked for
    half of the rows: windows are seldom of one size, and no alert is to wait for the largest.
    """
    chances: dict[str, list[MetricResult]] = {}
    for result in bad:
        chances.setdefault(_subject(result), []).append(result)
    return max(min(map(_share_of_one, of_one)) for of_one in chances.values())


def _share_of_one(result: MetricResult) -> float:
    if result.p_value is None or result.significance is None or not 0 < result.significance < _HALF:
        return _HALF
    found, needed = (
        _NORMAL.inv_cdf(min(max(chance, _RAREST), _HALF)) for chance in (result.p_value, result.significance)
    )
    return min(_HALF, (needed / found) ** 2) if found < needed else _HALF


def _limit(result: MetricResult) -> float | None:
    """The limit in the unit of the figure: that of `volume` is declared as a change relative to the usual rows."""
    if result.monitor != "volume" or None in (result.threshold, result.baseline, result.effect):
        return result.threshold
    return result.baseline * (1 + math.copysign(result.threshold, result.effect))  # type: ignore[operator,arg-type]


def exceedance(result: MetricResult) -> float | None:
    """Distance of a value from its usual level in units of the limit; None without a value or limit.

    A figure with a baseline is measured from that (a metric, from the holdout's); an effect from none at all. What is
    no more than chance is no distance.
    """
    if result.threshold is None or result.value is None or not math.isfinite(result.value):
        return None
    if result.p_value is not None or result.significance is not None:
        size = abs(result.effect if result.effect is not None else result.value)
        real = result.status in ("drift", "breach")
        return 0.0 if not real else (size / result.threshold if result.threshold > 0 else math.inf if size else 0.0)
    origin = result.baseline if result.baseline is not None else 0.0
    room = result.threshold - origin
    if room == 0:
        return None
    return max(0.0, (result.value - origin) / room)


class Doubt(TolerantModel):
    """Why a check says nothing of a monitor, or not of all that it watches.

    Attributes:
        measured: whether something was measured, and yet it cannot be told.
        sentence: what is not known, and what helps.
    """

    measured: bool
    sentence: str


class CheckSummary(TolerantModel):
    """One check, as far as alerts need it.

    Attributes:
        version: the version that made the window's predictions.
        window: the window's id; ids sort by time.
        check: the check's id.
        evidence: how many batches, of predictions and of labels, the check saw, and how many corrections, and batches
            that gave IDs up to other windows, its outcomes knew; of two checks of one window the one that knew more
            stands.
        rows, labelled_rows: what these batches came to, readings of telemetry among the rows.
        attributed_rows: in the sample whose attributions it knew.
        revision: the declaration that was in force.
        at: when the check was made, by the wall clock: that labels have no prediction is known, and ceases to be true,
            without any batch of the window.
        unmatched_labels: labels that the window reports as without a prediction.
        newest_upload: the correlation id of the newest upload of rows that the check saw; empty where it saw none.
        stored: where the check is; None in tests of the pure core.
        cause: the likely cause in a sentence; empty where nothing is.
        findings: by monitor.
        doubts: by monitor, what the check could not tell.
    """

    version: str
    window: str
    check: str
    evidence: int
    rows: int = 0
    labelled_rows: int = 0
    attributed_rows: int = 0
    revision: str = ""
    at: str = ""
    unmatched_labels: int = 0
    newest_upload: str = ""
    stored: ObjectRef | None = None
    cause: str = ""
    findings: dict[StoredMonitor, MonitorFinding] = Field(default_factory=dict)
    doubts: dict[StoredMonitor, Doubt] = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """Its window and version."""
        return f"{self.window}/{self.version}"

    @property
    def precedence(self) -> tuple[int, int, int, int, str, str, int, str]:
        """Sorts checks of one window by how much they knew, ties by id, so that the order of arrival is nothing.

        Batches only ever come; a correction is a batch of labels. While they are the same, rows can only go (to an
        earlier upload that has their ids), and labels only find more predictions. Attributions come after all of them.
        """
        known = (self.evidence, -self.rows, self.labelled_rows, self.attributed_rows, self.revision)
        return (*known, self.at, -self.unmatched_labels, self.check)


class Mute(TolerantModel):
    """A person wants no notifications until a time; one that ends when it was asked for lifts those before it."""

    monitor: StoredMonitor | None
    as_of: AwareDatetime
    until: AwareDatetime
    reason: str
    author: str

    @property
    def lifts(self) -> bool:
        """Whether it ends mutes."""
        return self.until <= self.as_of

    def concerns(self, monitor: MonitorName) -> bool:
        """Whether it is about a monitor."""
        return self.monitor in (None, monitor)

    def ends(self, longest: timedelta) -> AwareDatetime:
        """When it ends: none is endless."""
        return min(self.until, self.as_of + longest)


class Acknowledgement(TolerantModel):
    """An acknowledgement stops reminders and the escalation of what was sent before it."""

    monitor: StoredMonitor | None
    at: AwareDatetime = Field(description="When it was said, by the wall clock, as what was told has its time by it.")
    author: str
    note: str = ""

    def concerns(self, monitor: MonitorName) -> bool:
        """Whether it is about a monitor."""
        return self.monitor in (None, monitor)
