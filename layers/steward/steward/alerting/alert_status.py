"""Status of one alert: its state, its severity, and the notification that is pending."""

import re
from dataclasses import dataclass
from typing import get_args

from steward.alerting.delivery import AlertSnapshot, Announcement, DeliveryState, pending_notification
from steward.alerting.inputs import CheckSummary, MonitorFinding
from steward.alerting.state_machine import AlertProgress, AlertState
from steward.spec.alerting import AlertRule
from steward.spec.monitors import DriftName, MonitorName, QualityName
from steward.spec.severity import Severity

RECENT = 25
"""Newest windows of which it is told how many were bad."""

_LATELY, _OFTEN = 5, 3

_ABOUT_ROWS = frozenset({*get_args(DriftName), *get_args(QualityName)}) - {"label_leakage", "unmatched_labels"}
"""Monitors that need no labels."""

_OF_UPLOAD = re.compile("[0-9a-f]{16}")
"""The form of correlation ids that follow from an upload."""


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
        trend: the findings of the newest windows, the oldest first.
        latest: the newest check that has a finding of this monitor; None without.
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
