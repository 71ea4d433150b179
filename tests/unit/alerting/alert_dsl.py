"""Alerts of a small made-up model: days that are bad or good, and what people say about them."""

from datetime import UTC, datetime, timedelta

from steward.alerting.alert_status import AlertStatus
from steward.alerting.inputs import Acknowledgement, CheckSummary, MonitorFinding, Mute
from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.alerting.notification_lease import Announcement
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName
from steward.spec.windows import Window
from tests.unit import examples

DAY = timedelta(days=1)
START = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 6, 1, tzinfo=UTC)
LETTERS = {"b": ("breach", 2.0), "~": ("ok", 0.8), "g": ("ok", 0.1)}
"""`b` is a bad day, `~` one that is not bad and not well either, `g` a good one; any other letter says nothing."""


def spec(alerting: str = "{flapping: null}", more: str = "") -> ModelSpec:
    return examples.spec(examples.SPEC + f"alerting: {alerting}\n{more}")


def window(day: int) -> str:
    return Window(START + day * DAY, DAY).id


def check(
    day: int,
    letter: str = "g",
    *,
    evidence: int = 100,
    version: str = "v1",
    monitors: tuple[MonitorName, ...] = ("log_loss",),
    rows: int = 700,
    subjects: dict[str, float] | None = None,
) -> CheckSummary:
    findings = {}
    if letter in LETTERS:
        status, exceedance = LETTERS[letter]
        found = MonitorFinding.model_validate(
            {
                "status": status,
                "exceedance": exceedance,
                "rows": rows,
                "enough": rows // 2 if letter == "b" else 0,
                "subjects": {"age": 4.0} if letter == "b" else subjects or {},
                "summary": f"{letter} on {day}",
            }
        )
        findings = dict.fromkeys(monitors, found)
    return CheckSummary(
        version=version,
        window=window(day),
        check=f"{day}-{evidence}-{letter}",
        evidence=evidence,
        rows=rows,
        findings=findings,
    )


def small(day: int, rows: int = 12) -> CheckSummary:
    """A day that is not bad, of few rows."""
    return check(day, "g", rows=rows)


def seen(letters: str, *, champion: str = "v1", monitors: tuple[MonitorName, ...] = ("log_loss",)) -> ModelAlerts:
    """The alerts after one day for each letter."""
    alerts = ModelAlerts(model="lemons").with_champion(champion)
    for day, letter in enumerate(letters):
        alerts = alerts.with_check(check(day, letter, version=champion, monitors=monitors))
    return alerts


def standing(alerts: ModelAlerts, declared: ModelSpec, monitor: MonitorName = "log_loss") -> AlertStatus:
    return alert_statuses(alerts, declared)[monitor]


def told(alerts: ModelAlerts, declared: ModelSpec, now: datetime = NOW) -> tuple[ModelAlerts, dict[str, Announcement]]:
    """The alerts once what there is to tell was told, and what that was."""
    cause = f"cause at {now}"
    alerts = alerts.with_leases(declared, cause, "chain", now)
    news = {name: claim.announcement for name, claim in alerts.leases_of(cause).items()}
    return alerts.with_sent(news, now).with_leases(declared, cause, "chain", now), dict(news)


def lived(letters: str, declared: ModelSpec) -> list[tuple[int, str]]:
    """What subscribers hear of day after day: the day, and what was told of it."""
    alerts, heard = ModelAlerts(model="lemons").with_champion("v1"), []
    for day, letter in enumerate(letters):
        alerts, news = told(alerts.with_check(check(day, letter)), declared, NOW + day * DAY)
        heard += [(day, announced.change) for announced in news.values()]
    return heard


def mute(day: float, until: float, monitor: MonitorName | None = None) -> Mute:
    return Mute(monitor=monitor, as_of=START + day * DAY, until=START + until * DAY, reason="we know", author="arn:me")


def acknowledgement(at: datetime, monitor: MonitorName | None = None) -> Acknowledgement:
    return Acknowledgement(monitor=monitor, at=at, author="arn:me")
