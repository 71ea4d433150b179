"""Steward watches itself: each cause is told once, once more when it is mended, and schedules are put back."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from unittest.mock import call, patch

import pytest
from botocore.client import BaseClient

from steward import aws
from steward.concurrency import MAX_CONCURRENCY
from steward.events import DeploymentDegraded, DeploymentRecovered, Problem
from steward.repositories import model_schedules
from steward.repositories.model_examination import ModelExamination, examine_models
from steward.repositories.models import SpecRevision
from steward.runtime import ScheduleSettings
from steward.spec.document import read_spec
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import BUS, Deployment, failed_invocation
from .template import read_template
from .test_register_model import schedules

TICK = json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})
SPEC = lemons.SPEC.replace("audit: null", "audit: rate(1 day), defects: null, attribute: null")


@pytest.fixture
def declared(steward: Deployment) -> Deployment:
    """A model is declared, and its schedules are there."""
    steward.upload("specs/lemons.yaml", SPEC)
    steward.settle()
    assert watch(steward) == []
    return steward


def watch(
    steward: Deployment, *, after: timedelta = timedelta(hours=1)
) -> list[DeploymentDegraded | DeploymentRecovered]:
    """An hour is over; what is told."""
    steward.clock.pass_by(after)
    assert steward.invoke("watch_deployment", TICK) == {"batchItemFailures": []}
    return [event for event in steward.settle() if isinstance(event, DeploymentDegraded | DeploymentRecovered)]


def test_a_schedule_that_was_removed_by_hand_is_told_of_and_put_back(declared: Deployment) -> None:
    before = schedules()
    aws.scheduler().delete_schedule(Name="lemons-check", GroupName=BUS)
    (unwell,) = watch(declared)
    assert [trouble.cause for trouble in unwell.problems] == ["schedule-lemons-check"]
    assert schedules() == before
    (mended,) = watch(declared)
    assert isinstance(mended, DeploymentRecovered)
    assert watch(declared) == []


def test_a_schedule_that_was_switched_off_is_switched_on_again(declared: Deployment) -> None:
    known = aws.scheduler().get_schedule(Name="lemons-check", GroupName=BUS)
    kept = {name: known[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}  # type: ignore[literal-required]
    aws.scheduler().update_schedule(**kept, GroupName=BUS, State="DISABLED")
    (unwell,) = watch(declared)
    assert "is switched off" in unwell.problems[0].sentence
    assert aws.scheduler().get_schedule(Name="lemons-check", GroupName=BUS)["State"] == "ENABLED"


def test_schedules_get_the_key_that_the_stack_was_given_and_lose_the_one_that_it_lost(declared: Deployment) -> None:
    spec = read_spec(SPEC)
    without = ScheduleSettings.model_validate(declared.environment("watch_deployment"))
    with_key = without.model_copy(update={"schedule_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"})
    for settings in (with_key, without):
        changed = model_schedules.restore(settings, spec)
        assert all("its key is" in sentence for sentence in changed.values())
        assert len(changed) == len(schedules())
        found = aws.scheduler().get_schedule(Name="lemons-check", GroupName=BUS)
        assert (found.get("KmsKeyArn") or "") == settings.schedule_key_arn
        assert model_schedules.restore(settings, spec) == {}


def test_a_schedule_group_deleted_under_our_feet_is_made_again_with_all_that_was_in_it(declared: Deployment) -> None:
    before = schedules()
    aws.scheduler().delete_schedule_group(Name=BUS)
    (unwell,) = watch(declared)
    assert "Schedules-gone" in {trouble.cause for trouble in unwell.problems}
    assert schedules() == before


def test_a_bucket_whose_notifications_are_off_is_told_of_once_until_it_is_mended(declared: Deployment) -> None:
    off: dict[str, dict[str, str]] = {}
    aws.s3().put_bucket_notification_configuration(Bucket=declared.data, NotificationConfiguration=off)  # type: ignore[arg-type]
    (unwell,) = watch(declared)
    assert [trouble.cause for trouble in unwell.problems] == ["DataBucket-notifications"]
    assert "put-bucket-notification-configuration" in unwell.problems[0].remedy
    assert watch(declared) == []
    aws.s3().put_bucket_notification_configuration(
        Bucket=declared.data, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    (mended,) = watch(declared)
    assert mended.problems == unwell.problems
    told = [json.loads(note["Message"])["subject"] for note in declared.notifications]
    assert [subject.split(":")[0] for subject in told] == ["Steward is unwell", "Steward is mended"]


def test_a_window_that_nobody_checked_is_told_of(declared: Deployment) -> None:
    closed = (declared.clock.now - timedelta(days=2)).strftime("%Y%m%dT000000Z_1d")
    aws.s3().put_object(Bucket=declared.data, Key=f"profiles/lemons/v1/{closed}/batch.json", Body=b"{}")
    (unwell,) = watch(declared)
    (trouble,) = unwell.problems
    assert trouble.cause == "unchecked-lemons"
    assert closed in trouble.sentence
    aws.s3().put_object(Bucket=declared.data, Key=f"checks/lemons/{closed}/check.json", Body=b"{}")
    (mended,) = watch(declared)
    assert isinstance(mended, DeploymentRecovered)


def test_a_window_that_is_still_open_is_not_missed(declared: Deployment) -> None:
    today = declared.clock.now.strftime("%Y%m%dT000000Z_1d")
    aws.s3().put_object(Bucket=declared.data, Key=f"profiles/lemons/v1/{today}/batch.json", Body=b"{}")
    assert watch(declared) == []


def test_an_audit_schedule_that_does_not_fire_is_told_of(declared: Deployment) -> None:
    (unwell,) = [event for _ in range(26) for event in watch(declared)]
    assert [trouble.cause for trouble in unwell.problems] == ["unaudited-lemons"]
    assert "steward audit lemons" in unwell.problems[0].remedy


def test_dead_letters_are_told_of_with_the_command_that_shows_them(declared: Deployment) -> None:
    url = aws.sqs().create_queue(QueueName=f"{BUS}-CheckWindowDeadLetters-X1")["QueueUrl"]
    aws.sqs().create_queue(QueueName=f"{BUS}-staging-CheckWindowDeadLetters-X1")  # another stack's
    aws.sqs().send_message(QueueUrl=url, MessageBody="{}")
    (unwell,) = watch(declared)
    assert [trouble.cause for trouble in unwell.problems] == ["CheckWindowDeadLetters-messages"]
    assert "steward redrive check_window" in unwell.problems[0].remedy


@pytest.mark.parametrize(("before", "goes_round"), [(None, True), (1, True), (2, True), (3, False)])
def test_a_dead_letter_of_a_function_without_a_queue_goes_round_three_times(
    declared: Deployment, before: int | None, *, goes_round: bool
) -> None:
    event = {"source": "steward", "detail-type": "AuditRequested", "detail": {}} | (
        {"rounds": before} if before else {}
    )
    record = failed_invocation("audit_models", json.dumps(event), OSError("S3 is down"), "a-request")
    url = aws.sqs().create_queue(QueueName=f"{BUS}-AuditModelsDeadLetters-X1")["QueueUrl"]
    aws.sqs().send_message(QueueUrl=url, MessageBody=json.dumps(record))
    with patch("steward.store.dead_letters.invoke_later") as invoke:
        (unwell,) = watch(declared)
    assert [trouble.cause for trouble in unwell.problems] == ["AuditModelsDeadLetters-messages"]
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{BUS}-AuditModels"
    assert invoke.mock_calls == ([call(arn, event | {"rounds": (before or 0) + 1})] if goes_round else [])
    assert len(aws.sqs().receive_message(QueueUrl=url).get("Messages", [])) == (0 if goes_round else 1)


def test_what_a_function_with_a_queue_failed_for_waits_for_people(declared: Deployment) -> None:
    for name in ("CheckWindowQueue-X1", "CheckWindowDeadLetters-X1"):
        url = aws.sqs().create_queue(QueueName=f"{BUS}-{name}")["QueueUrl"]
    aws.sqs().send_message(QueueUrl=url, MessageBody="{}")
    with patch("steward.services.watch_deployment.send_round") as send_round:
        watch(declared)
    assert send_round.mock_calls == []


def test_a_message_that_is_delivered_again_tells_nothing_twice(declared: Deployment) -> None:
    aws.scheduler().delete_schedule(Name="lemons-check", GroupName=BUS)
    declared.invoke("watch_deployment", TICK)
    declared.invoke("watch_deployment", TICK)
    declared.settle()
    ids = declared.notified()
    assert len(ids) == len(set(ids))
    assert [entry.action for entry in declared.entries("_deployment")].count("deployment_degraded") == 1


def test_it_knows_every_queue_and_function_that_a_schedule_may_wake() -> None:
    declared, watching = (
        {
            name: queue
            for name, queue in read_template()["Resources"][function]["Properties"]["Environment"]["Variables"].items()
            if name.endswith("_TARGET_ARN")
        }
        for function in ("RegisterModel", "WatchDeployment")
    )
    assert len(declared) == 9
    assert watching == declared


def test_a_stack_that_was_rolled_back_behind_its_store_is_told_of_until_it_is_upgraded(declared: Deployment) -> None:
    key = "watch/schema-versions.json"
    versions = declared.object(key)
    newer = versions | {"store": versions["store"] | {"Routing": versions["store"]["Routing"] + 1}}
    aws.s3().put_object(Bucket=declared.data, Key=key, Body=json.dumps(newer))
    (unwell,) = watch(declared)
    assert [trouble.cause for trouble in unwell.problems] == ["stack-older-than-store"]
    assert "upgrade the stack" in unwell.problems[0].remedy
    assert watch(declared) == []
    assert declared.object(key) == newer
    aws.s3().put_object(Bucket=declared.data, Key=key, Body=json.dumps(versions))
    (mended,) = watch(declared)
    assert isinstance(mended, DeploymentRecovered)


def fleet(steward: Deployment, count: int) -> list[str]:
    """Declare models, each with a checked window of one version, without waking a function."""
    names = [f"model-{number:02d}" for number in range(count)]
    window = (steward.clock.now - timedelta(days=3)).strftime("%Y%m%dT000000Z_1d")
    for name in names:
        spec = read_spec(SPEC.replace("model: lemons", f"model: {name}").encode())
        revision = SpecRevision(revision="000001", source_version_id="1", spec=spec)
        for key, body in (
            (f"models/{name}/specs/000001.json", revision.model_dump_json().encode()),
            (f"profiles/{name}/v1/{window}/batch.json", b"{}"),
            (f"checks/{name}/{window}/check.json", b"{}"),
        ):
            aws.s3().put_object(Bucket=steward.data, Key=key, Body=body)
    return names


def examined(steward: Deployment) -> list[ModelExamination]:
    settings = ScheduleSettings.model_validate(steward.environment("watch_deployment"))
    return list(examine_models(settings, Bucket(steward.data), steward.clock.now))


@contextmanager
def before_each_request(act: Any) -> Iterator[None]:
    send = BaseClient._make_api_call

    def first_act(client: BaseClient, operation: str, asked: dict[str, Any]) -> Any:
        act(operation, asked)
        return send(client, operation, asked)

    with patch.object(BaseClient, "_make_api_call", first_act):
        yield


def test_a_thousand_models_are_examined_in_half_of_two_minutes_of_requests(steward: Deployment) -> None:
    names = fleet(steward, 3)
    asked: Counter[str] = Counter()
    with before_each_request(lambda operation, _: asked.update([operation])):
        assert [one.model for one in examined(steward)] == names
    assert asked == {"ListObjectsV2": 1 + 5 * 3, "GetObject": 3, "GetSchedule": len(model_schedules._EVENTS) * 3}
    of_one = (asked.total() - 1) / len(names)
    assert 1000 * of_one * 0.030 / MAX_CONCURRENCY < 60


def test_models_are_examined_several_at_once(steward: Deployment) -> None:
    fleet(steward, 2 * MAX_CONCURRENCY)
    all_at_once = Barrier(MAX_CONCURRENCY, timeout=60)

    def meet(_: str, asked: dict[str, Any]) -> None:
        if asked.get("Prefix", "").endswith("/specs/"):
            all_at_once.wait()

    with before_each_request(meet):
        assert len(examined(steward)) == 2 * MAX_CONCURRENCY


def test_what_befalls_all_models_of_many_fits_into_one_notification(declared: Deployment) -> None:
    late = [
        Problem(cause=f"unchecked-{number}", sentence=f"{number} is late. " * 20, remedy="wait " * 50)
        for number in range(1000)
    ]
    all_late = [ModelExamination(model=problem.cause, wanted={}, amiss={}, overdue=(problem,)) for problem in late]
    with patch("steward.services.watch_deployment.examine_models", return_value=iter(all_late)):
        (unwell,) = watch(declared)
    assert unwell.problems[:100] == late[:100]
    assert unwell.problems[100].sentence == "900 problems more are left out here."
    assert len(unwell.model_dump_json()) < 256 * 1024
    assert len(declared.object("watch/problems.json")["problems"]) == 1000
    (mended,) = watch(declared)
    assert len(mended.problems) == 101


def with_settings(steward: Deployment, **settings: str) -> AbstractContextManager[Any]:
    """Run watch_deployment with other settings meanwhile."""
    handler: Any = steward.handlers["watch_deployment"].handler
    changed = handler.runtime.settings.model_copy(update=settings)
    return patch.object(handler, "runtime", replace(handler.runtime, settings=changed))


def test_a_gap_is_told_once_in_place_of_all_that_follows_from_it(declared: Deployment) -> None:
    aws.scheduler().delete_schedule_group(Name=BUS)
    closed = (declared.clock.now - timedelta(days=2)).strftime("%Y%m%dT000000Z_1d")
    aws.s3().put_object(Bucket=declared.data, Key=f"profiles/lemons/v1/{closed}/batch.json", Body=b"{}")
    before = schedules()
    (unwell,) = watch(declared, after=timedelta(days=9))
    assert [trouble.cause for trouble in unwell.problems] == ["unwatched"]
    assert "for 9d, from " in unwell.problems[0].sentence
    assert "3 schedules of 1 models were put back" in unwell.problems[0].sentence
    assert before == {} != schedules()
    (recovered,) = watch(declared)
    assert [trouble.cause for trouble in recovered.problems] == ["unwatched"]
    assert watch(declared) == []
    (unwell,) = watch(declared)  # the check that is due since is late
    assert [trouble.cause for trouble in unwell.problems] == ["unchecked-lemons"]
    assert len(declared.notifications) == 3


def test_a_stack_that_adopted_the_store_of_another_says_so_without_a_gap(declared: Deployment) -> None:
    with with_settings(declared, stack_id="arn:aws:cloudformation:us-east-1:123456789012:stack/steward/2"):
        (unwell,) = watch(declared)
        assert "This stack has adopted the store of another." in unwell.problems[0].sentence
        (mended,) = watch(declared)
        assert isinstance(mended, DeploymentRecovered)
        assert watch(declared) == []


@pytest.mark.parametrize(("status", "told"), [("PENDING", True), ("FAILED", True), ("COMPLETED", False), (None, False)])
def test_what_s3_does_not_copy_within_an_hour_is_told_of(
    declared: Deployment, status: str | None, *, told: bool
) -> None:
    asked: list[tuple[str, str]] = []

    def answer(bucket: str, key: str) -> str | None:
        asked.append((bucket, key))
        return status if bucket == declared.data else None

    with (
        with_settings(declared, replica_arn="arn:aws:s3:::replica"),
        patch("steward.store.bucket_protection.replication_status", answer),
    ):
        news = watch(declared)
        assert watch(declared, after=timedelta(minutes=5)) == []  # what was written then may be on its way
    assert asked[0] == (declared.data, "watch/last.json")
    assert asked[1][0] == declared.ledger
    assert [trouble.cause for event in news for trouble in event.problems] == ["DataBucket-replication"] * told
