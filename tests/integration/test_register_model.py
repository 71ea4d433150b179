"""`register_model`: the declaration in force, and schedules that agree with it."""

import json
from datetime import timedelta

import pytest

from steward import aws
from steward.events import CheckCompleted, ModelRegistered, ModelRejected
from tests.integration import lemons

from .deployment import BUS, Deployment


def schedules() -> dict[str, str]:
    """The expression of every schedule."""
    names = [schedule["Name"] for schedule in aws.scheduler().list_schedules(GroupName=BUS)["Schedules"]]
    return {name: aws.scheduler().get_schedule(GroupName=BUS, Name=name)["ScheduleExpression"] for name in names}


def declare(steward: Deployment, schedules: str) -> ModelRegistered:
    steward.upload("specs/lemons.yaml", lemons.SPEC.replace("{check: rate(1 hour), audit: null}", schedules))
    (event,) = steward.settle()
    assert isinstance(event, ModelRegistered)
    return event


def test_schedules_are_created_changed_and_deleted_to_agree_with_the_declaration(steward: Deployment) -> None:
    declare(steward, "{}")
    assert schedules() == {
        "lemons-check": "rate(1 hour)", "lemons-audit": "rate(1 day)", "lemons-attribute": "rate(1 day)",
        "lemons-defects": "rate(1 hour)", "lemons-maintain": "rate(1 day)",
    }  # fmt: skip
    declare(
        steward,
        "{check: rate(2 hours), retrain: 'cron(0 3 ? * MON *)', attribute: null, defects: null, maintain: null, "
        "timezone: Europe/Vienna}",
    )
    assert schedules() == {
        "lemons-check": "rate(2 hours)", "lemons-retrain": "cron(0 3 ? * MON *)", "lemons-audit": "rate(1 day)",
    }  # fmt: skip
    retrain = aws.scheduler().get_schedule(GroupName=BUS, Name="lemons-retrain")
    assert retrain["ScheduleExpressionTimezone"] == "Europe/Vienna"
    assert retrain["Target"]["Arn"] == steward.arns["kick_retraining"]
    assert retrain["Target"]["DeadLetterConfig"]["Arn"] == steward.arns["undelivered_events"]
    declare(steward, "{check: null, audit: null, attribute: null, defects: null, maintain: null}")
    assert schedules() == {}


def test_a_model_with_resources_has_them_collected(steward: Deployment) -> None:
    declare(
        steward,
        "{check: null, audit: null, attribute: null, defects: null, maintain: null}\n"
        "resources: [{type: lambda_function, name: lemons}]",
    )
    assert schedules() == {"lemons-collect": "rate(15 minutes)"}
    collection = aws.scheduler().get_schedule(GroupName=BUS, Name="lemons-collect")
    assert collection["Target"]["Arn"] == steward.arns["collect_resources"]
    assert json.loads(collection["Target"]["Input"])["detail-type"] == "CollectionRequested"
    declare(
        steward,
        "{check: null, audit: null, attribute: null, defects: null, maintain: null, collect: rate(1 hour)}\n"
        "resources: [{type: lambda_function, name: lemons}]",
    )
    assert schedules() == {"lemons-collect": "rate(1 hour)"}
    declare(steward, "{check: null, audit: null, attribute: null, defects: null, maintain: null}")
    assert schedules() == {}


def test_what_a_schedule_sends_is_understood_by_its_function(trained: Deployment) -> None:
    declare(trained, "{check: rate(3 hours), audit: rate(1 day), retrain: rate(7 days)}")
    sold = lemons.sales(1, first_day=14, rows_a_day=50)
    trained.clock.now = lemons.START + 15 * 24 * lemons.HOUR - timedelta(hours=1)  # its window is still open
    trained.upload("inbox/lemons/predictions/a.csv", lemons.csv(lemons.predictions(sold, trained.champion("lemons"))))
    trained.settle()
    assert not trained.told(CheckCompleted)
    functions = {
        "audit": "audit_models",
        "retrain": "kick_retraining",
        "attribute": "attribute_features",
        "check": "check_window",
        "defects": "track_defects",
    }
    for purpose, function in functions.items():
        due = json.loads(aws.scheduler().get_schedule(GroupName=BUS, Name=f"lemons-{purpose}")["Target"]["Input"])
        assert due["detail"]["as_of"] == "<aws.scheduler.scheduled-time>"
        trained.clock.now = lemons.START + 16 * 24 * lemons.HOUR
        filled = json.dumps(due).replace("<aws.scheduler.scheduled-time>", trained.clock.now.isoformat())
        for body in (filled, json.dumps(due)):  # some emulators leave the placeholder
            assert trained.invoke(function, body) == {"batchItemFailures": []}
    kinds = {type(event).__name__ for event in trained.settle()}
    assert {"AuditCompleted", "TrainingDeclined", "AttributionsUpdated", "CheckCompleted"} <= kinds
    assert {event.window for event in trained.told(CheckCompleted)} == {
        "20240115T000000Z_1d",
        "20240116T000000Z_1d",  # closed without a record, which a sweep notes too
    }


def test_the_same_declaration_again_makes_no_new_revision(steward: Deployment) -> None:
    first = declare(steward, "{}")
    again = declare(steward, "{check: rate(1 hour)}")
    assert again.revision == first.revision == "000001"
    assert again.spec == first.spec
    assert declare(steward, "{check: rate(2 hours)}").revision == "000002"
    assert declare(steward, "{}").revision == "000003"
    assert steward.keys("models/lemons/specs/") == [f"models/lemons/specs/{number:06}.json" for number in (1, 2, 3)]


def test_an_older_upload_that_is_told_of_late_changes_nothing(steward: Deployment) -> None:
    older = steward.upload("specs/lemons.yaml", lemons.SPEC.replace("rate(1 hour)", "rate(5 hours)"))
    aws.sqs().purge_queue(QueueUrl=steward.queues["register_model"])
    declare(steward, "{check: rate(1 hour), audit: null}")
    steward.invoke("register_model", steward.message_of("specs/lemons.yaml", older))
    assert steward.keys("models/lemons/specs/") == ["models/lemons/specs/000001.json"]
    assert schedules() == {
        "lemons-check": "rate(1 hour)", "lemons-attribute": "rate(1 day)", "lemons-defects": "rate(1 hour)",
        "lemons-maintain": "rate(1 day)",
    }  # fmt: skip


def test_a_redelivered_declaration_is_recorded_once(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    events = steward.settle(redeliver=3)
    assert len({event.event_id for event in events}) == 1
    assert [entry.action for entry in steward.entries("lemons")] == ["model_registered"]


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("{length: 1d}", "{length: 1h}", "window.length: was 1d"),
        ("id: sale", "id: deal", "columns.id: was sale"),
        ("mileage: numeric", "mileage: categorical", "features.mileage: was numeric"),
    ],
)
def test_a_change_that_would_make_stored_records_unreadable_is_refused(
    steward: Deployment, before: str, after: str, problem: str
) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    steward.upload("specs/lemons.yaml", lemons.SPEC.replace(before, after))
    steward.settle()
    (event,) = steward.told(ModelRejected)
    assert problem in event.problems[0]
    assert "another name" in event.problems[0]
    assert steward.keys("models/lemons/specs/") == ["models/lemons/specs/000001.json"]


def test_a_schedule_may_be_put_off_and_tests_the_champion(steward: Deployment) -> None:
    declare(
        steward,
        "{check: null, audit: null, attribute: null, defects: null, maintain: null, test: rate(7 days), flexible: 15m}",
    )
    scheduled = aws.scheduler().get_schedule(GroupName=BUS, Name="lemons-test")
    assert scheduled["FlexibleTimeWindow"] == {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 15}
    assert scheduled["Target"]["Arn"] == steward.arns["validate_model"]


@pytest.mark.parametrize(
    ("schedules", "problem"),
    [
        ("{timezone: Europe/Wien}", "schedules.timezone: 'Europe/Wien' is no time zone"),
        ("{retrain: 'cron(0 3 31 2 ? *)'}", "never falls due"),
        ("{check: rate(0 hours)}", "is no rate"),
        ("{check: rate(90 seconds)}", "is no rate"),
        ("{audit: at(2024-02-30T00:00:00)}", "is no moment"),
        ("{flexible: 25h}", "a day at most"),
        ("{flexible: 90s}", "whole number of minutes"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_the_reason(
    steward: Deployment, schedules: str, problem: str
) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC.replace("{check: rate(1 hour), audit: null}", schedules))
    (event,) = steward.settle()
    assert isinstance(event, ModelRejected)
    assert problem in event.problems[0]
    assert aws.scheduler().list_schedules(GroupName=BUS)["Schedules"] == []


def test_a_schedule_group_that_is_gone_is_made_again(steward: Deployment) -> None:
    aws.scheduler().delete_schedule_group(Name=BUS)
    declare(steward, "{check: rate(2 hours), audit: null, attribute: null, defects: null, maintain: null}")
    assert schedules() == {"lemons-check": "rate(2 hours)"}


def test_the_longest_name_of_a_model_leaves_room_for_those_of_its_schedules(steward: Deployment) -> None:
    longest = "m" * 54
    steward.upload(f"specs/{longest}.yaml", lemons.SPEC.replace("model: lemons", f"model: {longest}"))
    steward.settle()
    assert not steward.errors, steward.errors
    assert f"{longest}-attribute" in schedules()
    assert max(map(len, schedules())) <= 64
    steward.upload(f"specs/{longest}m.yaml", lemons.SPEC.replace("model: lemons", f"model: {longest}m"))
    steward.settle()
    assert f"{longest}m-check" not in schedules()
