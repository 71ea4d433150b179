"""The part of a report about monitors: their trends, findings and alerts."""

from typing import Literal

from pydantic import ConfigDict, Field

from steward.alerting.alert_status import ShownState
from steward.alerting.state_machine import AlertState
from steward.documents import TolerantModel
from steward.events import ObjectRef
from steward.results import Status
from steward.spec.monitors import StoredMonitor
from steward.spec.severity import Severity

POINTS = 60
"""Windows of a trend; alerts remember as many."""


class ReportPart(TolerantModel):
    """A part of a report."""

    model_config = ConfigDict(ser_json_inf_nan="null")


class Point(ReportPart):
    """One window of a trend.

    Attributes:
        version: whose window.
        value, low, high: the figure and its interval, in its own unit.
        estimated: whether no label went into it.
        bad: whether the check found it beyond its limit; None where that is not known.
    """

    window: str
    version: str
    value: float
    low: float | None = None
    high: float | None = None
    estimated: bool = False
    bad: bool | None = None


class Trend(ReportPart):
    """One key figure over the newest windows.

    Attributes:
        name: of the figure.
        unit: what its values are; empty for a metric, which is its own.
        points: the oldest window first.
        limit, baseline: of the newest check that has them.
        sources: the histories and alerts that the points come from.
    """

    name: str
    unit: str = ""
    points: list[Point]
    limit: float | None = None
    baseline: float | None = None
    sources: list[ObjectRef]


class ReportedFinding(ReportPart):
    """One thing that a monitor found.

    Attributes:
        about: the column, with its segment; where it is about no column, the statistic.
        sentence: as a person reads it.
        effect: the size of the change, in the statistic's own unit.
    """

    about: str
    sentence: str
    effect: float | None = None


class MonitorState(ReportPart):
    """What the newest check says of one monitor, and how its alert stands.

    Attributes:
        status: by the check; None where it has no result of this monitor.
        sentence: as a person reads it.
        found: everything that is wrong by the newest check, the largest effect first.
        shown: how the alert is shown: what cannot be told, or was not measured, is not in good order.
        reason: by which window it stands so, where the sentence alone would not say so.
        doubt: what the newest check cannot tell, such as columns of which hardly any drift would show; empty without.
        doubtful_window, doubtful_rows: the newest window, where it cannot tell and the sentence is of one before it.
        window: that the sentence is about: an earlier one where the newest check says nothing, as before labels come.
        value, low, high, threshold, baseline: of the result that is farthest from usual.
        exceedance: how far that is from usual, its limit being 1.
        bad_windows, recent_windows: how many of the newest windows were bad, and how many these are.
        lasting: whether windows keep being bad although the alert does not fire.
        since: the window in which the present trouble began.
        windows: over how many windows it fires.
        acknowledged: who has seen it, and what they noted.
        quiet: why nobody is told.
        held: why it does not fire though windows are bad.
        trend: how far the figure was from usual in the newest windows, its limit being 1; None where it has no figure.
    """

    monitor: StoredMonitor
    status: Status | None
    sentence: str
    found: list[ReportedFinding] = Field(default_factory=list)
    shown: ShownState = "ok"
    reason: str = ""
    doubt: str = ""
    doubtful_window: str | None = None
    doubtful_rows: int = 0
    window: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    baseline: float | None = None
    exceedance: float | None = None
    bad_windows: int = 0
    recent_windows: int = 0
    lasting: bool = False
    alert: AlertState = "ok"
    severity: Severity = "warning"
    since: str | None = None
    windows: int = 0
    acknowledged: str = ""
    quiet: str = ""
    held: str = ""
    flapping: bool = False
    trend: list[float | None] = Field(default_factory=list)

    @property
    def standing(self) -> ShownState | Literal["no limit"]:
        """The alert's state as people read it; before any alert, what the check says."""
        if self.shown in ("ok", "resolved") and self.status == "unknown":
            return "cannot tell" if self.doubt else "not measured"
        if self.shown == "ok" and self.status == "measured":
            return "no limit"
        return "not measured" if self.shown == "ok" and self.window is None else self.shown

    @property
    def bad_of_recent(self) -> str:
        """How often it was bad lately, in words; empty where that says nothing."""
        if not self.bad_windows or self.recent_windows <= 1:
            return ""
        return f"beyond its limit in {self.bad_windows} of the last {self.recent_windows} windows"
