"""The status of one alert: its state, what the newest conclusive window said, and what newer ones cannot tell."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from steward.alerting.inputs import CheckSummary, MonitorFinding
from steward.alerting.notification_lease import AlertSnapshot, Announcement, DeliveryState, pending_notification
from steward.alerting.state_machine import AlertProgress, AlertState, WindowResult
from steward.spec.alerting import AlertRule
from steward.spec.monitors import DriftName, MonitorName, QualityName
from steward.spec.severity import Severity
from steward.spec.windows import Window

RECENT = 25
"""Newest windows of which it is told how many were bad."""

_LATELY, _OFTEN = 5, 3

_ABOUT_ROWS = frozenset({*get_args(DriftName), *get_args(QualityName)}) - {"label_leakage", "unmatched_labels"}
"""Monitors that need no labels."""

_OF_UPLOAD = re.compile("[0-9a-f]{16}")
"""The form of correlation ids that follow from an upload."""


ShownState = AlertState | Literal["cannot tell", "not measured"]


@dataclass(frozen=True, slots=True)
class NewestDoubt:
    """What the newest window cannot tell of a monitor.

    Attributes:
        window: which.
        rows: that it has.
        sentence: why, and what helps.
        measured: whether something was measured; else nothing could be.
    """

    window: str
    rows: int
    sentence: str
    measured: bool

    @property
    def clause(self) -> str:
        """What follows on the name of the window in a sentence."""
        return self.sentence if self.sentence.startswith("cannot tell") else f"cannot tell: {self.sentence}"


@dataclass(frozen=True, slots=True)
class AlertStatus:
    """Status of one alert.

    Attributes:
        monitor: whose.
        rule: how it moves.
        progress: where its windows have brought it.
        delivery: what subscribers know.
        snapshot: how it stands, as telling needs it.
        muted: why nobody is told although there is something to tell: the reason of a mute; empty without.
        maintenance: the reason of the maintenance that the newest window falls into; empty without.
        trend: the findings of the newest windows that tell something, the oldest first.
        latest: the newest check that tells something of this monitor; None without.
        decided: what that window counts as; None where it was not counted.
        doubt: what the newest window cannot tell; None where it can.
    """

    monitor: MonitorName
    rule: AlertRule
    progress: AlertProgress
    delivery: DeliveryState
    snapshot: AlertSnapshot
    muted: str
    maintenance: str
    trend: tuple[tuple[str, MonitorFinding], ...]
    latest: CheckSummary | None
    decided: WindowResult | None = None
    doubt: NewestDoubt | None = None

    def chain(self, found_by: str) -> str:
        """The correlation id of its news, of one about rows: of the newest upload of them that its check saw.

        Whichever upload a check was made for, it sees whatever is stored by then. What a schedule or a person found,
        and what rests on labels, keeps the correlation id under which it was found.
        """
        newest = self.latest.newest_upload if self.latest else ""
        return newest if newest and self.monitor in _ABOUT_ROWS and _OF_UPLOAD.fullmatch(found_by) else found_by

    @property
    def state(self) -> AlertState:
        """`ok`, `pending`, `firing` or `resolved`."""
        return self.progress.state

    @property
    def shown_state(self) -> ShownState:
        """The state as people and programs read it: what cannot be told is not in good order."""
        if self.doubt is None or self.state not in ("ok", "resolved"):
            return self.state
        return "cannot tell" if self.doubt.measured else "not measured"

    @property
    def reason(self) -> str:
        """By which window it has its state, and why, where the newest sentence alone would not say so."""
        return "; ".join(self._reasons())

    def _reasons(self) -> Iterator[str]:
        alone = self.latest is not None and self.latest.findings[self.monitor].bad
        kind = self.decided.kind if self.decided else None
        if self.state == "firing" and self.progress.fired:
            yield f"fires since the window of {_day(self.progress.fired)}"
            if kind == "bad" and not alone:
                yield pooled_note(self.decided).removeprefix("; ")
            elif kind != "bad":
                yield f"the window of {_day(self.latest.window)} is not well within the limit" if self.latest else ""
        if self.state == "resolved" and self.progress.ended:
            yield f"resolved by the window of {_day(self.progress.ended)}, which was well within the limit"
        if self.state in ("ok", "resolved") and alone and kind == "between":
            yield (
                "what the newest window shows alone comes by chance more often than `alerting.false_alarms` allows: it "
                "fires once the newest 3, 10 or 30 windows together prove it"
            )

    @property
    def severity(self) -> Severity:
        """Severity: as declared, or as escalated."""
        last = self.delivery.last
        return last.severity if last and last.firing and self.state == "firing" else self.rule.severity

    @property
    def suppressed_by(self) -> str:
        """Reason why no notification is sent (mute or maintenance); empty if none."""
        if self.maintenance:
            return f"in maintenance: {self.maintenance}"
        return f"muted: {self.muted}" if self.muted else ""

    @property
    def pending(self) -> Announcement | None:
        """The notification that is pending; None if subscribers are up to date."""
        return pending_notification(self.delivery, self.snapshot, self.rule)

    @property
    def summary(self) -> str:
        """Summary sentence of the newest check; empty without one."""
        return self.latest.findings[self.monitor].summary if self.latest else ""

    @property
    def recent(self) -> tuple[int, int]:
        """How many of the newest windows with a finding were bad, each judged alone, and how many these are."""
        newest = [found.bad for _, found in self.trend[-RECENT:]]
        return sum(newest), len(newest)

    @property
    def lasting(self) -> bool:
        """Whether windows keep being bad, although the alert does not fire: three of the newest, and one lately."""
        lately = any(found.bad for _, found in self.trend[-_LATELY:])
        return self.state != "firing" and lately and self.recent[0] >= _OFTEN

    @property
    def windows_fired(self) -> int:
        """Over how many windows it fires by now, the first bad one included."""
        if self.state != "firing" or self.progress.since is None:
            return 0
        return sum(window >= self.progress.since for window, _ in self.trend)


def pooled_note(result: WindowResult | None) -> str:
    """What to add to the sentence of a window that is bad only with those before it."""
    span = result.span if result else 1
    return f"; the newest {span} windows together are, at the declared rate of false alarms" if span > 1 else ""


def _day(window: str) -> str:
    found = Window.parse(window)
    return f"{found.start:%Y-%m-%d}" if found.length.days else f"{found.start:%Y-%m-%d %H:%M}"
