"""The alerts of one model: a pure function of what checks said, what people said, and what was told."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Self, get_args

from pydantic import BaseModel, ConfigDict, Field

from steward.alerting.course import Course, Mark, State, course
from steward.alerting.deeds import DEEDS_KEPT, Deed
from steward.alerting.evidence import SPANS, kind_of
from steward.alerting.facts import Acknowledgement, Finding, Mute, SeenCheck
from steward.alerting.telling import Announced, Claim, Present, Told, after, claimed, untold
from steward.spec.alerting import AlertRule
from steward.spec.maintenance import in_maintenance
from steward.spec.model import ModelSpec
from steward.spec.monitors import DriftName, MonitorName, QualityName
from steward.spec.severity import Severity
from steward.spec.windows import ORIGIN, Window

WINDOWS_KEPT = 60
"""How many windows are remembered; a rule looks at 50 of them at most."""

RECENT = 25
"""Newest windows of which it is told how many were bad."""

_LATELY, _OFTEN = 5, 3

PEOPLE_KEPT = 100
"""How many mutes and acknowledgements are remembered, the newest ones."""

_ABOUT_ROWS = frozenset({*get_args(DriftName), *get_args(QualityName)}) - {"label_leakage", "unmatched_labels"}
"""Monitors that need no labels."""

_OF_UPLOAD = re.compile("[0-9a-f]{16}")
"""The form of correlation ids that follow from an upload."""


class ModelAlerts(BaseModel):
    """All alerts of one model (compare-and-swap).

    Attributes:
        champion: the version whose windows count; None before the first.
        checks: by `window/version`, the check that stands.
        mutes, acknowledgements: what people said, by the event's id.
        told: what subscribers know, by monitor.
        deeds: what was done by itself, or held back, by what makes it this deed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    model: str
    champion: str | None = None
    checks: dict[str, SeenCheck] = Field(default_factory=dict)
    mutes: dict[str, Mute] = Field(default_factory=dict)
    acknowledgements: dict[str, Acknowledgement] = Field(default_factory=dict)
    told: dict[MonitorName, Told] = Field(default_factory=dict)
    deeds: dict[str, Deed] = Field(default_factory=dict)

    @property
    def history(self) -> list[SeenCheck]:
        """The champion's checks, the oldest window first."""
        return [check for _, check in sorted(self.checks.items()) if check.version == self.champion]

    @property
    def newest(self) -> Window | None:
        """The champion's newest window; its end is the present moment in the time of the data."""
        return max((Window.parse(check.window) for check in self.history), default=None)

    @property
    def monitors(self) -> list[MonitorName]:
        """Every monitor that said anything of the champion, or of which subscribers know something."""
        found = {name for check in self.history for name in check.findings}
        return sorted({*found, *self.told})

    def seeing(self, check: SeenCheck) -> Self:
        """The alerts after one more check. The order of checks makes no difference, nor do repetitions.

        A check that is made again with the same result keeps the time at which it was made first.
        """
        known = self.checks.get(check.place)
        if known and (known.check == check.check or known.precedence >= check.precedence):
            return self
        checks = self.checks | {check.place: check}
        kept = sorted({one.window for one in checks.values()})[-WINDOWS_KEPT:]
        return self.model_copy(
            update={"checks": {place: one for place, one in sorted(checks.items()) if one.window in kept}}
        )

    def under(self, champion: str | None) -> Self:
        """The alerts once another version is in charge: windows of the one before no longer count."""
        return self if champion == self.champion else self.model_copy(update={"champion": champion})

    def muted(self, identity: str, mute: Mute) -> Self:
        """The alerts once a person has muted some, or lifted mutes."""
        mutes = sorted((self.mutes | {identity: mute}).items(), key=lambda item: (item[1].as_of, item[0]))
        return self.model_copy(update={"mutes": dict(mutes[-PEOPLE_KEPT:])})

    def acknowledged(self, identity: str, acknowledgement: Acknowledgement) -> Self:
        """The alerts once a person has seen some."""
        known = self.acknowledgements | {identity: acknowledgement}
        ordered = sorted(known.items(), key=lambda item: (item[1].at, item[0]))
        return self.model_copy(update={"acknowledgements": dict(ordered[-PEOPLE_KEPT:])})

    def claimed(self, spec: ModelSpec, cause: str, chain: str, now: datetime) -> Self:
        """The alerts once the function that handles `cause` has taken on to tell what is untold; see `telling`."""
        standings = standings_of(self, spec)
        told = {
            name: claimed(standing.told, None if standing.quiet else standing.untold, cause, standing.chain(chain), now)
            for name, standing in standings.items()
        }
        kept = {name: known for name, known in told.items() if known != Told()}
        return self.model_copy(update={"told": kept})

    def after(self, announced: Mapping[MonitorName, Announced], now: datetime) -> Self:
        """The alerts once something was told."""
        told = {name: after(self.told.get(name, Told()), news, now) for name, news in announced.items()}
        return self.model_copy(update={"told": self.told | told})

    def done(self, deeds: Mapping[str, Deed]) -> Self:
        """The alerts once something was done."""
        known = sorted({**self.deeds, **deeds}.items(), key=lambda item: (item[1].as_of, item[0]))
        return self.model_copy(update={"deeds": dict(known[-DEEDS_KEPT:])})

    def claimed_by(self, cause: str) -> dict[MonitorName, Claim]:
        """What the function that handles a cause has to tell, by monitor."""
        return {
            name: known.claim for name, known in sorted(self.told.items()) if known.claim and known.claim.cause == cause
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """How one alert stands.

    Attributes:
        monitor: whose.
        rule: how it moves.
        course: where its windows have brought it.
        told: what subscribers know.
        present: how it stands, as telling needs it.
        muted: why nobody is told although there is something to tell: the reason of a mute; empty without.
        maintenance: the reason of the maintenance that the newest window falls into; empty without.
        trend: the findings of the newest windows, the oldest first.
        latest: the newest check that has a finding of this monitor; None without.
    """

    monitor: MonitorName
    rule: AlertRule
    course: Course
    told: Told
    present: Present
    muted: str
    maintenance: str
    trend: tuple[tuple[str, Finding], ...]
    latest: SeenCheck | None

    def chain(self, found_by: str) -> str:
        """The correlation id of its news, of one about rows: of the newest upload of them that its check saw.

        Whichever upload a check was made for, it sees whatever is stored by then. What a schedule or a person found,
        and what rests on labels, keeps the correlation id under which it was found.
        """
        newest = self.latest.newest_upload if self.latest else ""
        return newest if newest and self.monitor in _ABOUT_ROWS and _OF_UPLOAD.fullmatch(found_by) else found_by

    @property
    def state(self) -> State:
        """`ok`, `pending`, `firing` or `resolved`."""
        return self.course.state

    @property
    def grave(self) -> Severity:
        """How grave it is: as declared, or what it has been raised to."""
        last = self.told.last
        return last.severity if last and last.firing and self.state == "firing" else self.rule.severity

    @property
    def quiet(self) -> str:
        """Why nobody is told; empty where they are."""
        if self.maintenance:
            return f"in maintenance: {self.maintenance}"
        return f"muted: {self.muted}" if self.muted else ""

    @property
    def untold(self) -> Announced | None:
        """What subscribers have yet to be told."""
        return untold(self.told, self.present, self.rule)

    @property
    def summary(self) -> str:
        """What the newest check said, in a sentence; empty where none did."""
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
        if self.state != "firing" or self.course.since is None:
            return 0
        return sum(window >= self.course.since for window, _ in self.trend)


@lru_cache(maxsize=4096)
def _window(identifier: str) -> Window:
    """The same few windows are read each time that anything is asked."""
    return Window.parse(identifier)


def standings_of(alerts: ModelAlerts, spec: ModelSpec) -> dict[MonitorName, Standing]:
    """How every alert of a model stands, under the declaration in force."""
    history = [(_window(check.window), check) for check in alerts.history]
    skipped: dict[Window, str] = {}
    if spec.alerting.maintenance:
        skipped = {window: in_maintenance(spec.alerting.maintenance, window) or "" for window, _ in history}
    return {name: _standing(alerts, spec, name, history, skipped) for name in alerts.monitors}


def firing(alerts: ModelAlerts, spec: ModelSpec) -> list[MonitorName]:
    """The monitors whose alerts fire."""
    return [name for name, standing in standings_of(alerts, spec).items() if standing.state == "firing"]


def _standing(
    alerts: ModelAlerts,
    spec: ModelSpec,
    name: MonitorName,
    history: Sequence[tuple[Window, SeenCheck]],
    skipped: Mapping[Window, str],
) -> Standing:
    rule, told = spec.alert_rule(name), alerts.told.get(name, Told())
    newest = history[-1][0] if history else None
    on = getattr(spec.monitors, name) is not None  # what was switched off says nothing any more
    counted = [(window, check) for window, check in history if on and not skipped.get(window)]
    marks = list(_marks(counted, name, rule, newest, spec))
    where = course(marks, rule)
    found = [(check.window, check.findings[name]) for _, check in history if name in check.findings]
    latest = next((check for _, check in reversed(history) if name in check.findings), None)
    last = told.last
    at = where.since if where.state == "firing" else (where.ended or (latest.window if latest else None))
    as_of = newest.end if newest else (last.as_of if last else ORIGIN)
    present = Present(
        firing=where.state == "firing",
        flapping=where.flapping,
        version=alerts.champion or (last.version if last else ""),
        window=at or (last.window if last else ""),
        as_of=as_of,
        acknowledged=any(
            said.concerns(name) and told.at is not None and said.at >= told.at
            for said in alerts.acknowledgements.values()
        ),
        summary=(latest.findings[name].summary if latest else "") + _together(marks),
    )
    return Standing(
        monitor=name,
        rule=rule,
        course=where,
        told=told,
        present=present,
        muted=_muted(alerts, spec, name, as_of),
        maintenance=skipped.get(newest, "") if newest else "",
        trend=tuple(found),
        latest=latest,
    )


def _together(marks: Sequence[Mark]) -> str:
    """What to add to the sentence of a window that is bad only with those before it."""
    span = marks[-1].span if marks else 1
    return f"; the newest {span} windows together are, at the declared rate of false alarms" if span > 1 else ""


def _marks(
    history: Sequence[tuple[Window, SeenCheck]],
    name: MonitorName,
    rule: AlertRule,
    newest: Window | None,
    spec: ModelSpec,
) -> Iterator[Mark]:
    """The windows of a course; one without a finding is missing once the labels it may wait for are overdue."""
    waits = spec.labels_within if name in spec.metrics else timedelta(0)
    findings: list[Finding] = []
    for window, check in history:
        found = check.findings.get(name)
        if found is None:
            if newest is not None and window.end + waits <= newest.end:
                yield Mark(check.window, window.end, "missing")
            continue
        findings = [*findings[1 - SPANS[-1] :], found]
        kind, span = kind_of(findings, rule)
        yield Mark(check.window, window.end, kind, span)


def _muted(alerts: ModelAlerts, spec: ModelSpec, name: MonitorName, as_of: datetime) -> str:
    """The reason of a mute that holds; a mute holds from when it is known, and a later lift ends it."""
    concerned = [mute for mute in alerts.mutes.values() if mute.concerns(name)]
    for mute in concerned:
        lifted = any(other.lifts and other.as_of >= mute.as_of for other in concerned)
        if not mute.lifts and not lifted and as_of < mute.ends(spec.alerting.longest_mute):
            return f"{mute.reason} (until {mute.ends(spec.alerting.longest_mute):%Y-%m-%d %H:%M} UTC, {mute.author})"
    return ""
