"""`steward doctor` on the deployed stack, and the watch that puts schedules back under its own role."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from steward.events import DeploymentDegraded, DeploymentRecovered
from tests.integration import lemons

from .deployed import PATIENCE, Deployed
from .test_commands import run

MODEL = "medlars"


@pytest.fixture(scope="module")
def declared(listening: Deployed) -> Deployed:
    """A declared model; nothing is uploaded for it."""
    listening.upload(f"specs/{MODEL}.yaml", lemons.SPEC.replace("model: lemons", f"model: {MODEL}"))
    listening.rest()
    return listening


def doctor(deployed: Deployed) -> tuple[int, str]:
    """What the command says, without line breaks, and its exit code."""
    said = run(deployed.stack.environment, "doctor")
    assert said.returncode in (0, 1), said.stderr
    return said.returncode, said.stdout


def physical(deployed: Deployed, logical: str) -> str:
    """The physical id of a resource."""
    found = deployed.client("cloudformation").describe_stack_resource(
        StackName=deployed.stack.name, LogicalResourceId=logical
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"]).rpartition("|")[2]


@contextmanager
def rule_off(deployed: Deployed) -> Iterator[None]:
    events, name = deployed.client("events"), physical(deployed, "TrackDefectsRule")
    events.disable_rule(Name=name, EventBusName=deployed.stack.outputs["BusName"])
    yield
    events.enable_rule(Name=name, EventBusName=deployed.stack.outputs["BusName"])


@contextmanager
def queue_without_policy(deployed: Deployed) -> Iterator[None]:
    url = deployed.queue("CheckWindow")
    kept = deployed.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    yield
    deployed.sqs.set_queue_attributes(QueueUrl=url, Attributes=kept)


@contextmanager
def notifications_off(deployed: Deployed) -> Iterator[None]:
    put: Callable[..., Any] = deployed.s3.put_bucket_notification_configuration
    put(Bucket=deployed.data, NotificationConfiguration={})
    yield
    put(Bucket=deployed.data, NotificationConfiguration={"EventBridgeConfiguration": {}})


@contextmanager
def role_narrowed(deployed: Deployed) -> Iterator[None]:
    iam, role = deployed.client("iam"), physical(deployed, "TrackDefectsRole")
    document = iam.get_role_policy(RoleName=role, PolicyName="track-defects")["PolicyDocument"]
    left = {**document, "Statement": [one for one in document["Statement"] if one["Sid"] != "Write"]}
    iam.put_role_policy(RoleName=role, PolicyName="track-defects", PolicyDocument=json.dumps(left))
    yield
    iam.put_role_policy(RoleName=role, PolicyName="track-defects", PolicyDocument=json.dumps(document))


@contextmanager
def schedule_deleted(deployed: Deployed) -> Iterator[None]:
    """It comes back by the watch, which the message of an hour that is over wakes."""
    scheduler, group = deployed.client("scheduler"), deployed.stack.outputs["ScheduleGroupName"]
    scheduler.delete_schedule(Name=f"{MODEL}-check", GroupName=group)
    yield
    tick(deployed)


SABOTAGES = {
    f"the schedule {MODEL}-check is gone": schedule_deleted,
    "the rule TrackDefectsRule is switched off": rule_off,
    "the queue policy QueuesPolicy-CheckWindowQueue is missing": queue_without_policy,
    "its notifications to EventBridge are off": notifications_off,
    "the role TrackDefectsRole may do something else": role_narrowed,
}
"""The schedule is mended last: the watch that puts it back is to find nothing else."""


def test_a_sound_stack_has_nothing_wrong(declared: Deployed) -> None:
    code, said = doctor(declared)
    assert code == 0, said


def test_the_doctor_finds_each_sabotage_of_the_stack_until_it_is_mended(declared: Deployed) -> None:
    with ExitStack() as sabotaged:
        for sabotage in SABOTAGES.values():
            sabotaged.enter_context(sabotage(declared))
        code, said = doctor(declared)
    assert code == 1
    assert [sentence for sentence in SABOTAGES if sentence not in said.replace("The ", "the ")] == [], said
    assert "  aws " in said
    code, said = doctor(declared)
    assert code == 0, said


def tick(deployed: Deployed) -> None:
    """An hour is over, and the watch has looked."""
    body = json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
    deployed.send("WatchDeployment", body)
    deployed.rest()


def test_the_watch_tells_people_and_puts_a_schedule_back_under_its_own_role(declared: Deployed) -> None:
    scheduler, group = declared.client("scheduler"), declared.stack.outputs["ScheduleGroupName"]
    scheduler.delete_schedule(Name=f"{MODEL}-defects", GroupName=group)
    began = datetime.now(UTC)
    tick(declared)
    unwell = declared.first(
        lambda: (event for event in declared.told(DeploymentDegraded) if f"{MODEL}-defects" in event.problems[0].cause)
    )
    assert unwell.as_of >= began.replace(microsecond=0)
    assert scheduler.get_schedule(Name=f"{MODEL}-defects", GroupName=group)["State"] == "ENABLED"
    declared.first(lambda: (note for note in declared.notifications if note.subject.startswith("Steward is unwell")))
    time.sleep(1)  # the queue tells when a message came by the millisecond, and the correlation id by the second
    tick(declared)
    declared.first(lambda: declared.told(DeploymentRecovered), PATIENCE)
