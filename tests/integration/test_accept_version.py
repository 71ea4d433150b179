"""`accept_version`: a version of another environment takes over once all that vouches for it is verified."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from steward.cli.version_export import ExportedVersion, collect, upload
from steward.errors import NotReleased
from steward.events import (
    AuditCompleted,
    AuditRequested,
    CheckCompleted,
    ReleaseChanged,
    RunFailed,
    ValidationCompleted,
    VersionRejected,
)
from steward.promotion.transfer import LedgerExtract, Part
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger
from tests.integration import lemons

from .deployment import EPOCH, Deployment, deployed

AUTHOR = "arn:aws:iam::123456789012:user/ada"


def leave(steward: Deployment, version: str, displaced: str | None = None) -> ExportedVersion:
    ledger = Ledger(Bucket(steward.ledger), "test")
    return collect(Bucket(steward.data, steward.name), ledger, "lemons", version, displaced)


@pytest.fixture(scope="session")
def staged() -> ExportedVersion:
    """The first champion of `lemons` in staging, as it leaves."""
    with deployed(name="staging") as staging:
        lemons.begin(staging)
        return leave(staging, staging.champion("lemons"))


@pytest.fixture
def production() -> Iterator[Deployment]:
    """An environment that knows the declaration, and no version."""
    with deployed(name="production") as deployment:
        deployment.upload("specs/lemons.yaml", lemons.SPEC)
        deployment.settle()
        yield deployment


def test_a_refitted_version_comes_with_what_was_judged() -> None:
    spec = lemons.SPEC.replace("cool_down: 3d", "cool_down: 4d") + "  refit: true\n"
    with deployed(name="staging") as staging:
        lemons.begin(staging, spec)
        sent = leave(staging, staging.champion("lemons"))
    with deployed(name="production") as deployment:
        deployment.upload("specs/lemons.yaml", spec)
        deployment.settle()
        arrive(deployment, sent)
        assert not deployment.errors, deployment.errors
        assert deployment.champion("lemons") == sent.version
        manifest = deployment.object(f"models/lemons/versions/{sent.version}/manifest.json")
        for part in ("artifact", "judged"):
            stored = manifest[part]
            body = deployment.contents(stored["key"])[stored["key"]]
            assert hashlib.sha256(body).hexdigest() == stored["sha256"]


def arrive(steward: Deployment, sent: ExportedVersion, over: str | None = None, **parts: bytes | None) -> str:
    """Send a version, some of its parts altered (`model_skops=b"..."`) or left out; its correlation id."""
    named = {name.replace("_", "."): body for name, body in parts.items()}
    bodies: dict[Part, Any] = {part: body for part, body in (sent.bodies | named).items() if body is not None}
    altered = ExportedVersion(sent.model, sent.version, sent.origin, bodies)
    steward.clock.pass_by(timedelta(minutes=1))
    data = Bucket(steward.data, steward.name)
    correlation_id = upload(data, altered, author=AUTHOR, sent_at=EPOCH, over=over)
    steward.settle()
    return correlation_id


def test_a_version_that_comes_whole_is_put_in_charge_and_recorded(
    production: Deployment, staged: ExportedVersion
) -> None:
    correlation_id = arrive(production, staged)
    assert not production.errors, production.errors
    assert production.champion("lemons") == staged.version
    (released,) = production.told(ReleaseChanged)
    assert (released.stage, released.correlation_id) == ("champion", correlation_id)
    entries = {entry.action: entry for entry in production.entries("lemons")}
    assert AUTHOR in entries["version_accepted"].summary
    assert entries["version_accepted"].evidence[0].key == f"promotions/lemons/{staged.version}.json"
    manifest = production.object(f"models/lemons/versions/{staged.version}/manifest.json")
    assert manifest["environment"] == "staging"
    evaluation = production.object(f"models/lemons/versions/{staged.version}/evaluation.json")
    assert (evaluation["accepted"]["origin"], evaluation["accepted"]["author"]) == ("staging", AUTHOR)
    split = manifest["split"]["key"]
    assert split == manifest["dataset"]["key"].replace("manifest.json", "split.json")
    assert production.contents(split)[split] == staged.bodies["split.json"]


def test_what_was_accepted_checks_windows_and_stands_an_audit(production: Deployment, staged: ExportedVersion) -> None:
    arrive(production, staged)
    production.upload("inbox/lemons/predictions/a.csv", lemons.csv(lemons.predictions(lemons.sales(1, first_day=15))))
    production.settle()
    assert [event.version for event in production.told(CheckCompleted)] == [staged.version]
    now = production.clock.now
    production.publish(AuditRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="test"))
    production.settle()
    audited = production.told(AuditCompleted)[-1]
    assert audited.passed, audited.failed
    findings = {
        finding["invariant"]: finding["message"] for finding in production.object(audited.stored.key)["findings"]
    }
    assert "trained in staging, where its records are" in findings["dataset_intact"]


def test_redelivery_and_a_second_sending_change_nothing(production: Deployment, staged: ExportedVersion) -> None:
    arrive(production, staged)
    before = production.contents("models/"), production.contents("runs/")
    key = f"promotions/lemons/{staged.version}.json"
    version_id = Bucket(production.data).newest_version(key)
    for _ in range(2):
        production.invoke("accept_version", production.message_of(key, version_id))
    arrive(production, staged)
    assert (production.contents("models/"), production.contents("runs/")) == before
    assert len({event.event_id for event in production.told(ValidationCompleted)}) == 1
    actions = [entry.action for entry in production.entries("lemons")]
    assert (actions.count("version_accepted"), actions.count("champion_promoted")) == (1, 1)


def altered(sent: ExportedVersion, part: Part, **changes: object) -> bytes:
    return json.dumps(json.loads(sent.bodies[part]) | changes).encode()


def refused(steward: Deployment, correlation_id: str) -> VersionRejected:
    """The refusal, which changed nothing, and which people hear of."""
    (event,) = steward.told(VersionRejected)
    assert event.correlation_id == correlation_id
    assert not steward.keys("models/lemons/versions/")
    assert not steward.keys("runs/lemons/2")
    assert steward.entries("lemons")[-1].action == "version_rejected"
    assert steward.notifications[-1]["Subject"].startswith(f"lemons: version {event.version} of staging refused")
    assert "The version in charge is unchanged" in steward.notifications[-1]["Message"]
    return event


@pytest.mark.parametrize(
    "part", ["manifest.json", "model.skops", "baseline.json", "background.json", "evaluation.json", "dataset.json",
             "spec.json"]
)  # fmt: skip
def test_a_part_with_other_bytes_is_refused(production: Deployment, staged: ExportedVersion, part: Part) -> None:
    body = staged.bodies[part]
    other = body + b" " if part != "model.skops" else body[:-1] + bytes([body[-1] ^ 1])
    event = refused(production, arrive(production, staged, **{part.replace(".", "_"): other}))
    assert any(problem.startswith(f"{part} has SHA-256") for problem in event.problems)


@pytest.mark.parametrize(
    "part", ["manifest.json", "baseline.json", "evaluation.json", "split.json", "run.json", "ledger.json"]
)
def test_a_part_that_is_missing_is_refused(production: Deployment, staged: ExportedVersion, part: Part) -> None:
    event = refused(production, arrive(production, staged, **{part.replace(".", "_"): None}))
    assert event.problems == [f"{part} is missing"]


def test_an_artifact_that_is_missing_is_refused(production: Deployment, staged: ExportedVersion) -> None:
    event = refused(production, arrive(production, staged, model_skops=None))
    assert event.problems[0] == "model.skops is missing"


@pytest.mark.parametrize("part", ["manifest.json", "evaluation.json", "run.json", "ledger.json"])
def test_a_part_that_cannot_be_read_is_refused(production: Deployment, staged: ExportedVersion, part: Part) -> None:
    event = refused(production, arrive(production, staged, **{part.replace(".", "_"): b'{"a": 1}'}))
    assert event.problems[0].startswith(f"{part} cannot be read: ")


def test_bytes_that_change_after_they_were_listed_are_refused(production: Deployment, staged: ExportedVersion) -> None:
    data = Bucket(production.data, production.name)
    upload(data, staged, author=AUTHOR, sent_at=EPOCH, over=None)
    key = f"promotions/lemons/{staged.version}.json"
    transfer = production.object(key)
    transfer["parts"]["model.skops"]["version_id"] = data.put(
        f"transfers/lemons/{staged.version}/model.skops", b"x"
    ).version_id
    data.put(key, json.dumps(transfer).encode())
    production.settle()
    assert any("has SHA-256" in problem for problem in production.told(VersionRejected)[-1].problems)


def test_a_ledger_with_an_altered_entry_is_refused(production: Deployment, staged: ExportedVersion) -> None:
    told = LedgerExtract.model_validate_json(staged.bodies["ledger.json"])
    entries = [entry.model_copy(update={"summary": "all is well"}) for entry in told.entries[:1]] + told.entries[1:]
    forged = told.model_copy(update={"entries": entries}).model_dump_json().encode()
    event = refused(production, arrive(production, staged, ledger_json=forged))
    assert "the extract of the ledger is broken: entry 3 was altered" in event.problems[0]


def test_a_ledger_with_a_missing_entry_is_refused(production: Deployment, staged: ExportedVersion) -> None:
    told = LedgerExtract.model_validate_json(staged.bodies["ledger.json"])
    cut = told.model_copy(update={"entries": [told.entries[0], *told.entries[2:]]}).model_dump_json().encode()
    event = refused(production, arrive(production, staged, ledger_json=cut))
    assert "is missing" in event.problems[0]


def test_a_version_that_failed_its_gates_is_refused(production: Deployment, staged: ExportedVersion) -> None:
    evaluation = json.loads(staged.bodies["evaluation.json"])
    gates = [gate | {"passed": False} for gate in evaluation["gates"]]
    event = refused(
        production, arrive(production, staged, evaluation_json=altered(staged, "evaluation.json", gates=gates))
    )
    assert any(problem.startswith("it did not pass its gates") for problem in event.problems)


def test_a_model_that_is_declared_otherwise_is_refused_until_it_is_declared_alike(
    production: Deployment, staged: ExportedVersion
) -> None:
    production.upload("specs/lemons.yaml", lemons.SPEC.replace("maximum: 60", "maximum: 70") + "threshold: 0.4\n")
    production.settle()
    event = refused(production, arrive(production, staged))
    assert event.problems == [
        "the declaration here differs in threshold, features: push the one that it was trained under"
    ]
    production.upload("specs/lemons.yaml", lemons.SPEC.replace("rate(1 hour)", "rate(2 hours)"))
    production.settle()
    arrive(production, staged)
    assert production.champion("lemons") == staged.version


def test_a_model_that_is_not_declared_is_refused(steward: Deployment, staged: ExportedVersion) -> None:
    event = refused(steward, arrive(steward, staged))
    assert event.problems == ["model lemons is not declared here: push the declaration that it was trained under"]


def test_what_was_sent_elsewhere_is_refused(staged: ExportedVersion) -> None:
    with deployed(name="canary") as canary:
        canary.upload("specs/lemons.yaml", lemons.SPEC)
        canary.settle()
        data = Bucket(canary.data, "production")
        upload(data, staged, author=AUTHOR, sent_at=EPOCH, over=None)
        canary.settle()
        (event,) = canary.told(VersionRejected)
        assert event.problems == ["it was sent to production, and this is canary"]


def test_a_champion_that_it_was_not_judged_against_stays_unless_named(
    production: Deployment, staged: ExportedVersion
) -> None:
    production.upload("inbox/lemons/reference/own.csv", lemons.csv(lemons.sales(14, seed=3)))
    production.settle()
    own = production.champion("lemons")
    event_id = arrive(production, staged)
    (event,) = production.told(VersionRejected)
    assert event.correlation_id == event_id
    assert f"`steward promote ... --over {own}`" in event.problems[0]
    assert production.champion("lemons") == own
    arrive(production, staged, over=own)
    assert production.champion("lemons") == staged.version


def test_a_champion_that_moves_before_the_release_fails_it_and_the_version_may_be_sent_again(
    production: Deployment, staged: ExportedVersion
) -> None:
    production.queues.pop("release_model")
    arrive(production, staged)
    (judged,) = production.told(ValidationCompleted)
    other = {"version": "20240101-other", "run": "other", "as_of": EPOCH.isoformat(), "promoted_at": EPOCH.isoformat()}
    production.upload("models/lemons/routing.json", json.dumps({"model": "lemons", "promotions": [other]}))
    assert production.deliver("release_model", judged)
    production.settle()
    assert production.told(RunFailed)
    arrive(production, staged, over="20240101-other")
    again = production.told(ValidationCompleted)[-1]
    assert again.event_id != judged.event_id
    assert production.deliver("release_model", again)
    assert production.champion("lemons") == staged.version


@pytest.mark.parametrize("key", ["promotions/lemons.json", "promotions/Lemons/v.json", "promotions/lemons/a/b.json"])
def test_an_upload_in_no_place_is_refused(production: Deployment, key: str) -> None:
    production.upload(key, "{}")
    production.settle()
    (event,) = production.told(VersionRejected)
    assert (event.model, event.origin) == ("unknown", "unknown")
    assert "is not a promotion's place" in event.problems[0]


def test_a_list_under_another_versions_name_is_refused(production: Deployment, staged: ExportedVersion) -> None:
    upload(Bucket(production.data, "production"), staged, author=AUTHOR, sent_at=EPOCH, over=None)
    body = json.dumps(production.object(f"promotions/lemons/{staged.version}.json"))
    production.settle()
    production.upload("promotions/lemons/20240101-00000000.json", body)
    production.settle()
    (event,) = production.told(VersionRejected)
    assert event.problems == [f"promotions/lemons/20240101-00000000.json lists lemons {staged.version}"]


def test_a_version_is_sent_on_only_from_where_it_was_trained_and_released(
    production: Deployment, staged: ExportedVersion
) -> None:
    arrive(production, staged)
    with pytest.raises(NotReleased, match="was trained in staging; send it on from there"):
        leave(production, staged.version)
    production.upload("models/lemons/routing.json", json.dumps({"model": "lemons", "promotions": []}))
    production.name = "staging"
    with pytest.raises(NotReleased, match="is not released in staging"):
        leave(production, staged.version)


def test_a_release_of_a_version_that_was_copied_by_hand_fails(trained: Deployment) -> None:
    version = trained.champion("lemons")
    key = f"models/lemons/versions/{version}/manifest.json"
    trained.upload(key, json.dumps(trained.object(key) | {"environment": "staging"}))
    (entry,) = [entry for entry in trained.entries("lemons") if entry.action == "validation_completed"]
    run = trained.object(key)["run"]
    trained.upload("models/lemons/routing.json", json.dumps({"model": "lemons", "promotions": []}))
    stored = next(item for item in entry.evidence if item.key.endswith("evaluation.json"))
    state = trained.object(f"runs/lemons/{run}.json") | {"stage": "validated"}
    trained.upload(f"runs/lemons/{run}.json", json.dumps(state))
    judged = ValidationCompleted(
        occurred_at=EPOCH, model="lemons", as_of=entry.as_of, correlation_id="c", run=run, version=version, passed=True,
        summary="s", evaluation=stored,
    )  # fmt: skip
    assert trained.deliver("release_model", judged)
    trained.settle()
    (failed,) = trained.told(RunFailed)
    assert "was trained in staging and production never accepted it" in failed.message
