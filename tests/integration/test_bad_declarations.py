"""A declaration that cannot be used is refused, line by line; the one in force stays in force."""

import json
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from steward import aws
from steward.events import ModelRegistered, ModelRejected
from tests.integration import lemons

from .deployment import BUS, Deployment


def refused(steward: Deployment, body: str, key: str = "specs/lemons.yaml") -> ModelRejected:
    """Upload what must be refused; all hear of it, and nothing else changes."""
    before = steward.contents("models/")
    version_id = steward.upload(key, body)
    (event,) = steward.settle()
    assert isinstance(event, ModelRejected)
    assert not steward.failures
    assert event.source == key
    assert steward.contents("models/") == before
    stored = aws.s3().get_object(Bucket=steward.data, Key=key, VersionId=version_id)["Body"].read()
    assert stored == body.encode()
    (entry,) = [entry for entry in steward.entries(event.model) if entry.identity == event.event_id]
    assert (entry.action, entry.summary) == ("model_rejected", "; ".join(event.problems))
    assert steward.notified() == [event.event_id]
    text = json.loads(steward.notifications[-1]["Message"])["text"]
    assert all(problem in text for problem in event.problems)
    return event


def test_a_monitor_that_does_not_exist_is_named_with_line_and_column(trained: Deployment) -> None:
    event = refused(trained, lemons.SPEC + "monitors: {roc_auk: {tolerance: 0.1}}\n")
    line = lemons.SPEC.count("\n") + 1
    assert event.problems == [f"line {line}, column 12: monitors.roc_auk: no such setting; is it roc_auc?"]


def test_a_policy_that_names_an_absent_monitor_is_told_with_line_and_column(trained: Deployment) -> None:
    event = refused(trained, lemons.SPEC.replace("[roc_auc, log_loss, feature_drift]", "[roc_auc, log_los]"))
    (problem,) = event.problems
    assert problem.startswith("line 18, column 24: retraining.on_alerts.1: ")
    assert "'log_los' is none of the choices; choose one of log_loss, " in problem


def test_a_column_given_two_roles(trained: Deployment) -> None:
    (problem,) = refused(trained, lemons.SPEC.replace("score: risk", "score: sale")).problems
    assert problem.startswith("line 5, column ")
    assert "column sale is given two roles" in problem


def test_a_feature_that_is_the_label(trained: Deployment) -> None:
    (problem,) = refused(trained, lemons.SPEC.replace("  mileage: numeric", "  lemon: numeric")).problems
    assert "lemon is both a column with a role and a feature" in problem


def test_missing_parts_are_named(trained: Deployment) -> None:
    (problem,) = refused(trained, lemons.SPEC.replace("id: sale, ", "")).problems
    assert problem == "line 5, column 1: columns.id: is missing"


def test_all_problems_are_told_at_once(trained: Deployment) -> None:
    body = lemons.SPEC.replace("mileage: numeric", "mileage: number").replace("cool_down: 3d", "cool_down: soon")
    problems = refused(trained, body).problems
    assert [problem.split(":")[0] for problem in problems] == ["line 8, column 3", "line 16, column 3"]


@pytest.mark.parametrize("body", ["model: [lemons\n", "just words\n", "", "\x00\x01", "a: &a {b: *a}\n"])
def test_what_is_not_yaml_is_told_where(trained: Deployment, body: str) -> None:
    assert refused(trained, body).problems


def test_a_declaration_of_another_model(trained: Deployment) -> None:
    event = refused(trained, lemons.SPEC, "specs/oranges.yaml")
    assert event.problems == ["the file declares model 'lemons'; upload it as specs/lemons.yaml"]


@pytest.mark.parametrize("key", ["specs/lemons.yml", "specs/team/lemons.yaml", "specs/lemons", "specs/lemons.yaml.gz"])
def test_a_declaration_in_a_wrong_place(trained: Deployment, key: str) -> None:
    (problem,) = refused(trained, lemons.SPEC, key).problems
    assert "specs/<model>.yaml" in problem


def test_a_model_name_that_no_key_can_hold(trained: Deployment) -> None:
    (problem,) = refused(trained, lemons.SPEC.replace("model: lemons", "model: Lemons!"), "specs/Lemons!.yaml").problems
    assert problem.startswith("line 1, column 1: model: ")


def test_something_that_is_no_schedule(trained: Deployment) -> None:
    (problem,) = refused(trained, lemons.SPEC.replace("rate(1 hour)", "hourly")).problems
    assert problem.startswith("line 11, column 13: schedules.check: ")


def refusing(expression: str) -> Any:
    """EventBridge Scheduler, which refuses one expression (moto takes them all)."""
    client = aws.scheduler()

    def unless_bad(call: Any) -> Any:
        def checked(**wanted: Any) -> Any:
            if wanted["ScheduleExpression"] == expression:
                answer = {"Error": {"Code": "ValidationException", "Message": "Invalid Schedule Expression."}}
                raise ClientError(answer, "CreateSchedule")  # type: ignore[arg-type]
            return call(**wanted)

        return checked

    return patch.multiple(
        client,
        create_schedule=unless_bad(client.create_schedule),
        update_schedule=unless_bad(client.update_schedule),
    )


def schedules() -> dict[str, str]:
    """The expression of every schedule."""
    listed = aws.scheduler().list_schedules(GroupName=BUS)["Schedules"]
    names = [schedule["Name"] for schedule in listed]
    return {name: aws.scheduler().get_schedule(GroupName=BUS, Name=name)["ScheduleExpression"] for name in names}


BAD = "cron(0 3 ? * 2#5 *)"


def test_a_schedule_that_the_scheduler_refuses_leaves_the_schedules_in_force(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    before = schedules()
    assert before == {
        "lemons-attribute": "rate(1 day)",
        "lemons-check": "rate(1 hour)",
        "lemons-defects": "rate(1 hour)",
        "lemons-maintain": "rate(1 day)",
    }
    body = lemons.SPEC.replace("check: rate(1 hour), audit: null", f"check: rate(2 hours), audit: '{BAD}'")
    with refusing(BAD):
        (problem,) = refused(steward, body).problems
    assert problem == f"schedules: EventBridge Scheduler refuses '{BAD}' in UTC: Invalid Schedule Expression."
    assert schedules() == before


def test_a_refused_first_declaration_leaves_no_schedule(steward: Deployment) -> None:
    body = lemons.SPEC.replace("check: rate(1 hour), audit: null", f"check: rate(2 hours), audit: '{BAD}'")
    with refusing(BAD):
        refused(steward, body)
    assert schedules() == {}


def test_a_mended_declaration_is_accepted(steward: Deployment) -> None:
    refused(steward, lemons.SPEC.replace("owner", "onwer"))
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    (event,) = steward.settle()
    assert isinstance(event, ModelRegistered)
    assert event.revision == "000001"
