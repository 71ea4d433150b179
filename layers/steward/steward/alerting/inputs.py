"""Inputs of the alert state: check summaries, mutes and acknowledgements. Their order of arrival has no effect."""

import math
from collections.abc import Sequence
from datetime import timedelta

from pydantic import AwareDatetime, ConfigDict, Field

from steward.documents import TolerantModel
from steward.events import ObjectRef
from steward.results import MetricResult, Precision, Status
from steward.spec.monitors import MonitorName, StoredMonitor


class MonitorFinding(TolerantModel):
    """The result of one check for one monitor.

    Attributes:
        status: `ok`, `drift` or `breach`; an `unknown` is no finding.
        exceedance: how far the figure is from its usual value, its limit being 1; None where the monitor has no figure.
        value, threshold, low, high, baseline, precision: of the result that is farthest.
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
    placed = [(exceedance(result), result) for result in results]
    measured = [(far, result) for far, result in placed if far is not None]
    if not measured:
        return MonitorFinding(status=status, summary=summary)
    far, result = max(measured, key=lambda pair: pair[0])
    return MonitorFinding(
        status=status,
        exceedance=far,
        value=result.value if result.baseline is not None else (result.effect or result.value),
        threshold=_limit(result),
        low=result.low,
        high=result.high,
        baseline=result.baseline,
        precision=result.precision,
        summary=summary,
    )


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
