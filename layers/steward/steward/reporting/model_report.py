"""The report document of one model, with the source object of every figure."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from steward.documents import AnyText, VersionedModel
from steward.events import DefectState, ObjectRef
from steward.governance.audit_finding import FindingStatus, InvariantGroup
from steward.monitoring.check import Bar
from steward.reporting.judgements import Judgement
from steward.reporting.ledger_projection import LedgerProjection
from steward.reporting.reported_monitors import MonitorState, ReportPart, Trend
from steward.reporting.reported_release import ReportedRelease
from steward.spec.severity import Severity

HealthStatus = Literal["critical", "warning", "attention", "unknown", "healthy"]
"""How a model is, the worst first: `attention` where something waits for people, `unknown` before any check."""

HEALTH_STATUSES: tuple[HealthStatus, ...] = ("critical", "warning", "attention", "unknown", "healthy")


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
    """What the audit found of one invariant; releases that wrote no status knew no exceptions."""

    invariant: str
    holds: bool
    message: str
    status: Annotated[FindingStatus, AnyText()] | None = None
    group: Annotated[InvariantGroup, AnyText()] | None = None
    severity: Severity = "critical"
    remedy: str = ""
    since: AwareDatetime | None = None
    excepted: str = Field(default="", description="Until when, by whom and why; empty where it is not.")

    @property
    def fails(self) -> bool:
        """Whether something is wrong, and nobody has excepted it."""
        return not self.holds and self.status != "excepted"


class AuditState(ReportPart):
    """The newest audit."""

    audit: str
    as_of: AwareDatetime
    ledger_entries: int
    invariants: list[InvariantState]
    source: ObjectRef

    @property
    def failed(self) -> list[str]:
        """The invariants that fail, are not excepted, and are more than information, as an audit has them."""
        return [one.invariant for one in self.invariants if one.fails and one.severity != "info"]


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
        judgements: what the gates said of the champion and of the newest version, the newest first.
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
    release: ReportedRelease | None = None
    check: CheckState | None
    alerts: ObjectRef | None
    trends: list[Trend]
    drifted: list[DriftedColumn] = Field(default_factory=list)
    monitors: list[MonitorState]
    defects: list[OpenDefect]
    judgements: list[Judgement] = Field(default_factory=list)
    audit: AuditState | None
    schedules: list[ScheduleState]
    timezone: str
    problems: list[str]
    ledger: LedgerProjection

    @property
    def firing(self) -> list[MonitorState]:
        """The monitors whose alerts fire."""
        return [monitor for monitor in self.monitors if monitor.alert == "firing"]
