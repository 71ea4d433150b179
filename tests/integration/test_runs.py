"""`train_model`, `validate_model`, `release_model`: a run goes from request to release once, or says why it did not."""

import json
from datetime import timedelta
from unittest.mock import patch

import pytest

from steward import aws
from steward.events import (
    Event,
    ReleaseChanged,
    RetrainingProposed,
    RunFailed,
    TrainingCompleted,
    TrainingRequested,
    ValidationCompleted,
)
from steward.retraining import recipe
from steward.store.stored_objects import sha256
from tests.integration import lemons

from .deployment import Deployment, message

STATIONS = ("train_model", "validate_model", "release_model")


@pytest.fixture
def stepwise(trained: Deployment) -> Deployment:
    """A run of flipped days was requested; each station of it waits to be told."""
    for day in (16, 17, 18):
        sold = lemons.sales(1, first_day=day, flipped=True)
        trained.upload(f"inbox/lemons/reference/{day}.csv", lemons.csv(sold))
    trained.settle()
    for station in STATIONS:
        trained.queues.pop(station)
    as_of = lemons.START + timedelta(days=19)
    trained.deliver(
        "kick_retraining",
        RetrainingProposed(
            occurred_at=trained.clock.now, as_of=as_of, model="lemons", correlation_id="test", reason="someone asks"
        ),
    )
    trained.settle()
    trained.published.clear()
    return trained


def requested(steward: Deployment) -> TrainingRequested:
    (entry,) = [entry for entry in steward.entries("lemons") if entry.action == "training_requested"][1:]
    return TrainingRequested(
        occurred_at=steward.clock.now, as_of=entry.as_of, model="lemons", correlation_id="test",
        run=entry.subject, reasons=["someone asks"],
    )  # fmt: skip


def after[Told: Event](steward: Deployment, function: str, event: Event, kind: type[Told], *, times: int = 1) -> Told:
    """What a station says of an event, the same however often it is delivered."""
    for _ in range(times):
        assert steward.deliver(function, event), steward.errors
    steward.settle()
    told = steward.told(kind)
    assert len({each.event_id for each in told}) == 1
    return told[0]


def run_of(steward: Deployment) -> dict:
    return steward.object(f"runs/lemons/{requested(steward).run}.json")


def test_each_station_does_its_part_once(stepwise: Deployment) -> None:
    trained = after(stepwise, "train_model", requested(stepwise), TrainingCompleted, times=3)
    judged = after(stepwise, "validate_model", trained, ValidationCompleted, times=3)
    released = after(stepwise, "release_model", judged, ReleaseChanged, times=3)
    assert released.stage == ("champion" if judged.passed else "refused")
    actions = [entry.action for entry in stepwise.entries("lemons")]
    assert actions.count("training_completed") == actions.count("validation_completed") == 2
    assert run_of(stepwise)["stage"] in {"promoted", "refused"}
    for part in ("manifest.json", "model.skops", "baseline.json", "evaluation.json", "card.json", "card.md"):
        key = f"models/lemons/versions/{trained.version}/{part}"
        assert len(aws.s3().list_object_versions(Bucket=stepwise.data, Prefix=key)["Versions"]) == 1


def test_a_frozen_dataset_is_used_again_although_rows_came_meanwhile(stepwise: Deployment) -> None:
    with patch.object(recipe, "fit", side_effect=MemoryError):
        assert not stepwise.deliver("train_model", requested(stepwise))
    frozen = run_of(stepwise)["dataset"]
    assert frozen
    late = lemons.sales(1, first_day=15, flipped=True, seed=9)
    stepwise.upload("inbox/lemons/reference/late.csv", lemons.csv(late))
    stepwise.settle()
    trained = after(stepwise, "train_model", requested(stepwise), TrainingCompleted)
    manifest = stepwise.object(trained.manifest.key)
    assert manifest["dataset"] == frozen
    named = {item["stored"]["key"] for item in stepwise.object(frozen["key"])["objects"]}
    assert named < set(stepwise.keys("records/reference/"))


def test_a_run_that_is_impossible_fails_with_what_to_do(steward: Deployment) -> None:
    lemons.begin(steward, lemons.SPEC.replace("holdout_span: 4d", "holdout_span: 30d"))
    (failed,) = steward.told(RunFailed)
    assert failed.stage == "training"
    assert "change retraining.holdout_span or training_span" in failed.message
    assert steward.object(f"runs/lemons/{failed.run}.json")["stage"] == "failed"
    assert [entry.action for entry in steward.entries("lemons")][-1] == "run_failed"
    (notification,) = steward.notifications
    assert notification["Subject"] == "lemons: retraining failed"


def test_a_record_that_was_changed_after_the_freeze_fails_the_run(stepwise: Deployment) -> None:
    with patch.object(recipe, "fit", side_effect=MemoryError):
        stepwise.deliver("train_model", requested(stepwise))
    item = stepwise.object(run_of(stepwise)["dataset"]["key"])["objects"][0]["stored"]
    aws.s3().delete_object(Bucket=stepwise.data, Key=item["key"], VersionId=item["version_id"])
    failed = after(stepwise, "train_model", requested(stepwise), RunFailed)
    assert item["key"] in failed.message


def put_among_the_records(steward: Deployment, changes: dict[str, str], model: str = "lemons") -> str:
    """A copy of a record's object beside it, with other notes on where it came from; its key."""
    key = next(key for key in steward.keys("records/reference/model=lemons/"))
    found = aws.s3().get_object(Bucket=steward.data, Key=key)
    copy = key.replace("model=lemons", f"model={model}").replace(".parquet", "-copy.parquet")
    noted = {name: value for name, value in (found["Metadata"] | changes).items() if value}
    aws.s3().put_object(Bucket=steward.data, Key=copy, Body=found["Body"].read(), Metadata=noted)
    return copy


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"environment": "staging"}, "belongs to environment staging"),
        ({"environment": ""}, "was not written by Steward"),
        ({"source-key": "inbox/pears/reference/a.csv"}, "belongs to model pears"),
    ],
)
def test_a_run_refuses_records_of_others(stepwise: Deployment, changes: dict[str, str], reason: str) -> None:
    key = put_among_the_records(stepwise, changes)
    failed = after(stepwise, "train_model", requested(stepwise), RunFailed)
    assert failed.stage == "training"
    assert f"{key} {reason}" in failed.message
    assert run_of(stepwise)["stage"] == "failed"
    assert stepwise.entries("lemons")[-1].action == "run_failed"


def frozen_with(steward: Deployment, change: dict) -> TrainingRequested:
    """The run's request, once its dataset is frozen and then altered."""
    with patch.object(recipe, "fit", side_effect=MemoryError):
        assert not steward.deliver("train_model", requested(steward))
    run = run_of(steward)
    dataset = steward.object(run["dataset"]["key"])
    body = json.dumps(dataset | change).encode()
    version_id = steward.upload(run["dataset"]["key"], body)
    run["dataset"] |= {"version_id": version_id, "sha256": sha256(body)}
    steward.upload(f"runs/lemons/{run['run']}.json", json.dumps(run))
    return requested(steward)


@pytest.mark.parametrize("change", [{"environment": "staging"}, {"model": "pears"}])
def test_a_run_refuses_the_dataset_of_others(stepwise: Deployment, change: dict[str, str]) -> None:
    failed = after(stepwise, "train_model", frozen_with(stepwise, change), RunFailed)
    assert "a run reads its own records only" in failed.message


def test_a_run_refuses_quarantined_rows(stepwise: Deployment) -> None:
    key = "quarantine/model=lemons/date=2024-01-16/b1.parquet"
    record = aws.s3().get_object(Bucket=stepwise.data, Key=stepwise.keys("records/reference/")[0])["Body"].read()
    stored = {"key": key, "version_id": stepwise.upload(key, record), "sha256": sha256(record)}
    request = frozen_with(stepwise, {"objects": [{"kind": "reference", "batch": "b1", "stored": stored}]})
    failed = after(stepwise, "train_model", request, RunFailed)
    assert f"{key} is in quarantine" in failed.message


def test_a_version_carries_its_environment(trained: Deployment) -> None:
    manifest = trained.object(f"models/lemons/versions/{trained.champion('lemons')}/manifest.json")
    assert manifest["environment"] == "production"
    assert trained.object(manifest["dataset"]["key"])["environment"] == "production"


def test_an_unexpected_error_ends_the_run_after_the_last_attempt(stepwise: Deployment) -> None:
    request = requested(stepwise)
    with patch.object(recipe, "fit", side_effect=MemoryError("too many rows")):
        assert not stepwise.deliver("train_model", request)
        assert run_of(stepwise)["stage"] == "frozen"
        assert not stepwise.try_out("train_model", message(request))
    stepwise.settle()
    (failed,) = stepwise.told(RunFailed)
    assert failed.message == "MemoryError: too many rows; the message is in the dead-letter queue"
    assert run_of(stepwise)["stage"] == "failed"
    assert stepwise.notifications[-1]["Subject"] == "lemons: retraining failed"


def test_a_failed_run_stays_failed_when_its_message_is_sent_back(stepwise: Deployment) -> None:
    request = requested(stepwise)
    with patch.object(recipe, "fit", side_effect=MemoryError("too many rows")):
        stepwise.try_out("train_model", message(request))
    stepwise.settle()
    assert stepwise.deliver("train_model", request)
    stepwise.settle()
    assert stepwise.told(TrainingCompleted) == []
    assert run_of(stepwise)["stage"] == "failed"
    assert [entry.action for entry in stepwise.entries("lemons")].count("run_failed") == 1


@pytest.mark.parametrize("part", ["model.skops", "baseline.json"])
def test_an_artifact_that_is_not_what_was_trained_is_not_judged(stepwise: Deployment, part: str) -> None:
    trained = after(stepwise, "train_model", requested(stepwise), TrainingCompleted)
    manifest = stepwise.object(trained.manifest.key)
    stored = manifest["artifact" if part == "model.skops" else "dataset"]
    aws.s3().delete_object(Bucket=stepwise.data, Key=stored["key"], VersionId=stored["version_id"])
    failed = after(stepwise, "validate_model", trained, RunFailed)
    assert (failed.stage, run_of(stepwise)["stage"]) == ("validation", "failed")


def judged_by_decree(steward: Deployment, *, passed: bool) -> ValidationCompleted:
    """A judgement of the run's version, with the verdict that a test needs."""
    trained = after(steward, "train_model", requested(steward), TrainingCompleted)
    judged = after(steward, "validate_model", trained, ValidationCompleted)
    evaluation = steward.object(judged.evaluation.key)
    for gate in evaluation["gates"]:
        gate["passed"] = passed
    body = json.dumps(evaluation).encode()
    version_id = steward.upload(judged.evaluation.key, body)
    reference = {"key": judged.evaluation.key, "version_id": version_id, "sha256": sha256(body)}
    return ValidationCompleted.model_validate(
        {**judged.model_dump(), "event_id": "", "passed": passed, "evaluation": reference}
    )


def test_what_passed_is_promoted_once(stepwise: Deployment) -> None:
    before = stepwise.champion("lemons")
    judged = judged_by_decree(stepwise, passed=True)
    released = after(stepwise, "release_model", judged, ReleaseChanged, times=3)
    assert (released.stage, released.previous, released.version) == ("champion", before, stepwise.champion("lemons"))
    promotions = stepwise.object("models/lemons/routing.json")["promotions"]
    assert [promotion["version"] for promotion in promotions] == [before, judged.version]
    assert [entry.action for entry in stepwise.entries("lemons")].count("champion_promoted") == 2
    assert f"lemons: champion is now {judged.version}" in [sent["Subject"] for sent in stepwise.notifications]


def test_what_did_not_pass_is_refused_once(stepwise: Deployment) -> None:
    before = stepwise.champion("lemons")
    judged = judged_by_decree(stepwise, passed=False)
    released = after(stepwise, "release_model", judged, ReleaseChanged, times=3)
    assert (released.stage, stepwise.champion("lemons")) == ("refused", before)
    assert [entry.action for entry in stepwise.entries("lemons")].count("version_refused") == 1
    assert run_of(stepwise)["stage"] == "refused"


def test_a_champion_that_changed_since_the_judgement_fails_the_run(stepwise: Deployment) -> None:
    judged = judged_by_decree(stepwise, passed=True)
    routing = stepwise.object("models/lemons/routing.json")
    routing["promotions"].append({**routing["promotions"][-1], "version": "20240118-other", "run": "other"})
    stepwise.upload("models/lemons/routing.json", json.dumps(routing))
    failed = after(stepwise, "release_model", judged, RunFailed, times=2)
    assert failed.stage == "release"
    assert "but 20240118-other is in charge now" in failed.message
    assert stepwise.champion("lemons") == "20240118-other"
    assert stepwise.told(ReleaseChanged) == []


def test_a_judgement_whose_evidence_was_changed_promotes_nothing(stepwise: Deployment) -> None:
    before = stepwise.champion("lemons")
    judged = judged_by_decree(stepwise, passed=True)
    forged = ValidationCompleted.model_validate(
        {**judged.model_dump(), "evaluation": {**judged.evaluation.model_dump(), "sha256": "0" * 64}}
    )
    assert not stepwise.deliver("release_model", forged)
    assert stepwise.champion("lemons") == before


REFIT = lemons.SPEC.replace("cool_down: 3d", "cool_down: 4d") + "  refit: true\n  span: auto\n"


def test_a_refitted_version_names_what_was_judged_and_what_serves(steward: Deployment) -> None:
    lemons.begin(steward, REFIT)
    version = f"models/lemons/versions/{steward.champion('lemons')}"
    manifest, evaluation = (steward.object(f"{version}/{part}.json") for part in ("manifest", "evaluation"))
    assert manifest["artifact"]["key"] == f"{version}/model.skops"
    assert manifest["judged"]["key"] == f"{version}/judged.skops"
    assert manifest["artifact"]["sha256"] != manifest["judged"]["sha256"]
    assert manifest["trained_until"] == manifest["holdout_until"]
    assert manifest["judged_until"] == evaluation["holdout_start"] < manifest["trained_until"]
    assert manifest["span"]["span"] in manifest["span"]["tried"]
    card = steward.contents(f"{version}/card.md")[f"{version}/card.md"].decode()
    assert "- Refitted: what serves was fitted on the holdout too" in card
    assert f"- Span: {manifest['span']['sentence']}" in card


def test_a_holdout_that_the_refitted_champion_has_seen_judges_nothing(steward: Deployment) -> None:
    lemons.begin(steward, REFIT)
    for day in (14, 15):
        sold = lemons.sales(1, first_day=day)
        steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
        steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()
    asked = RetrainingProposed(
        occurred_at=steward.clock.now, as_of=lemons.START + timedelta(days=19), model="lemons", correlation_id="test",
        reason="someone asks",
    )  # fmt: skip
    assert steward.deliver("kick_retraining", asked)
    steward.settle()
    refused = steward.told(ReleaseChanged)[-1]
    assert refused.stage == "refused"
    assert "a version was fitted on rows up to 2024-01-1" in refused.summary
