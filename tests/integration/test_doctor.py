"""`steward doctor` on the template's own resources: what a saboteur did is found, named, and mended by what it says."""

import json
import os
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from steward import aws
from steward.cli.doctor import diagnose
from steward.events import Problem
from steward.repositories import model_schedules, models
from steward.runtime import ScheduleSettings
from steward.selfcheck.last_watch import LastWatch
from steward.selfcheck.schema_versions import SchemaVersions
from steward.selfcheck.template import DeployedStack, resources
from steward.spec.document import read_spec
from steward.store import deployment
from tests.integration import lemons
from tests.integration.notifications import notifications_shown
from tests.nightly import nightly

from .moto_directly import answered_directly
from .moto_urls import urls_worked_out_once
from .stack import create, name_of

CLIENTS = (aws.s3, aws.events, aws.sns, aws.sqs, aws.scheduler, aws.cloudwatch, aws.functions, aws.iam)
NOW = datetime.now(UTC)


@pytest.fixture(scope="module", autouse=True)
def _own_clients() -> Iterator[None]:
    for client in CLIENTS:
        client.cache_clear()
    yield
    for client in CLIENTS:
        client.cache_clear()


@pytest.fixture
def stack() -> Iterator[DeployedStack]:
    """A sound deployment with one declared model, whose schedules are there."""
    environment = {"AWS_ACCESS_KEY_ID": "t", "AWS_SECRET_ACCESS_KEY": "t", "AWS_DEFAULT_REGION": "us-east-1"}
    with (
        patch.dict(os.environ, environment),
        mock_aws(config={"lambda": {"use_docker": False}}),
        urls_worked_out_once(),
        answered_directly(),
        patch.object(FakeBucket, "get_permission", lambda *_: PermissionResult.NEUTRAL),  # moto reads no conditions
    ):
        made = create()
        spec = read_spec(lemons.SPEC.encode())
        revision = models.SpecRevision(revision="000001", source_version_id="1", spec=spec)
        aws.s3().put_object(
            Bucket=made.physical["DataBucket"],
            Key="models/lemons/specs/000001.json",
            Body=revision.model_dump_json().encode(),
        )
        model_schedules.reconcile(settings(made), spec)
        with notifications_shown():
            yield made


def settings(stack: DeployedStack) -> ScheduleSettings:
    return ScheduleSettings.model_validate(resources(stack)["RegisterModel"].properties["Environment"]["Variables"])


def causes(stack: DeployedStack, at: datetime = NOW) -> dict[str, Problem]:
    return {trouble.cause: trouble for trouble in diagnose(stack, at)}


def test_a_sound_deployment_has_nothing_wrong(stack: DeployedStack) -> None:
    assert causes(stack) == {}


def test_what_s3_does_not_copy_to_a_replica_is_found(stack: DeployedStack) -> None:
    arns = {"ReplicaDataBucketArn": "arn:aws:s3:::data", "ReplicaLedgerBucketArn": "arn:aws:s3:::ledger"}
    physical = {**stack.physical, "ReplicationRole": "deleted"}
    replicated = replace(stack, parameters={**stack.parameters, **arns}, physical=physical)
    watched = LastWatch(at=NOW - timedelta(minutes=50))
    body = watched.model_dump_json().encode()
    aws.s3().put_object(Bucket=stack.physical["DataBucket"], Key="watch/last.json", Body=body)
    with patch("steward.store.bucket_protection.replication_status", return_value="FAILED"):
        assert {"DataBucket-replication", "LedgerBucket-replication"} <= causes(replicated).keys()
        assert causes(stack) == {}
    with patch("steward.store.bucket_protection.replication_status", return_value="COMPLETED"):
        assert not any(cause.endswith("-replication") for cause in causes(replicated))


def rule_off(stack: DeployedStack) -> None:
    bus, name = name_of(stack, "CheckWindowRule")
    aws.events().disable_rule(Name=name, EventBusName=bus)


def rule_without_target(stack: DeployedStack) -> None:
    bus, name = name_of(stack, "RaiseAlertsRule")
    aws.events().remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])


def rule_of_other_events(stack: DeployedStack) -> None:
    bus, name = name_of(stack, "TrainModelRule")
    aws.events().put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["nobody"]}))


def queue_without_policy(stack: DeployedStack) -> None:
    aws.sqs().set_queue_attributes(QueueUrl=stack.physical["IngestRecordsQueue"], Attributes={"Policy": ""})


def queue_with_other_dead_letters(stack: DeployedStack) -> None:
    other = resources(stack)["RaiseAlertsQueue"].properties["RedrivePolicy"]
    queue = stack.physical["JoinLabelsQueue"]
    kept = aws.sqs().get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]
    aws.sqs().set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": json.dumps(other)})
    aws.sqs().set_queue_attributes(QueueUrl=queue, Attributes={"Policy": kept["Policy"]})  # moto forgets it


def schedule_deleted(stack: DeployedStack) -> None:
    aws.scheduler().delete_schedule(Name="lemons-check", GroupName=stack.physical["Schedules"])


def schedule_changed(stack: DeployedStack) -> None:
    group = stack.physical["Schedules"]
    known = aws.scheduler().get_schedule(Name="lemons-check", GroupName=group)
    aws.scheduler().update_schedule(
        Name="lemons-check",
        GroupName=group,
        ScheduleExpression="rate(30 days)",
        FlexibleTimeWindow=known["FlexibleTimeWindow"],
        Target=known["Target"],
    )


def schedule_off(stack: DeployedStack) -> None:
    group = stack.physical["Schedules"]
    known = aws.scheduler().get_schedule(Name="lemons-check", GroupName=group)
    aws.scheduler().update_schedule(
        Name="lemons-check",
        GroupName=group,
        State="DISABLED",
        ScheduleExpression=known["ScheduleExpression"],
        FlexibleTimeWindow=known["FlexibleTimeWindow"],
        Target=known["Target"],
    )


def group_deleted(stack: DeployedStack) -> None:
    aws.scheduler().delete_schedule_group(Name=stack.physical["Schedules"])


def notifications_off(stack: DeployedStack) -> None:
    aws.s3().put_bucket_notification_configuration(Bucket=stack.physical["DataBucket"], NotificationConfiguration={})


def versioning_off(stack: DeployedStack) -> None:
    aws.s3().put_bucket_versioning(
        Bucket=stack.physical["LedgerBucket"], VersioningConfiguration={"Status": "Suspended"}
    )


def role_narrowed(stack: DeployedStack) -> None:
    role = stack.physical["CheckWindowRole"]
    document = aws.iam().get_role_policy(RoleName=role, PolicyName="check-window")["PolicyDocument"]
    document["Statement"] = [one for one in document["Statement"] if one["Sid"] != "Write"]
    aws.iam().put_role_policy(RoleName=role, PolicyName="check-window", PolicyDocument=json.dumps(document))


def managed_policy_detached(stack: DeployedStack) -> None:
    aws.iam().detach_role_policy(RoleName=stack.physical["TrainModelRole"], PolicyArn=stack.physical["EveryFunction"])


def event_source_off(stack: DeployedStack) -> None:
    aws.functions().update_event_source_mapping(UUID=stack.physical["KickRetrainingMessages"], Enabled=False)


def nobody_subscribed(stack: DeployedStack) -> None:
    aws.sns().unsubscribe(SubscriptionArn=stack.physical["AlertEmailSubscription"])


def environment_changed(stack: DeployedStack) -> None:
    aws.functions().update_function_configuration(
        FunctionName=stack.physical["RaiseAlerts"], Environment={"Variables": {"STEWARD_BUS": "another"}}
    )


def layers_removed(stack: DeployedStack) -> None:
    aws.functions().update_function_configuration(FunctionName=stack.physical["ValidateModel"], Layers=[])


def alarm_silenced(stack: DeployedStack) -> None:
    aws.cloudwatch().disable_alarm_actions(AlarmNames=[stack.physical["SelfCheckMissing"]])


def alarm_deleted(stack: DeployedStack) -> None:
    aws.cloudwatch().delete_alarms(AlarmNames=[stack.physical["AlertsFail"]])


def dead_letter(stack: DeployedStack) -> None:
    aws.sqs().send_message(QueueUrl=stack.physical["CheckWindowDeadLetters"], MessageBody="{}")


def window_unchecked(stack: DeployedStack) -> None:
    closed = (NOW - timedelta(days=3)).strftime("%Y%m%dT000000Z_1d")
    aws.s3().put_object(Bucket=stack.physical["DataBucket"], Key=f"profiles/lemons/v1/{closed}/batch.json", Body=b"{}")


SABOTAGES: dict[str, tuple[Callable[[DeployedStack], None], str, str]] = {
    "a rule is off": (rule_off, "CheckWindowRule-enabled", "aws events enable-rule"),
    "a rule has no target": (rule_without_target, "RaiseAlertsRule-targets", "aws events put-targets"),
    "a rule lets other events through": (rule_of_other_events, "TrainModelRule-pattern", "REVERT_DRIFT"),
    "a queue has no policy": (
        queue_without_policy,
        "QueuesPolicy-IngestRecordsQueue-policy",
        "aws sqs set-queue-attributes",
    ),
    "a queue has another dead-letter queue": (queue_with_other_dead_letters, "JoinLabelsQueue-redrive", "REVERT_DRIFT"),
    "a schedule is deleted": (schedule_deleted, "schedule-lemons-check", "aws s3 cp"),
    "a schedule is changed": (schedule_changed, "schedule-lemons-check", "aws s3 cp"),
    "a schedule is off": (schedule_off, "schedule-lemons-check", "aws s3 cp"),
    "the schedule group is deleted": (group_deleted, "Schedules-gone", "aws scheduler create-schedule-group"),
    "notifications are off": (notifications_off, "DataBucket-notifications", "put-bucket-notification-configuration"),
    "versioning is off": (versioning_off, "LedgerBucket-versioning", "put-bucket-versioning"),
    "a role is narrowed": (role_narrowed, "CheckWindowRole-policies", "aws iam put-role-policy"),
    "a managed policy is detached": (managed_policy_detached, "TrainModelRole-managed", "REVERT_DRIFT"),
    "an event source is off": (event_source_off, "KickRetrainingMessages-enabled", "update-event-source-mapping"),
    "nobody subscribed": (nobody_subscribed, "AlertTopic-silent", "aws sns subscribe"),
    "a function's settings are changed": (environment_changed, "RaiseAlerts-environment", "--environment"),
    "a function's layers are removed": (layers_removed, "ValidateModel-layers", "--layers arn:"),
    "an alarm is silenced": (alarm_silenced, "SelfCheckMissing-notifies", "enable-alarm-actions"),
    "an alarm is deleted": (alarm_deleted, "AlertsFail-gone", "REVERT_DRIFT"),
    "a message is dead": (dead_letter, "CheckWindowDeadLetters-messages", "steward redrive check_window"),
    "a window is unchecked": (window_unchecked, "unchecked-lemons", "steward check lemons"),
}


OF_SCHEDULES = (
    "a schedule is deleted", "a schedule is changed", "a schedule is off", "the schedule group is deleted",
)  # fmt: skip
"""Of these one hides another, and what follows from them."""


@pytest.mark.parametrize("minutes", [9, 11])
def test_an_upload_that_is_in_work_for_long_is_told(stack: DeployedStack, minutes: int) -> None:
    name = stack.physical["IngestRecordsQueue"].rsplit("/", 1)[-1]
    aws.cloudwatch().put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": name}],
                "Timestamp": NOW - timedelta(minutes=2),
                "Value": 60.0 * minutes,
            }
        ],
    )
    with patch.object(deployment, "messages", lambda url: int(name in url)):  # moto hands messages over at once
        found = causes(stack)
    assert set(found) == ({"IngestRecordsQueue-age"} if minutes > 10 else set())
    assert all("waits or is in work for more than 10m" in trouble.sentence for trouble in found.values())


def test_the_doctor_finds_each_of_many_sabotages_and_nothing_else(stack: DeployedStack) -> None:
    known: set[str] = set()
    for act, cause, command in (SABOTAGES[sabotage] for sabotage in SABOTAGES if sabotage not in OF_SCHEDULES):
        act(stack)
        found = causes(stack)
        assert set(found) - known == {cause}
        assert known < set(found)
        assert command in found[cause].remedy
        assert found[cause].sentence.endswith(".")
        known = set(found)


@pytest.mark.parametrize("sabotage", [OF_SCHEDULES[0], *nightly(*(one for one in SABOTAGES if one != OF_SCHEDULES[0]))])
def test_the_doctor_finds_a_sabotage_and_nothing_else(stack: DeployedStack, sabotage: str) -> None:
    act, cause, command = SABOTAGES[sabotage]
    act(stack)
    found = causes(stack)
    assert set(found) == {cause}
    assert command in found[cause].remedy
    assert found[cause].sentence.endswith(".")


def test_the_command_for_a_queue_without_policy_carries_the_policy_itself(stack: DeployedStack) -> None:
    queue_without_policy(stack)
    words = shlex.split(causes(stack)["QueuesPolicy-IngestRecordsQueue-policy"].remedy)
    attributes = json.loads(words[words.index("--attributes") + 1])
    aws.sqs().set_queue_attributes(QueueUrl=words[words.index("--queue-url") + 1], Attributes=attributes)
    assert causes(stack) == {}


def test_the_command_for_a_narrowed_role_carries_the_policy_itself(stack: DeployedStack) -> None:
    role_narrowed(stack)
    words = shlex.split(causes(stack)["CheckWindowRole-policies"].remedy)
    said = {name: words[words.index(f"--{name}") + 1] for name in ("role-name", "policy-name", "policy-document")}
    aws.iam().put_role_policy(
        RoleName=said["role-name"], PolicyName=said["policy-name"], PolicyDocument=said["policy-document"]
    )
    assert causes(stack) == {}


def test_a_resource_that_may_not_be_looked_at_is_an_error_and_no_finding(stack: DeployedStack) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListRolePolicies")
    with patch.object(aws.iam(), "list_role_policies", side_effect=denied), pytest.raises(ClientError):
        causes(stack)


def test_a_stack_older_than_its_store_is_found(stack: DeployedStack) -> None:
    versions = SchemaVersions().with_release({"Routing": 2}).with_release({"Routing": 1})
    bucket = stack.physical["DataBucket"]
    aws.s3().put_object(Bucket=bucket, Key="watch/schema-versions.json", Body=versions.model_dump_json().encode())
    (problem,) = diagnose(stack, NOW)
    assert "Routing of schema version 2 (this stack reads 1)" in problem.sentence
    assert "make deploy" in problem.remedy
