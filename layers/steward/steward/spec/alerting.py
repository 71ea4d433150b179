"""When an alert fires and resolves, who is notified, and how often."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, model_validator

from steward.spec.durations import Duration, Lateness, format_duration
from steward.spec.maintenance import Maintenance, overlapping
from steward.spec.monitors import DriftName, MonitorName, OperationName, PerformanceMetric, QualityName
from steward.spec.severity import Severity
from steward.spec.spec_section import Share, SpecSection, error_at

Windows = Annotated[int, Field(ge=1, le=50)]
IsMissing = Literal["ignore", "alert", "keep", "resolve"]
Group = Literal["drift", "quality", "performance", "operation"]


class Flapping(SpecSection):
    """An alert that moves to and fro: one notice says so, and then nothing until it is stable."""

    changes: Annotated[int, Field(ge=3)] = Field(default=6, description="Beginnings and ends within `windows`.")
    windows: Windows = 8
    stable: Windows = Field(default=4, description="Windows without a change after which it counts as stable.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.changes > self.windows:
            raise ValueError(
                f"{self.windows} windows cannot hold {self.changes} changes; raise windows or lower changes"
            )
        return self


class MonitorAlerting(SpecSection):
    """What differs for one monitor; what is left out is as for all."""

    severity: Severity | None = None
    bad_windows: Windows | None = None
    of_windows: Windows | None = None
    resolve_at: Share | None = None
    resolve_after: Windows | None = None
    minimum_duration: Lateness | None = None
    cool_down: Lateness | None = None
    remind_every: Duration | None = None
    escalate_after: Duration | None = None
    missing: IsMissing | None = None


@dataclass(frozen=True, slots=True)
class AlertRule:
    """How the alert of one monitor moves; see `Alerting` for what each setting does."""

    monitor: MonitorName
    severity: Severity = "warning"
    bad_windows: int = 1
    of_windows: int = 1
    resolve_at: float = 0.5
    resolve_after: int = 1
    minimum_duration: timedelta = timedelta(0)
    cool_down: timedelta = timedelta(0)
    remind_every: timedelta | None = None
    escalate_after: timedelta | None = None
    missing: IsMissing = "ignore"
    false_alarm_rate: float | None = None
    flapping: Flapping | None = None
    maintenance: tuple[Maintenance, ...] = ()


class Alerting(SpecSection):
    """When alerts fire and resolve, and who is told. All of it counts in the time of the data."""

    notify_at: Severity = Field(
        default="warning",
        description="Subscribers hear of alerts at least this grave; others go to the bus, the ledger and the status.",
    )
    severity: Severity | None = Field(
        default=None,
        description="Of every monitor. Unset: warning, but info for drift of a model whose performance is watched.",
    )
    false_alarms: Annotated[float, Field(gt=0, le=100)] | None = Field(
        default=0.5,
        description="Performance: alerts a year by chance alone, of all metrics with a limit together. What one window "
        "does not prove at that rate, the newest 3, 10 or 30 together may. null: each breach of a window counts.",
    )
    bad_windows: Windows = Field(default=1, description="An alert fires when this many windows are bad ...")
    of_windows: Windows = Field(default=1, description="... of this many, the newest.")
    resolve_at: Share = Field(
        default=0.5,
        description="It resolves only when the figure is back within this share of its limit (hysteresis): at 0.5, a "
        "tolerance of 0.03 is left only once the loss is 0.015 or less, or no longer beyond chance. 1 resolves as soon "
        "as a window is not bad.",
    )
    resolve_after: Windows = Field(default=1, description="... in this many windows in a row.")
    minimum_duration: Lateness = Field(
        default=timedelta(0), description="A bad time must have lasted this long, from its first bad window's end."
    )
    cool_down: Lateness = Field(
        default=timedelta(0), description="After it resolved an alert fires no sooner than this."
    )
    remind_every: Duration | None = Field(
        default=None, description="Told again while it fires and nobody acknowledged."
    )
    escalate_after: Duration | None = Field(
        default=None, description="A severity graver each time this passes and nobody acknowledged."
    )
    missing: IsMissing = Field(
        default="ignore",
        description="What a window means in which the monitor measured nothing: nothing at all, a bad window (alert), "
        "that all stays as it is (keep), or a good window (resolve).",
    )
    flapping: Flapping | None = Flapping.model_construct()  # as it stands: no validator at a cold start
    longest_mute: Duration = Field(default=timedelta(days=90), description="A mute that is longer ends after this.")
    maintenance: list[Maintenance] = Field(
        default_factory=list, description="Windows at least half of which fall into one of these move no alert."
    )
    monitors: dict[MonitorName, MonitorAlerting] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in (None, *self.monitors):
            bad, of = self._setting(name, "bad_windows"), self._setting(name, "of_windows")
            if bad > of:
                place = ("alerting", "monitors", name, "bad_windows") if name else ("alerting", "bad_windows")
                raise error_at(
                    f"{bad} bad windows of {of} can never be: raise of_windows to {bad}, or lower bad_windows",
                    *place[1:],
                )
        pair = overlapping(self.maintenance)
        if pair:
            at = self.maintenance.index(pair[1])
            problem = f"overlaps the maintenance for {pair[0].reason!r}; join the two into one, or move one of them"
            raise error_at(problem, "maintenance", at)
        return self

    def too_short(self, window: timedelta) -> Iterator[tuple[int, str]]:
        """Maintenance that can never cover half a window, by its place, with what to do."""
        for at, maintenance in enumerate(self.maintenance):
            span = maintenance.duration
            if maintenance.start and maintenance.end:
                span = maintenance.end - maintenance.start
            if span is not None and 2 * span < window:
                half = f"less than half a window of {format_duration(window)}, so it would change nothing"
                yield at, f"lasts {format_duration(span)}, {half}; lengthen it, or remove it"

    def rule(self, monitor: MonitorName, *, severity: Severity, false_alarm_rate: float | None = None) -> AlertRule:
        """How the alert of one monitor moves.

        Args:
            monitor: which.
            severity: what it has where nobody declared one.
            false_alarm_rate: of one window, of a performance monitor.
        """
        return AlertRule(
            monitor=monitor,
            severity=self._setting(monitor, "severity") or severity,
            bad_windows=self._setting(monitor, "bad_windows"),
            of_windows=self._setting(monitor, "of_windows"),
            resolve_at=self._setting(monitor, "resolve_at"),
            resolve_after=self._setting(monitor, "resolve_after"),
            minimum_duration=self._setting(monitor, "minimum_duration"),
            cool_down=self._setting(monitor, "cool_down"),
            remind_every=self._setting(monitor, "remind_every"),
            escalate_after=self._setting(monitor, "escalate_after"),
            missing=self._setting(monitor, "missing"),
            false_alarm_rate=false_alarm_rate,
            flapping=self.flapping,
            maintenance=tuple(self.maintenance),
        )

    def _setting(self, monitor: MonitorName | None, name: str) -> Any:
        own = getattr(self.monitors.get(monitor), name, None) if monitor else None
        return getattr(self, name) if own is None else own


_GROUPS: dict[Group, tuple[str, ...]] = {
    "drift": get_args(DriftName),
    "quality": get_args(QualityName),
    "operation": get_args(OperationName),
}


def group_of(monitor: MonitorName) -> Group:
    """What a monitor is about: a trouble that several monitors of a group see is one trouble.

    >>> group_of("roc_auc"), group_of("missing_values")
    ('performance', 'drift')
    """
    return next((group for group, names in _GROUPS.items() if monitor in names), "performance")


def usual_severity(monitor: MonitorName, watched: tuple[PerformanceMetric, ...]) -> Severity:
    """What a monitor's severity is where nobody declared one.

    Inputs drift for many reasons, most of them harmless, and where labels come the performance says which. Every
    performance metric with a limit warns: of a rare event, say, a model that has lost everything loses hardly any log
    loss, and only its ranking tells.
    """
    return "info" if watched and group_of(monitor) == "drift" else "warning"
