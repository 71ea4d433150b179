"""The sample events of `tests/events/`, each fed to its function's own handler."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from steward import aws
from steward.events import (
    AttributionsUpdated,
    AuditCompleted,
    BatchIngested,
    CheckCompleted,
    DefectChanged,
    Event,
    ModelRegistered,
    ObjectRef,
    OutcomesUpdated,
    ReleaseChanged,
    ReportRendered,
    ResourcesCollected,
    RetrainingProposed,
    TrainingCompleted,
    TrainingRequested,
    ValidationCompleted,
    VersionRejected,
)
from steward.retraining.runs import Run
from steward.store.stored_objects import sha256
from steward.validation.evaluation import Evaluation, GateResult
from tests.integration import lemons

from .deployment import Deployment, LambdaContext, logical_id
from .serving import serving
from .sts import Person, strict
from .template import ROOT, with_queues

SAMPLES = ROOT / "tests" / "events"


def body(function: str, **changes: object) -> str:
    """The message of a function's sample; `changes` are fields of its detail that name what a test has just stored."""
    sample = json.loads((SAMPLES / f"{function}.json").read_text())
    envelope = json.loads(sample["Records"][0]["body"]) if "Records" in sample else sample
    envelope["detail"] |= changes
    return json.dumps(envelope)


def test_a_request_for_a_prediction_is_answered(trained: Deployment) -> None:
    event = json.loads((SAMPLES / "serve_predictions.json").read_text())
    with serving(trained) as served:
        answer = served.handler(event, LambdaContext("serve_predictions"))
    assert answer["statusCode"] == 200
    assert 0 < json.loads(answer["body"])["score"] < 1


def test_predictions_are_scored_by_no_shadow_where_there_is_none(trained: Deployment) -> None:
    assert trained.invoke("score_shadows", body("score_shadows")) == {"batchItemFailures": []}
    assert trained.keys("inbox/lemons/shadows/") == []


def detail(function: str) -> dict[str, Any]:
    return json.loads(body(function))["detail"]


def told_by[Told: Event](steward: Deployment, function: str, kind: type[Told], **changes: object) -> Told:
    """Feed a sample to its function; the one event that it publishes."""
    before = len(steward.published)
    assert steward.invoke(function, body(function, **changes)) == {"batchItemFailures": []}
    steward._observe()
    (event,) = steward.published[before:]
    assert isinstance(event, kind)
    return event


def store(steward: Deployment, key: str, content: str) -> ObjectRef:
    version_id = steward.upload(key, content)
    return ObjectRef(key=key, version_id=version_id, sha256=sha256(content.encode()))


def requested(steward: Deployment) -> Run:
    """The run that the samples of training, validation and release speak of."""
    request = TrainingRequested.model_validate(detail("train_model"))
    run = Run(
        run=request.run,
        model=request.model,
        as_of=request.as_of,
        reasons=request.reasons,
        correlation_id=request.correlation_id,
        requested_at=request.occurred_at,
    )
    store(steward, f"runs/lemons/{run.run}.json", run.model_dump_json())
    return run


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_every_sample_is_what_lambda_gives_the_function(path: Path) -> None:
    sample = json.loads(path.read_text())
    if path.stem == "accept_commands":  # people invoke it, not EventBridge
        assert set(json.loads(sample["body"])) == {"command", "proof"}
        assert set(sample) == {"id", "body"}
        return
    if path.stem == "serve_predictions":  # requests of HTTP do, by its URL
        assert {"version", "rawPath", "headers", "requestContext", "body", "isBase64Encoded"} <= set(sample)
        return
    if logical_id(path.stem) in with_queues():
        (record,) = sample["Records"]
        assert record["eventSource"] == "aws:sqs"
        assert record["eventSourceARN"].endswith(f"steward-{logical_id(path.stem)}Queue")
        sample = json.loads(record["body"])
    assert {"source", "detail-type", "detail", "id", "account", "region", "time"} <= set(sample)


def test_every_function_has_a_sample() -> None:
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {path.stem for path in SAMPLES.glob("*.json")} == functions


def test_register_model_puts_the_declaration_in_force(steward: Deployment) -> None:
    aws.s3().put_object(Bucket=steward.data, Key=detail("register_model")["object"]["key"], Body=lemons.SPEC.encode())
    event = told_by(steward, "register_model", ModelRegistered)
    assert event.revision == "000001"


def test_ingest_records_stores_the_rows(trained: Deployment) -> None:
    trained.upload(detail("ingest_records")["object"]["key"], lemons.csv(lemons.sales(2, first_day=40)))
    event = told_by(trained, "ingest_records", BatchIngested)
    assert (event.kind, event.rows, event.rejected_rows) == ("reference", 800, 0)
    assert trained.keys(f"records/reference/model=lemons/date=2024-02-10/hour=00/{event.batch}")


def test_collect_resources_asks_cloudwatch(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}resources: [{{type: ecs_service, name: lemons}}]\n")
    trained.settle()
    trained.clock.now = datetime.fromisoformat(detail("collect_resources")["occurred_at"])
    event = told_by(trained, "collect_resources", ResourcesCollected)
    assert (event.sources, event.silent) == ([], ["lemons"])
    assert event.as_of == datetime(2024, 6, 2, 5, tzinfo=UTC)


def sold_on_the_19th(steward: Deployment) -> None:
    sold = lemons.sales(1, first_day=18)
    scored = lemons.predictions(sold, steward.champion("lemons"))
    steward.upload("inbox/lemons/predictions/19.csv", lemons.csv(scored))
    steward.upload("inbox/lemons/labels/19.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()


def test_join_labels_writes_the_windows_outcomes(trained: Deployment) -> None:
    sold_on_the_19th(trained)
    event = told_by(trained, "join_labels", OutcomesUpdated)
    assert (event.window, event.labelled_rows) == ("20240119T000000Z_1d", 400)
    assert trained.object(event.outcomes.key)["window"] == event.window


def test_check_window_compares_the_window_with_the_baseline(trained: Deployment) -> None:
    sold_on_the_19th(trained)
    event = told_by(trained, "check_window", CheckCompleted)
    assert (event.window, event.rows, event.labelled_rows) == ("20240119T000000Z_1d", 400, 400)
    assert trained.object(event.stored.key)["results"]


def test_attribute_features_attributes_a_sample_of_the_window(trained: Deployment) -> None:
    sold_on_the_19th(trained)
    version = trained.champion("lemons")
    event = told_by(trained, "attribute_features", AttributionsUpdated, version=version)
    assert (event.window, event.version, event.rows) == ("20240119T000000Z_1d", version, 300)
    assert trained.object(event.attributions.key)["sums"]["features"].keys() == {"age", "make", "mileage"}


def test_raise_alerts_tells_people(trained: Deployment) -> None:
    assert trained.invoke("raise_alerts", body("raise_alerts")) == {"batchItemFailures": []}
    trained._observe()
    told = trained.notifications[-1]
    assert told["Subject"] == "lemons: retraining failed"
    assert detail("raise_alerts")["message"] in told["Message"]


def test_kick_retraining_applies_the_policy(trained: Deployment) -> None:
    before = trained.keys("lemons/", trained.ledger)
    assert trained.invoke("kick_retraining", body("kick_retraining")) == {"batchItemFailures": []}
    (entry, *_) = sorted(set(trained.keys("lemons/", trained.ledger)) - set(before))
    written = json.loads(aws.s3().get_object(Bucket=trained.ledger, Key=entry)["Body"].read())
    assert written["action"] == "training_declined"
    assert "the owner asks" in written["summary"]


def test_train_model_makes_a_version(trained: Deployment) -> None:
    run = requested(trained)
    event = told_by(trained, "train_model", TrainingCompleted)
    assert event.run == run.run
    assert trained.object(event.manifest.key)["run"] == run.run
    assert trained.object(f"runs/lemons/{run.run}.json")["stage"] == "trained"


def test_validate_model_judges_the_version(trained: Deployment) -> None:
    run = requested(trained)
    made = told_by(trained, "train_model", TrainingCompleted)
    found = {"version": made.version, "dataset": made.dataset, "manifest": made.manifest.model_dump()}
    event = told_by(trained, "validate_model", ValidationCompleted, **found)
    assert event.version == made.version
    assert trained.object(event.evaluation.key)["champion"] == trained.champion("lemons")
    assert trained.object(f"runs/lemons/{run.run}.json")["stage"] == "validated"


def test_release_model_puts_the_version_in_charge(trained: Deployment) -> None:
    run, judged = requested(trained), ValidationCompleted.model_validate(detail("release_model"))
    evaluation = Evaluation(
        model="lemons",
        version=judged.version,
        champion=trained.champion("lemons"),
        run=run.run,
        as_of=judged.as_of,
        dataset=judged.evaluation,
        holdout_start=judged.as_of,
        holdout_rows=400,
        metrics={},
        champion_metrics={},
        gates=[GateResult(gate="better_than_champion", passed=True, message=judged.summary)],
    )
    made = trained.object(f"models/lemons/versions/{evaluation.champion}/manifest.json")
    named = json.dumps(made | {"version": judged.version})
    store(trained, f"models/lemons/versions/{judged.version}/manifest.json", named)
    stored = store(trained, judged.evaluation.key, evaluation.model_dump_json())
    event = told_by(trained, "release_model", ReleaseChanged, evaluation=stored.model_dump())
    assert (event.stage, event.previous) == ("champion", evaluation.champion)
    assert trained.champion("lemons") == judged.version
    assert trained.object(f"runs/lemons/{run.run}.json")["stage"] == "promoted"


def test_accept_commands_tells_what_a_person_asks_for(trained: Deployment) -> None:
    sending = json.loads((SAMPLES / "accept_commands.json").read_text())
    command = json.loads(json.loads(sending["body"])["command"])
    trained.clock.now = datetime.fromisoformat(command["issued_at"]) + timedelta(seconds=1)
    ann = Person(
        "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "arn:aws:iam::123456789012:user/ann"
    )
    before = len(trained.published)
    with strict([ann], trained.clock):
        assert trained.invoke("accept_commands", sending["body"], message_id=sending["id"]) == {"batchItemFailures": []}
    trained._observe()
    (event,) = trained.published[before:]
    assert isinstance(event, RetrainingProposed)
    assert (event.reason, event.author) == ("the owner asks", ann.arn)


def test_accept_version_refuses_what_names_no_parts(trained: Deployment) -> None:
    trained.upload(detail("accept_version")["object"]["key"], "{}")
    event = told_by(trained, "accept_version", VersionRejected)
    assert (event.version, event.origin) == ("20240116-9a8b7c6d", "unknown")


def test_audit_models_checks_every_invariant(trained: Deployment) -> None:
    event = told_by(trained, "audit_models", AuditCompleted)
    assert event.passed
    assert trained.object(event.stored.key)["findings"]


def test_watch_deployment_tells_of_what_is_wrong(trained: Deployment) -> None:
    assert trained.invoke("watch_deployment", body("watch_deployment")) == {"batchItemFailures": []}
    trained._observe()
    assert any("lemons-check is gone" in told["Message"] for told in trained.notifications)


def test_track_defects_writes_the_defect_down(trained: Deployment) -> None:
    sold_on_the_19th(trained)
    event = told_by(trained, "track_defects", DefectChanged)
    assert (event.state, event.owner) == ("open", "quality@example.com")
    assert {item["window"] for item in trained.object(event.stored.key)["suspects"]} == {"20240119T000000Z_1d"}


def test_render_reports_keeps_a_dated_copy(trained: Deployment) -> None:
    sold_on_the_19th(trained)
    event = told_by(trained, "render_reports", ReportRendered)
    assert event.page.key == "reports/lemons/periodic/20240120T000000Z.html"
    assert trained.object(event.report.key)["check"]["window"] == "20240119T000000Z_1d"


def test_erase_subject_says_that_it_needs_a_key(trained: Deployment) -> None:
    before = trained.keys("")
    assert trained.invoke("erase_subject", body("erase_subject"))["batchItemFailures"]
    assert "PseudonymKeyArn" in str(trained.errors[-1])
    assert trained.keys("") == before


def test_maintain_store_removes_nothing_that_is_kept_for_good(trained: Deployment) -> None:
    sold_on_the_19th(trained)
    before = trained.keys("")
    assert trained.invoke("maintain_store", body("maintain_store")) == {"batchItemFailures": []}
    assert trained.keys("") == before
