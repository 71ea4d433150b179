"""A removed model: nothing is done for it any more, what it has stays, and its name is not given again."""

import os
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest

from steward import aws
from steward.errors import RemovedModel
from steward.events import (
    AuditRequested,
    BatchRejected,
    CheckRequested,
    DefectReviewRequested,
    Event,
    MaintenanceRequested,
    ModelRegistered,
    ModelRejected,
    ModelRemoved,
    ObjectsRemoved,
    RemovalProposed,
    ReportRequested,
    RetrainingProposed,
)
from steward.lineage.artifact_history import artifact_history
from steward.repositories import models
from steward.repositories.model_examination import examine_models
from steward.store import keys
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import BUS, Deployment
from .dying import Died, dying
from .sts import Person, strict
from .terminal import reached, run

ANN = Person("AKIAANN", "ann's secret", "arn:aws:iam::123456789012:user/ann")
WITH_RETENTION = lemons.SPEC + "retention: {inbox: 40d}\n"


def proposal(deployment: Deployment, correlation_id: str = "command-1") -> RemovalProposed:
    now = deployment.clock.now
    return RemovalProposed(
        occurred_at=now,
        model="lemons",
        as_of=now,
        correlation_id=correlation_id,
        reason="a wrong window",
        author=ANN.arn,
    )


def remove(deployment: Deployment, *, redeliver: int = 1) -> list[Event]:
    deployment.publish(proposal(deployment))
    return deployment.settle(redeliver=redeliver)


def schedules() -> set[str]:
    return {one["Name"] for one in aws.scheduler().list_schedules(GroupName=BUS)["Schedules"]}


def stored(deployment: Deployment) -> dict[str, bytes]:
    return deployment.contents("") | deployment.contents("", deployment.ledger)


@pytest.fixture
def serving(trained: Deployment) -> Iterator[Deployment]:
    """`lemons` with a champion, its schedules and a checked day."""
    trained.upload("specs/lemons.yaml", WITH_RETENTION)
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(lemons.predictions(lemons.sales(1, first_day=14))))
    trained.settle()
    assert {"lemons-check", "lemons-maintain"} <= schedules()
    return trained


def test_a_removed_model_has_no_schedules_but_that_of_its_retention(serving: Deployment) -> None:
    told = remove(serving)
    assert [type(event) for event in told if isinstance(event, ModelRemoved)] == [ModelRemoved]
    assert schedules() == {"lemons-maintain"}
    (entry,) = [entry for entry in serving.entries("lemons") if entry.action == "model_removed"]
    assert (entry.subject, entry.summary) == ("lemons", f"removed by {ANN.arn}: a wrong window")
    (told,) = [one for one in artifact_history(serving.entries("lemons"), []) if one.happened == "model removed"]
    assert (told.subject, told.id) == ("spec", "000003")
    in_a_month = serving.clock.now + timedelta(days=30)
    (examined,) = examine_models(_settings(serving), Bucket(serving.data), in_a_month)
    assert (examined.model, examined.amiss, examined.overdue) == ("lemons", {}, ())


def test_without_retention_no_schedule_is_left(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("owner: ", "owner: new-"))
    trained.settle()
    remove(trained)
    assert schedules() == set()


@pytest.mark.parametrize(
    "kind", [CheckRequested, AuditRequested, DefectReviewRequested, ReportRequested, RetrainingProposed]
)
def test_nothing_is_done_for_it_any_more_and_no_message_fails(serving: Deployment, kind: type[Event]) -> None:
    remove(serving)
    before = stored(serving)
    now = serving.clock.now
    more = {"reason": "late"} if kind is RetrainingProposed else {}
    serving.publish(kind(occurred_at=now, model="lemons", as_of=now, correlation_id="late", **more))  # type: ignore[call-arg]
    assert serving.settle() == serving.published[-1:]
    assert serving.failures == []
    assert stored(serving) == before


def test_an_upload_is_kept_and_refused_and_nobody_is_told(serving: Deployment) -> None:
    remove(serving)
    heard = len(serving.notifications)
    serving.upload("inbox/lemons/predictions/15.csv", lemons.csv(lemons.predictions(lemons.sales(1, first_day=15))))
    (rejected,) = serving.settle()
    assert isinstance(rejected, BatchRejected)
    assert rejected.code == "removed_model"
    assert "was removed on 2024-06-01 00:0" in rejected.message
    assert f"by {ANN.arn}: a wrong window; its name is not given again" in rejected.message
    assert serving.keys("inbox/lemons/predictions/15.csv")
    assert serving.keys("defects/lemons/") == []
    assert len(serving.notifications) == heard


def test_an_upload_that_waited_for_a_first_version_is_refused_with_what_became_of_the_model(
    steward: Deployment,
) -> None:
    steward.upload("specs/lemons.yaml", WITH_RETENTION)
    steward.settle()
    key = "inbox/lemons/predictions/14.csv"
    steward.upload(key, lemons.csv(lemons.predictions(lemons.sales(1, first_day=14))))
    steward.settle()
    remove(steward)
    now = steward.clock.now
    steward.publish(MaintenanceRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="care"))
    (rejected,) = [event for event in steward.settle() if isinstance(event, BatchRejected)]
    assert (rejected.code, rejected.source) == ("removed_model", key)
    assert "it waited for a first version: model 'lemons' was removed on" in rejected.message
    assert "release" not in rejected.message
    assert steward.keys("arrivals/lemons/deferred/") == []
    assert steward.keys("defects/lemons/") == []


def test_the_name_is_not_given_again(serving: Deployment) -> None:
    remove(serving)
    serving.clock.pass_by(timedelta(minutes=5))
    serving.upload("specs/lemons.yaml", lemons.SPEC)
    (rejected,) = serving.settle()
    assert isinstance(rejected, ModelRejected)
    assert "declare a model of another name" in rejected.problems[0]
    assert schedules() == {"lemons-maintain"}


def test_it_leaves_the_page_of_all_models(serving: Deployment) -> None:
    assert "lemons" in serving.object(keys.fleet_summary())["models"]
    remove(serving)
    assert serving.object(keys.fleet_summary())["models"] == {}
    page = aws.s3().get_object(Bucket=serving.data, Key=keys.fleet_page())["Body"].read()
    assert b"lemons" not in page


def test_records_stay_until_retention_removes_them(serving: Deployment) -> None:
    remove(serving)
    records, ledger = serving.keys("records/"), serving.keys("", serving.ledger)
    later = serving.clock.now + timedelta(days=50)
    serving.clock.now = later
    serving.publish(MaintenanceRequested(occurred_at=later, model="lemons", as_of=later, correlation_id="schedule"))
    told = serving.settle()
    assert any(isinstance(event, ObjectsRemoved) and event.prefix == "inbox/lemons/" for event in told)
    assert serving.keys("inbox/lemons/predictions/") == []
    assert {key.split("/")[1] for key in serving.keys("records/")} == {key.split("/")[1] for key in records}
    assert set(ledger) <= set(serving.keys("", serving.ledger))
    assert serving.champion("lemons")


def test_replay_of_everything_that_was_ever_told_changes_nothing(serving: Deployment) -> None:
    version_id = aws.s3().head_object(Bucket=serving.data, Key="specs/lemons.yaml")["VersionId"]
    remove(serving, redeliver=3)
    assert not serving.failures
    before, told = stored(serving), [event.event_id for event in serving.published]
    for _ in range(2):
        serving.invoke("register_model", serving.message_of("specs/lemons.yaml", version_id))
        for event in list(serving.published):
            if isinstance(event, ModelRegistered | RemovalProposed | ModelRemoved):
                serving.publish(event)
        serving.settle()
    assert stored(serving) == before
    assert {event.event_id for event in serving.published} == set(told)
    assert schedules() == {"lemons-maintain"}


def test_a_death_behind_any_write_is_made_good_by_the_redelivery(serving: Deployment) -> None:
    asked = proposal(serving)
    for operation in ("DeleteSchedule", "PutObject"):
        with pytest.raises(Died), dying(1, {operation}):
            serving.deliver("register_model", asked)
    assert serving.deliver("register_model", asked)
    serving.settle()
    assert schedules() == {"lemons-maintain"}
    assert len([entry for entry in serving.entries("lemons") if entry.action == "model_removed"]) == 1
    assert len({event.event_id for event in serving.told(ModelRemoved)}) == 1


def test_two_who_ask_are_both_recorded_and_the_first_counts(serving: Deployment) -> None:
    remove(serving)
    serving.publish(proposal(serving, "command-2"))
    serving.settle()
    entries = [entry for entry in serving.entries("lemons") if entry.action == "model_removed"]
    assert [entry.correlation_id for entry in entries] == ["command-1", "command-2"]
    assert "removed already" in entries[1].summary
    assert len({event.event_id for event in serving.told(ModelRemoved)}) == 1


def test_a_declaration_that_was_read_before_the_removal_does_not_bring_schedules_back(serving: Deployment) -> None:
    """Another function had read the upload, and set its schedules, when the removal came between."""
    serving.upload("specs/lemons.yaml", WITH_RETENTION.replace("owner: ", "owner: new-"))
    between = models.follow_revision

    def removed_first(*arguments):  # type: ignore[no-untyped-def]
        if not serving.told(ModelRemoved) and not any("removal" in name for name in done):
            done.append("removal")
            serving.deliver("register_model", proposal(serving))
        return between(*arguments)

    done: list[str] = []
    with patch.object(models, "follow_revision", removed_first):
        serving.settle()
    assert schedules() == {"lemons-maintain"}
    with pytest.raises(RemovedModel):
        models.current_spec(Bucket(serving.data), "lemons")


def test_the_command_asks_tells_the_consequences_and_shows_what_came_of_it(serving: Deployment) -> None:
    environment = {"AWS_ACCESS_KEY_ID": ANN.key, "AWS_SECRET_ACCESS_KEY": ANN.secret}
    with (
        reached(serving, working=True),
        patch("steward.cli.signed_commands.this_second", lambda: serving.clock.now),
        strict([ANN], serving.clock),
        patch.dict(os.environ, environment),
    ):
        asked = ("remove", "lemons", "--reason", "a wrong window")
        refused = run(*asked, answer="n\n")
        assert refused.code == 1
        assert "its name is not given again" in refused.text
        assert not serving.told(RemovalProposed)
        ran = run(*asked, answer="y\n")
        assert ran.code == 0, ran.text
        assert "model removed" in ran.text
        for code, command in (
            (1, ["remove", "lemons", "--reason", "again", "--yes"]),
            (2, ["audit", "lemons"]),
            (2, ["status", "lemons"]),
        ):
            again = run(*command)
            assert again.code == code
            assert "was removed on 2024-06-01 00:0" in again.text
        assert "lemons" not in run("status").stdout
        for command in (["log", "lemons"], ["show", "lemons", "champion"], ["defects", "lemons"], ["cost", "lemons"]):
            assert run(*command).code == 0, command


def _settings(deployment: Deployment):  # type: ignore[no-untyped-def]
    from steward.runtime import ScheduleSettings  # noqa: PLC0415

    return ScheduleSettings.model_validate(deployment.environment("watch_deployment"))
