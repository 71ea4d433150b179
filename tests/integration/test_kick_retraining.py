"""`kick_retraining`: the policy's answers, refusals as carefully recorded as starts, the same event the same answer."""

import json
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from steward import aws
from steward.events import (
    AlertRaised,
    BatchIngested,
    DefectProposed,
    FreezeProposed,
    RetrainingProposed,
    TrainingDeclined,
    TrainingRequested,
)
from steward.ingestion import upload_events
from tests.integration import lemons
from tests.nightly import nightly

from .deployment import Deployment
from .terminal import reached, run

DAY = timedelta(days=1)


def proposed(steward: Deployment, day: float, reason: str = "someone asks") -> RetrainingProposed:
    as_of = lemons.START + day * DAY
    return RetrainingProposed(
        occurred_at=steward.clock.now, as_of=as_of, model="lemons", correlation_id="test", reason=reason
    )


def asked(steward: Deployment, event: Any) -> list[Any]:
    """The answers to one event, kept from `train_model`."""
    queue = steward.queues.pop("train_model")
    assert steward.deliver("kick_retraining", event)
    try:
        return steward.settle()
    finally:
        steward.queues["train_model"] = queue


def label_days(steward: Deployment, *days: int) -> None:
    for day in days:
        sold = lemons.sales(1, first_day=day)
        steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
        steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
        steward.settle()


def test_a_refusal_is_recorded_with_all_its_reasons(trained: Deployment) -> None:
    (declined,) = asked(trained, proposed(trained, 15.5))
    assert isinstance(declined, TrainingDeclined)
    assert declined.triggers == ["someone asks"]
    assert [reason.split(":")[0] for reason in declined.reasons] == [
        "cool-down",
        "0 labelled rows since the newest run, under the same declaration; the policy asks for 500",
    ]
    (entry,) = [entry for entry in trained.entries("lemons") if entry.identity == declined.event_id]
    assert entry.action == "training_declined"
    assert all(reason in entry.summary for reason in declined.reasons)


def test_too_few_labels_hold_back_a_first_run(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    steward.upload("inbox/lemons/reference/few.csv", lemons.csv(lemons.sales(2)))
    (declined,) = [event for event in steward.settle() if isinstance(event, TrainingDeclined)]
    assert declined.triggers == ["no version is in charge yet"]
    assert declined.reasons == ["800 labelled rows so far; a first run needs 1,000"]


@pytest.mark.parametrize(
    "order", [(2, 0, 1), *nightly(*((one,) for one in permutations(range(3)) if one != (2, 0, 1)))]
)
def test_a_first_version_learns_from_all_reference_files_in_whichever_order_they_are_told_of(
    steward: Deployment, order: tuple[int, ...]
) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC.replace("minimum_labels: 1000", "minimum_labels: 5600"))
    steward.settle()
    for first_day, days in ((0, 5), (5, 5), (10, 4)):
        sold = lemons.sales(days, first_day=first_day)
        steward.upload(f"inbox/lemons/reference/{first_day}.csv", lemons.csv(sold))
    kick = steward.queues.pop("kick_retraining")
    steward.settle()
    aws.sqs().purge_queue(QueueUrl=kick)
    told = sorted(steward.told(BatchIngested), key=lambda event: event.batch)
    for at in order:
        assert steward.deliver("kick_retraining", told[at])
        steward.settle()
    assert not steward.errors, steward.errors
    (requested,) = steward.told(TrainingRequested)
    assert requested.as_of == lemons.START + 14 * DAY
    manifest = steward.object(f"models/lemons/versions/{steward.champion('lemons')}/manifest.json")
    assert manifest["training_rows"] + manifest["holdout_rows"] == 14 * 400
    dataset = steward.object(manifest["dataset"]["key"])
    assert {item["batch"] for item in dataset["objects"]} == {event.batch for event in told}


def test_enough_labels_after_the_cool_down_start_a_run(trained: Deployment) -> None:
    label_days(trained, 14, 15)
    (requested,) = asked(trained, proposed(trained, 18))
    assert isinstance(requested, TrainingRequested)
    assert requested.reasons == ["someone asks"]
    run = trained.object(f"runs/lemons/{requested.run}.json")
    assert (run["stage"], run["correlation_id"]) == ("requested", "test")


def test_the_same_event_gets_the_same_answer(trained: Deployment) -> None:
    label_days(trained, 14, 15)
    event = proposed(trained, 18)
    before = trained.keys("runs/lemons/")
    answers = [asked(trained, event) for _ in range(3)]
    assert len({answer.event_id for (answer,) in answers}) == 1
    assert len(trained.keys("runs/lemons/")) == len(before) + 1
    actions = [entry.action for entry in trained.entries("lemons")]
    assert actions.count("training_requested") == 2


def test_a_refused_event_is_still_refused_when_the_obstacle_is_gone(trained: Deployment) -> None:
    event = proposed(trained, 18)
    (first,) = asked(trained, event)
    label_days(trained, 14, 15)
    (again,) = asked(trained, event)
    assert isinstance(again, TrainingDeclined)
    assert again.event_id == first.event_id


def test_a_run_in_flight_holds_back_the_next(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("cool_down: 3d", "cool_down: 1h"))
    trained.settle()
    label_days(trained, 14, 15, 16, 17)
    (requested,) = asked(trained, proposed(trained, 18, "the first asks"))
    (declined,) = asked(trained, proposed(trained, 19, "the second asks"))
    assert isinstance(declined, TrainingDeclined)
    assert f"run {requested.run} has not ended" in declined.reasons


def test_a_run_that_fell_silent_holds_back_nothing_after_a_day(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("minimum_new_labels: 500", "minimum_new_labels: 0"))
    trained.settle()
    (lost,) = asked(trained, proposed(trained, 18))
    assert isinstance(lost, TrainingRequested)
    trained.clock.pass_by(timedelta(hours=25))
    (requested,) = asked(trained, proposed(trained, 22, "someone asks again"))
    assert isinstance(requested, TrainingRequested)


def test_an_alert_that_the_policy_does_not_name_starts_nothing(trained: Deployment) -> None:
    label_days(trained, 14, 15)
    alert = AlertRaised(
        occurred_at=trained.clock.now, as_of=lemons.START + 18 * DAY, model="lemons", correlation_id="test",
        monitor="missing_values", version="v", window="20240118T000000Z_1d", summary="more are missing",
    )  # fmt: skip
    assert asked(trained, alert) == []


def test_an_alert_that_the_policy_names_starts_a_run(trained: Deployment) -> None:
    label_days(trained, 14, 15)
    alert = AlertRaised(
        occurred_at=trained.clock.now, as_of=lemons.START + 18 * DAY, model="lemons", correlation_id="test",
        monitor="roc_auc", version="v", window="20240118T000000Z_1d", summary="it fell",
    )  # fmt: skip
    (requested,) = asked(trained, alert)
    assert requested.reasons == ["alert roc_auc is firing"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
@pytest.mark.parametrize("recipe", [True, False])
def test_one_reference_of_many_windows_asks_for_one_run(
    steward: Deployment, monkeypatch: pytest.MonkeyPatch, order: tuple[int, ...], *, recipe: bool
) -> None:
    """A batch of many windows is told of in several events, in whichever order these come."""
    monkeypatch.setattr(upload_events, "_WINDOWS_AN_EVENT", 6)
    steward.upload("specs/lemons.yaml", lemons.SPEC if recipe else lemons.SPEC.partition("retraining:")[0])
    steward.settle()
    sold = lemons.sales(14)
    scored = lemons.predictions(sold).assign(lemon=sold["lemon"])
    steward.upload("inbox/lemons/reference/all.csv", lemons.csv(scored))
    kick = steward.queues.pop("kick_retraining")
    steward.settle()
    aws.sqs().purge_queue(QueueUrl=kick)
    told = sorted(steward.told(BatchIngested), key=lambda event: event.windows)
    assert [len(event.windows) for event in told] == [6, 6, 2]
    for at in order:
        assert steward.deliver("kick_retraining", told[at])
        steward.settle()
    (requested,) = steward.told(TrainingRequested)
    assert requested.as_of == lemons.START + 14 * DAY
    assert not steward.told(TrainingDeclined)


def reconfigure(steward: Deployment, more: str) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC + more)
    steward.settle()


def decision_of(steward: Deployment, event: Any) -> dict[str, Any]:
    (entry,) = [entry for entry in steward.entries("lemons") if entry.identity == event.event_id]
    (evidence,) = entry.evidence
    document: dict[str, Any] = steward.object(evidence.key)
    return document


def test_a_decision_is_a_document_that_the_ledger_names(trained: Deployment) -> None:
    label_days(trained, 14, 15)
    (requested,) = asked(trained, proposed(trained, 18))
    started = decision_of(trained, requested)
    assert (started["verdict"], started["decision"]) == ("start", requested.run)
    assert started["fired"] == [{"rule": "schedule", "sentence": "someone asks"}]
    assert started["inputs"]["new_labels"] == 800
    assert sum(started["inputs"]["new_labels_by_class"].values()) == 800
    assert started["inputs"]["realised"]["metric"] == "log_loss"
    (declined,) = asked(trained, proposed(trained, 19))
    held = decision_of(trained, declined)
    assert held["verdict"] == "decline"
    assert [rule["rule"] for rule in held["held"]] == ["run_in_flight", "cool_down", "minimum_new_labels"]


def test_a_decision_is_stored_once_however_often_it_is_asked_for(trained: Deployment) -> None:
    event = proposed(trained, 15.5)
    for _ in range(3):
        asked(trained, event)
    assert len(trained.keys("decisions/lemons/")) == 2, "of the first version, and this one"


def test_a_month_that_had_its_runs_holds_the_next_one_back(trained: Deployment) -> None:
    reconfigure(trained, "  budget: {runs: 1}\n")
    label_days(trained, 14, 15)
    (declined,) = asked(trained, proposed(trained, 18))
    assert declined.reasons == ["budget: 1 runs in January 2024, of 1 that the policy allows a month"]
    (requested,) = asked(trained, proposed(trained, 32))
    assert isinstance(requested, TrainingRequested)


def test_a_month_that_cost_enough_holds_the_next_run_back(trained: Deployment) -> None:
    reconfigure(trained, "  budget: {dollars: 0.5}\n")
    label_days(trained, 14, 15)
    (key,) = [key for key in trained.keys("runs/lemons/") if "_policy" not in key]
    run = trained.object(key) | {"dollars": 0.4}
    aws.s3().put_object(Bucket=trained.data, Key=key, Body=json.dumps(run).encode())
    (declined,) = asked(trained, proposed(trained, 18))
    (reason,) = declined.reasons
    assert "took 0.4000 dollars and the next may take 0.4000, of 0.5 that the policy allows a month" in reason
    (requested,) = asked(trained, proposed(trained, 32))
    assert isinstance(requested, TrainingRequested)


def test_a_freeze_holds_runs_back_where_the_policy_says_so(trained: Deployment) -> None:
    reconfigure(trained, "  hold_on: [freeze]\n")
    label_days(trained, 14, 15)
    until = lemons.START + 20 * DAY
    freeze = FreezeProposed(
        occurred_at=trained.clock.now, as_of=lemons.START + 16 * DAY, model="lemons", correlation_id="test",
        until=until, reason="holidays", author="ann",
    )  # fmt: skip
    assert trained.deliver("release_model", freeze)
    (declined,) = asked(trained, proposed(trained, 18))
    assert declined.reasons == ["promotions are frozen until 2024-01-21 00:00 UTC by ann: holidays"]
    (requested,) = asked(trained, proposed(trained, 21))
    assert isinstance(requested, TrainingRequested)


def test_an_open_critical_defect_holds_runs_back_where_the_policy_says_so(trained: Deployment) -> None:
    reconfigure(trained, "  hold_on: [critical_defect]\n")
    label_days(trained, 14, 15)
    defect = DefectProposed(
        occurred_at=trained.clock.now, as_of=lemons.START + 16 * DAY, model="lemons", correlation_id="test",
        source="person", severity="critical", title="mileage is in miles", author="ann",
    )  # fmt: skip
    assert trained.deliver("track_defects", defect)
    trained.settle()
    (declined,) = asked(trained, proposed(trained, 18))
    assert declined.reasons == ["critical defects of the data are not closed: mileage is in miles"]


def test_a_realised_loss_starts_a_run_without_an_alert(trained: Deployment) -> None:
    reconfigure(trained, "  on_realised_loss: 0.5\n")
    for day in (17, 18):
        turned = lemons.sales(1, first_day=day, flipped=True)
        scored = lemons.predictions(turned, trained.champion("lemons"))
        trained.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
        trained.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(turned)))
    kept = trained.queues.pop("check_window"), trained.queues.pop("train_model")
    trained.settle()
    trained.queues["check_window"], trained.queues["train_model"] = kept
    requested = trained.told(TrainingRequested)[-1]
    assert requested.reasons[0].startswith("log loss of the newest labelled window is ")
    assert "beyond 0.5" in requested.reasons[0]


def test_a_gain_that_is_worth_its_cost_starts_a_run_and_what_it_gained_is_remembered(trained: Deployment) -> None:
    reconfigure(trained, "  policy: cost_aware\n  run_cost: 0.2\n  horizon: 20d\n")
    for day in range(14, 22):
        turned = lemons.sales(1, first_day=day, flipped=day >= 17)
        scored = lemons.predictions(turned, trained.champion("lemons"))
        trained.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
        trained.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(turned)))
        kept = trained.queues.pop("check_window")
        trained.settle()
        trained.queues["check_window"] = kept
    requested = trained.told(TrainingRequested)[1]
    assert requested.reasons[0].startswith("a new version is forecast to gain ")
    document = decision_of(trained, requested)
    assert [rule["rule"] for rule in document["fired"]] == ["expected_gain"]
    assert document["inputs"]["forecast"]["increase"] > 0.5
    assert document["inputs"]["forecast"]["cost"] == 0.2
    judged = trained.object("runs/lemons/_policy.json")["judged"][requested.run]
    assert judged["promoted"] is not None
    assert judged["gain"] is not None


def test_decisions_are_listed_with_what_they_rest_on(trained: Deployment) -> None:
    (declined,) = asked(trained, proposed(trained, 15.5))
    document = decision_of(trained, declined)
    with reached(trained):
        listed = run("decisions", "lemons").stdout.splitlines()
        shown = run("decisions", "lemons", document["decision"]).stdout
        newest, first = json.loads(run("decisions", "lemons", "--json").stdout)
        unknown = run("decisions", "lemons", "2031")
    assert sum("held back" in line and "cool-down: the newest run is" in line for line in listed) == 1
    assert sum("run started" in line and "no version is in charge yet" in line for line in listed) == 1
    assert "asked by schedule: someone asks" in shown
    assert "held back by minimum_new_labels: 0 labelled rows" in shown
    assert (newest["decision"], first["verdict"]) == (document["decision"], "start")
    assert unknown.code == 2
