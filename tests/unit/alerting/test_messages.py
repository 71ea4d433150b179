"""What people and machines receive says what happened, and passes through SNS."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.alerting.cause import LOSSES, likely_cause
from steward.alerting.chat import chat_notification
from steward.alerting.inhibition import monitors_to_notify
from steward.alerting.inputs import MonitorFinding, monitor_finding
from steward.alerting.messages import alerts_notification, notice
from steward.alerting.model_alerts import ModelAlerts, alert_statuses
from steward.alerting.notification import Notification
from steward.alerting.notification_lease import Announcement, DeliveryState, Lease
from steward.events import (
    AlertRaised,
    AuditCompleted,
    BatchIngested,
    BatchRejected,
    Event,
    ModelRejected,
    NewFinding,
    ReleaseChanged,
    ReportRendered,
    RunFailed,
)
from steward.performance.metrics import METRICS
from steward.results import MetricResult
from steward.spec.model import ModelSpec
from steward.spec.monitors import NOT_ESTIMATED, MonitorName
from tests.unit.alerting.alert_dsl import NOW, check, seen, spec, told, window
from tests.unit.examples import START, stored

REPORT = "https://console.example/lemons"
COMMON: dict[str, Any] = {"occurred_at": START, "model": "lemons", "as_of": START, "correlation_id": "chain-1"}


def deliverable(message: Notification) -> bool:
    """What SNS asks of a subject, of attributes and of the whole."""
    subject = message.subject
    document = json.dumps(message.model_dump_json())
    whole = 3 * len(json.dumps(message.text).encode()) + 4 * len(document.encode())
    return 0 < len(subject) < 100 and subject.isascii() and subject.isprintable() and whole < 256 * 1024


def notified(alerts: ModelAlerts, declared: ModelSpec, done: tuple[str, ...] = ()) -> Notification:
    """The notification of all that is untold."""
    alerts = alerts.with_leases(declared, "cause", "chain-1", NOW)
    claims = alerts.leases_of("cause")
    events = {name: raised(name, claim) for name, claim in claims.items()}
    return alerts_notification(claims, events, alert_statuses(alerts, declared), done, "the-bucket", report=REPORT)


def raised(name: MonitorName, claim: Lease) -> Event:
    told = claim.announcement
    return AlertRaised(**COMMON, monitor=name, version=told.version, window=told.window, summary=told.summary)


def with_figures(letters: str) -> ModelAlerts:
    """Alerts with figures, and a check that knows where it is stored and what the cause is."""
    alerts = seen(letters, monitors=("log_loss",))
    checks = {}
    for at, (place, one) in enumerate(alerts.checks.items()):
        found = one.findings["log_loss"].model_copy(
            update={"value": 0.5 + at / 10, "threshold": 0.58, "baseline": 0.528, "low": 0.4, "high": 0.7}
        )
        update = {
            "findings": {"log_loss": found},
            "stored": stored("checks/lemons/w/c.json"),
            "cause": "mostly concept drift",
        }
        checks[place] = one.model_copy(update=update)
    return alerts.model_copy(update={"checks": checks})


def test_people_read_what_happened_why_and_what_they_can_do() -> None:
    message = notified(with_figures("ggb"), spec(), ("log_loss: freeze promotions for 2d",))
    assert message.subject == "lemons: warning: firing: log_loss"
    for part in (
        "version v1", "2024-01-03 00:00 to 2024-01-04 00:00 UTC", "FIRING  log_loss  (warning)", "b on 2",
        "Last 3 windows: ▁▅█  0.5, 0.6, 0.7, limit 0.58",
        "Likely cause: mostly concept drift",
        "log_loss: freeze promotions for 2d",
        "steward acknowledge lemons log_loss", 'steward mute lemons log_loss --for 7d --reason "..."',
        "steward explain lemons 2-100-b",
        "s3://the-bucket/checks/lemons/w/c.json",
        "Correlation id chain-1",
    ):  # fmt: skip
        assert part in message.text, part


def test_machines_get_figures_trend_and_attributes() -> None:
    message = notified(with_figures("ggb"), spec())
    (news,) = message.alerts
    assert (news.change, news.severity, news.value, news.threshold, news.baseline) == (
        "firing",
        "warning",
        0.7,
        0.58,
        0.528,
    )
    assert [point.value for point in news.trend] == [0.5, 0.6, 0.7]
    assert message.attributes == {
        "model": "lemons", "severity": "warning", "state": ["firing"], "monitor": ["log_loss"], "id": message.id,
    }  # fmt: skip
    assert Notification.model_validate_json(message.model_dump_json()) == message


def test_one_message_tells_of_everything_that_a_check_moved_the_gravest_first() -> None:
    declared = spec("{flapping: null, monitors: {validity: {severity: critical}}}")
    message = notified(seen("b", monitors=("log_loss", "roc_auc", "validity")), declared)
    assert message.monitors == ["validity", "log_loss", "roc_auc"]
    assert (message.severity, message.states) == ("critical", ["firing"])
    assert "steward acknowledge lemons\n" in message.text


def test_a_message_of_an_end_is_an_all_clear_that_asks_for_nothing() -> None:
    alerts, _ = told(seen("b"), spec())
    message = notified(alerts.with_check(check(1, "g")), spec())
    assert message.subject == "lemons: all clear: resolved: log_loss"
    assert not [command for command in message.commands if "acknowledge" in command]


def test_the_same_news_have_the_same_id_and_other_news_another() -> None:
    one, again, other = (notified(seen(letters), spec()).id for letters in ("gb", "gb", "bb"))
    assert one == again != other


def test_every_format_says_where_the_report_is() -> None:
    message = notified(seen("bbb"), spec())
    assert message.report == REPORT
    assert f"The report: {REPORT}, or `steward report lemons`" in message.text
    assert REPORT in chat_notification(message).content.description
    dated = ReportRendered(**COMMON, page=stored("p.html"), report=stored("p.json"), digest="2 checks")
    told_of = notice(dated, REPORT)
    assert told_of
    assert (told_of.severity, told_of.monitors) == ("info", ["ReportRendered"])
    assert deliverable(told_of)
    assert "2 checks" in told_of.text
    assert REPORT in chat_notification(told_of).content.description


@pytest.mark.parametrize("monitors", [30])
def test_a_message_of_very_many_alerts_fits_into_one_call(monitors: int) -> None:
    declared = spec("{flapping: null, severity: warning}")
    names: tuple[MonitorName, ...] = tuple(sorted(set(ModelSpec.model_fields["monitors"].annotation.model_fields)))[
        :monitors
    ]  # type: ignore[union-attr]
    alerts = seen("g" * 12 + "b", monitors=names)
    long = {
        place: one.model_copy(
            update={
                "findings": {
                    name: found.model_copy(update={"summary": '"x" ' * 250}) for name, found in one.findings.items()
                }
            }
        )
        for place, one in alerts.checks.items()
    }
    switched_on = [name for name in names if getattr(declared.monitors, name) is not None]
    message = notified(alerts.model_copy(update={"checks": long}), declared)
    assert deliverable(message)
    assert len(message.alerts) + message.left_out == len(switched_on)


def news(**changes: tuple[str, str]) -> dict[Any, Announcement]:
    return {
        name: Announcement.model_validate(
            {"change": change, "severity": severity, "version": "v1", "window": window(0), "as_of": START}
        )
        for name, (change, severity) in changes.items()
    }


def knowing(**changes: tuple[str, str]) -> ModelAlerts:
    known = {name: DeliveryState(last=last, sent_at=NOW) for name, last in news(**changes).items()}
    return ModelAlerts(model="lemons", deliveries=known)


@pytest.mark.parametrize(
    ("known", "told_now", "heard"),
    [
        ({}, {"log_loss": ("firing", "warning")}, {"log_loss"}),
        ({}, {"roc_auc": ("firing", "info")}, set()),
        ({"accuracy": ("firing", "warning")}, {"log_loss": ("firing", "warning")}, set()),
        ({"accuracy": ("firing", "warning")}, {"log_loss": ("firing", "critical")}, {"log_loss"}),
        ({"accuracy": ("firing", "info")}, {"log_loss": ("firing", "warning")}, {"log_loss"}),
        ({"validity": ("firing", "warning")}, {"log_loss": ("firing", "warning")}, {"log_loss"}),
        ({"accuracy": ("resolved", "warning")}, {"log_loss": ("firing", "warning")}, {"log_loss"}),
        ({"accuracy": ("firing", "warning")}, {"log_loss": ("resolved", "warning")}, set()),
        ({"accuracy": ("resolved", "warning")}, {"log_loss": ("resolved", "warning")}, {"log_loss"}),
        ({"accuracy": ("firing", "warning")}, {"accuracy": ("escalated", "critical")}, {"accuracy"}),
        ({"accuracy": ("firing", "critical")}, {"log_loss": ("reminder", "warning")}, set()),
        ({}, {"accuracy": ("resolved", "warning"), "log_loss": ("firing", "warning")}, {"log_loss"}),
    ],
)
def test_one_trouble_that_several_monitors_see_is_heard_of_once(known: Any, told_now: Any, heard: set[str]) -> None:
    assert monitors_to_notify(news(**told_now), knowing(**known), "warning") == heard


def test_info_is_heard_of_where_the_declaration_asks_for_it() -> None:
    assert monitors_to_notify(news(roc_auc=("firing", "info")), knowing(), "info") == {"roc_auc"}


EFFECTS = {"inputs": "covariate_shift_effect", "world": "concept_drift_effect"}


def split(part: str, value: float, effect: float, half: float, *, metric: str = "log_loss") -> MetricResult:
    """A part of a change of performance, with an interval of some half width."""
    return MetricResult(
        monitor="performance_decomposition", statistic=f"{EFFECTS[part]}_{metric}", value=value, effect=effect,
        low=value - half, high=value + half, status="measured", message=f"{part}: {value}",
    )  # fmt: skip


def gone_missing(column: str, effect: float) -> MetricResult:
    message = f"`{column}` is missing in {effect:.2%} of 354 rows, 0.00% in the baseline; chance alone does this once"
    return MetricResult(
        monitor="missing_values",
        column=column,
        statistic="missing_share",
        effect=effect,
        status="drift",
        message=message,
    )


DRIFTED = MetricResult(
    monitor="feature_drift", column="age", statistic="s", effect=1.0, status="drift", message="moved"
)


@pytest.mark.parametrize(
    ("results", "cause"),
    [
        ([split("inputs", 0.01, 0.01, 0.005), split("world", 0.09, 0.1, 0.04)], "mostly concept drift: the truth"),
        ([split("inputs", 0.09, 0.09, 0.05), split("world", 0.01, 0.1, 0.04)], "mostly covariate shift; world: 0.01"),
        ([split("inputs", 0.0, 0.0, 0.01), split("world", 0.09, 0.1, 0.1)], ""),  # its interval holds zero
        ([split("inputs", 0.09, 0.09, 0.1), split("world", 0.01, 0.1, 0.04)], ""),  # so does that of the inputs
        ([split("inputs", 0.0, 0.0, 0.01), split("world", -0.09, -0.1, 0.04)], ""),  # log loss fell: it improved
        ([split("inputs", 0.1, 0.1, 0.01)], ""),  # what is expected before the labels is an effect
        ([], ""),
        ([gone_missing("salary", 0.22), gone_missing("age", 0.4), DRIFTED],
         "the data: `age` is missing in 40.00% of 354 rows, 0.00% in the baseline; `salary` is missing in 22.00%"),
        ([gone_missing("salary", 0.22), DRIFTED], ""),  # another column drifted
        ([gone_missing("age", 0.22), DRIFTED, split("world", 0.09, 0.1, 0.04)],
         "mostly concept drift: the truth given the inputs has changed; world: 0.09; the data: `age` is missing"),
        ([gone_missing("age", 0.22), DRIFTED, split("inputs", 0.09, 0.09, 0.05), split("world", 0.01, 0.1, 0.04)],
         ("the data: `age` is missing in 22.00% of 354 rows, 0.00% in the baseline; "
          "mostly covariate shift; world: 0.01")),
        ([gone_missing("salary", 0.22)], ""),  # it is what was found, and nothing follows from it
    ],
)  # fmt: skip
def test_a_cause_is_named_only_where_it_is_known(results: list[MetricResult], cause: str) -> None:
    said = likely_cause(results, "log_loss")
    assert said.startswith(cause) if cause else said == ""
    assert "chance" not in said


def test_a_fall_of_accuracy_is_a_loss_and_a_rise_is_none() -> None:
    fell = [split("world", -0.2, -0.21, 0.05, metric="accuracy")]
    assert likely_cause(fell, "accuracy").startswith("mostly concept drift")
    assert likely_cause([split("world", 0.2, 0.21, 0.05, metric="accuracy")], "accuracy") == ""


@pytest.mark.parametrize("metrics", METRICS.values(), ids=METRICS)
def test_what_is_called_a_loss_is_what_the_metrics_call_one(metrics: Any) -> None:
    known = {name: metric.better for name, metric in metrics.items() if name not in NOT_ESTIMATED}
    assert {name for name, better in known.items() if better == "lower"} == LOSSES & known.keys()


def test_a_message_says_how_many_of_the_last_windows_were_bad() -> None:
    message = notified(with_figures("bgbgbb"), spec())
    assert (message.alerts[0].bad_windows, message.alerts[0].recent_windows) == (4, 6)
    assert "Beyond its limit in 4 of the last 6 windows." in message.text


def test_the_limit_of_volume_is_told_in_rows() -> None:
    few = MetricResult(
        monitor="volume", statistic="rows", value=354, threshold=0.3, p_value=1e-9, effect=-0.5, baseline=708,
        status="breach", message="354 rows",
    )  # fmt: skip
    found = monitor_finding([few], "breach", "354 rows")
    assert (found.value, found.baseline, found.threshold) == (354, 708, pytest.approx(495.6))
    assert found.exceedance == pytest.approx(0.5 / 0.3)
    many = monitor_finding([few.model_copy(update={"effect": 1.0, "value": 1416})], "breach", "")
    assert many.threshold == pytest.approx(920.4)


def test_chat_rooms_get_the_custom_format_and_nothing_is_too_long_for_them() -> None:
    message = notified(with_figures("ggb"), spec()).model_copy(update={"cause": "x" * 9000})
    chat = json.loads(chat_notification(message).model_dump_json())
    assert (chat["version"], chat["source"], chat["id"]) == ("1.0", "custom", message.id)
    content = chat["content"]
    assert content["textType"] == "client-markdown"
    assert "lemons: warning: firing: log_loss" in content["title"]
    assert content["nextSteps"][0] == "`steward acknowledge lemons log_loss`"
    assert len(content["description"]) <= 4000
    assert chat["metadata"]["threadId"] == "lemons-v1"
    assert chat["metadata"]["relatedResources"] == ["checks/lemons/w/c.json"]


@pytest.mark.parametrize(
    ("event", "subject", "said", "severity"),
    [
        (
            RunFailed(**COMMON, run="r1", stage="training", message="too few rows"),
            "lemons: retraining failed",
            "too few rows",
            "warning",
        ),
        (
            BatchRejected(**COMMON, kind="labels", batch="b1", source="inbox/x.csv", code="empty", message="no rows"),
            "lemons: file rejected",
            "inbox/x.csv",
            "warning",
        ),
        (
            ModelRejected(**COMMON, source="specs/lemons.yaml", problems=["line 3: owner", "line 4: task"]),
            "lemons: declaration rejected",
            "line 3: owner\nline 4: task",
            "warning",
        ),
        (
            AuditCompleted(
                **COMMON, audit="a1", passed=False, failed=["ledger_chain"], stored=stored("reports/a1.json")
            ),
            "lemons: audit failed",
            "ledger_chain",
            "critical",
        ),
        (
            AuditCompleted(
                **COMMON,
                audit="a2",
                passed=False,
                failed=["ledger_chain", "licence_known"],
                news=[NewFinding(invariant="licence_known", severity="warning", message="none", remedy="say it")],
                stored=stored("reports/a2.json"),
            ),
            "lemons: audit failed",
            "warning  licence_known: none\n  say it\nInvariants that do not hold: ledger_chain, licence_known",
            "warning",
        ),
        (
            ReleaseChanged(**COMMON, run="r1", version="v2", previous="v1", stage="champion", summary="gains 0.02"),
            "lemons: champion is now v2",
            "gains 0.02",
            "info",
        ),
    ],
)
def test_people_hear_of_what_needs_them(event: Event, subject: str, said: str, severity: str) -> None:
    message = notice(event, REPORT)
    assert message is not None
    assert message.subject == subject
    assert said in message.text
    assert "chain-1" in message.text
    assert message.attributes == {
        "model": "lemons", "severity": severity, "state": ["notice"], "monitor": [type(event).__name__],
        "id": event.event_id,
    }  # fmt: skip


@pytest.mark.parametrize(
    "event",
    [
        BatchIngested(**COMMON, kind="labels", batch="b", source="s", rows=1, rejected_rows=0, windows=[]),
        AuditCompleted(**COMMON, audit="a1", passed=True, failed=[], stored=stored()),
        AuditCompleted(**COMMON, audit="a2", passed=False, failed=["ledger_chain"], news=[], stored=stored()),
        ReleaseChanged(**COMMON, run="r1", version="v2", previous="v1", stage="refused", summary="no better"),
    ],
)
def test_people_do_not_hear_of_what_goes_its_way(event: Event) -> None:
    assert notice(event, REPORT) is None


@given(st.text(), st.text())
def test_whatever_the_names_the_message_can_be_delivered(model: str, version: str) -> None:
    common = COMMON | {"model": model}
    message = notice(
        ReleaseChanged(**common, run="r", version=version, previous=None, stage="champion", summary=""), REPORT
    )
    assert message is not None
    assert deliverable(message)


def test_a_long_subject_is_cut_and_shows_it() -> None:
    message = notice(RunFailed(**COMMON | {"model": "m" * 200}, run="r", stage="training", message="x"), REPORT)
    assert message is not None
    assert len(message.subject) == 99
    assert message.subject.endswith("...")


def test_a_figure_whose_interval_holds_what_is_usual_is_back() -> None:
    far = MonitorFinding(status="ok", exceedance=0.9, value=0.55, baseline=0.52, low=0.5, high=0.6)
    assert far.recovered(0.5)
    assert not far.model_copy(update={"low": 0.53}).recovered(0.5)
