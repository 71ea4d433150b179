"""The report document of one model, with the source object of every figure."""

from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from steward.alerting.alert_status import ShownState
from steward.alerting.state_machine import AlertState
from steward.documents import TolerantModel, VersionedModel
from steward.events import DefectState, ObjectRef
from steward.monitoring.check import Bar
from steward.reporting.ledger_projection import LedgerProjection
from steward.results import Status
from steward.spec.monitors import StoredMonitor
from steward.spec.severity import Severity

HealthStatus = Literal["critical", "warning", "attention", "unknown", "healthy"]
"""How a model is, the worst first: `attention` where something waits for people, `unknown` before any check."""

HEALTH_STATUSES: tuple[HealthStatus, ...] = ("critical", "warning", "attention", "unknown", "healthy")

POINTS = 60
"""Windows of a trend; alerts remember as many."""


class ReportPart(TolerantModel):
    """A part of a report."""

    model_config = ConfigDict(ser_json_inf_nan="null")


class Champion(ReportPart):
    """The version in charge.

    Attributes:
        since: the moment from which it is.
        why: the sentence that the ledger has on it.
        source: the routing that names it.
        entry: the ledger's entry; None where that is farther back than the report looks.
    """

    version: str
    since: AwareDatetime
    run: str
    why: str
    source: ObjectRef
    entry: ObjectRef | None


class Hold(ReportPart):
    """What holds promotions back, and how many wait."""

    sentence: str
    waiting: int
    source: ObjectRef


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


class FailedRun(ReportPart):
    """The newest run, which failed, or whose version was rejected while none is in charge.

    Attributes:
        run: the run, or the version that was rejected.
        refused: whether it was that.
        then: what goes on.
    """

    run: str
    at: AwareDatetime
    reason: str
    source: ObjectRef
    refused: bool = False
    then: str = ""


class DriftedColumn(ReportPart):
    """A column that drifted in the newest window, the largest effect first.

    Attributes:
        sentences: what was found of it.
        bars: its distribution, each a label and the shares of the rows in the baseline and in the window.
    """

    column: str
    sentences: list[str]
    bars: list[Bar]


class CheckState(ReportPart):
    """The champion's newest check.

    Attributes:
        cause: the likely cause of a loss or a drift that an alert is about; empty where none is known.
    """

    check: str
    window: str
    rows: int
    labelled_rows: int
    cause: str
    source: ObjectRef


class OpenDefect(ReportPart):
    """An error in the data that is not done with."""

    defect: str
    state: DefectState
    severity: Severity
    owner: str
    title: str
    deadline: AwareDatetime
    overdue: bool
    trained: list[str] = Field(description="The versions that learnt from the bad rows.")
    source: ObjectRef


class InvariantState(ReportPart):
    """What the audit found of one invariant."""

    invariant: str
    holds: bool
    message: str


class AuditState(ReportPart):
    """The newest audit."""

    audit: str
    as_of: AwareDatetime
    ledger_entries: int
    invariants: list[InvariantState]
    source: ObjectRef

    @property
    def failed(self) -> list[str]:
        """The invariants that do not hold."""
        return [invariant.invariant for invariant in self.invariants if not invariant.holds]


class ScheduleState(ReportPart):
    """One schedule of the declaration; None is one that is switched off."""

    purpose: str
    expression: str | None
    meaning: str


class ModelReport(ReportPart, VersionedModel):
    """Everything that is shown of one model (compare-and-swap).

    A replay works out the same bytes: no wall clock is in it.

    Attributes:
        as_of: the end of the newest window that was checked; before any check, what the newest entry speaks for.
        recorded_at: when the newest entry of the ledger that it knows was written, by the wall clock.
        health: how the model is, and `headline` why.
        declaration: the one in force.
        failed_run: the newest run where it failed, or made no first version; None where a later one came to its end.
        drifted: the columns of which the newest check has distributions.
        monitors: of the newest check, the worst first.
        alerts: where `monitors` have their alerts from; None before the first check.
        defects: those that are open, by deadline.
        timezone: of the schedules.
        problems: what could not be read, and is therefore missing.
        ledger: what the ledger tells; the next report goes on from it.
    """

    schema_version: Literal[1] = 1
    model: str
    description: str
    owner: str
    task: str
    environment: str
    as_of: AwareDatetime
    recorded_at: AwareDatetime | None = None
    health: HealthStatus
    headline: str
    declaration: ObjectRef
    champion: Champion | None
    failed_run: FailedRun | None = None
    hold: Hold | None
    check: CheckState | None
    alerts: ObjectRef | None
    trends: list[Trend]
    drifted: list[DriftedColumn] = Field(default_factory=list)
    monitors: list[MonitorState]
    defects: list[OpenDefect]
    audit: AuditState | None
    schedules: list[ScheduleState]
    timezone: str
    problems: list[str]
    ledger: LedgerProjection

    @property
    def firing(self) -> list[MonitorState]:
        """The monitors whose alerts fire."""
        return [monitor for monitor in self.monitors if monitor.alert == "firing"]
