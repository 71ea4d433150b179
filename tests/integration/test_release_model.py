"""`release_model`: frozen promotions wait and are not lost; a champion is rolled back once; everything is recorded."""

import json
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from steward import aws
from steward.events import (
    AuditCompleted,
    AuditRequested,
    CheckRequested,
    FreezeProposed,
    ObjectRef,
    ReleaseChanged,
    RollbackProposed,
    RunFailed,
    ValidationCompleted,
)
from steward.ledger import LedgerEntry
from steward.retraining.runs import Run
from steward.store.stored_objects import sha256
from steward.validation.evaluation import Evaluation, GateResult
from tests.integration import lemons

from .deployment import Deployment

DAY = timedelta(days=1)
BEGIN = lemons.START + 16 * DAY
ANN = "arn:aws:iam::123456789012:user/ann"


def judged(steward: Deployment, version: str, day: float = 0) -> ValidationCompleted:
    """A version that passed its gates against the present champion, with its run and its evidence."""
    as_of = BEGIN + day * DAY
    run = Run(
        run=f"run-{version}", model="lemons", as_of=as_of, reasons=["someone asks"], correlation_id="test",
        requested_at=steward.clock.now, stage="validated",
    )  # fmt: skip
    store(steward, f"runs/lemons/{run.run}.json", run.model_dump_json())
    trained = next(key for key in steward.keys("models/lemons/versions/") if key.endswith("manifest.json"))
    manifest = steward.object(trained)  # of the version that was really trained; it stands for those that are made up
    store(steward, f"models/lemons/versions/{version}/manifest.json", json.dumps(manifest | {"version": version}))
    place = ObjectRef(key="k", version_id="v", sha256="0" * 64)
    evaluation = Evaluation(
        model="lemons", version=version, champion=steward.champion("lemons"), run=run.run, as_of=as_of, dataset=place,
        holdout_start=as_of, holdout_rows=400, metrics={}, champion_metrics={},
        gates=[GateResult(gate="better_than_champion", passed=True, message="log loss gains 0.1")],
    )  # fmt: skip
    evidence = store(steward, f"models/lemons/versions/{version}/evaluation.json", evaluation.model_dump_json())
    return ValidationCompleted(
        occurred_at=steward.clock.now, model="lemons", as_of=as_of, correlation_id="test", run=run.run,
        version=version, passed=True, summary="log loss gains 0.1", evaluation=evidence,
    )  # fmt: skip


def store(steward: Deployment, key: str, content: str) -> ObjectRef:
    return ObjectRef(key=key, version_id=steward.upload(key, content), sha256=sha256(content.encode()))


serial = count()


def frozen(steward: Deployment, until: datetime | None = None) -> FreezeProposed:
    return FreezeProposed(
        occurred_at=steward.clock.now, model="lemons", as_of=BEGIN, correlation_id=f"freeze-{next(serial)}",
        until=until, reason="the year ends", author=ANN,
    )  # fmt: skip


def thaw(steward: Deployment) -> FreezeProposed:
    return frozen(steward, until=BEGIN)


def roll_back(steward: Deployment) -> RollbackProposed:
    return RollbackProposed(
        occurred_at=steward.clock.now, model="lemons", as_of=BEGIN, correlation_id=f"roll-back-{next(serial)}",
        reason="customers complain", author=ANN,
    )  # fmt: skip


def released(steward: Deployment, cause: Any, *, times: int = 2) -> list[ReleaseChanged | RunFailed]:
    """What is told of an event, the same however often it is delivered; told once of each thing."""
    before = len(steward.published)
    for _ in range(times):
        steward.clock.pass_by(timedelta(seconds=1))
        assert steward.deliver("release_model", cause), steward.errors
    steward._observe()
    told = {event.event_id: event for event in steward.published[before:]}
    return [event for event in told.values() if isinstance(event, ReleaseChanged | RunFailed)]


def recorded(steward: Deployment, action: str) -> list[LedgerEntry]:
    return [entry for entry in steward.entries("lemons") if entry.action == action]


def stage(steward: Deployment, version: str) -> str:
    return steward.object(f"runs/lemons/run-{version}.json")["stage"]


def test_a_promotion_waits_while_frozen_and_goes_on_when_thawed(trained: Deployment) -> None:
    first = trained.champion("lemons")
    assert released(trained, frozen(trained)) == []
    waiting = judged(trained, "v2")
    (held,) = released(trained, waiting)
    assert isinstance(held, ReleaseChanged)
    assert (held.stage, held.version, held.previous) == ("held", "v2", first)
    assert "frozen until thawed" in held.summary
    assert ANN in held.summary
    assert (trained.champion("lemons"), stage(trained, "v2")) == (first, "validated")
    (promoted,) = released(trained, thaw(trained))
    assert isinstance(promoted, ReleaseChanged)
    assert (promoted.stage, promoted.version, promoted.previous) == ("champion", "v2", first)
    assert (trained.champion("lemons"), stage(trained, "v2")) == ("v2", "promoted")
    assert trained.object("models/lemons/routing.json")["held"] == []
    for action in ("promotions_frozen", "promotion_held", "promotions_thawed"):
        assert len(recorded(trained, action)) == 1, action
    assert "1 waited" in recorded(trained, "promotions_thawed")[0].summary


def test_an_unfrozen_model_is_thawed_in_peace(trained: Deployment) -> None:
    assert released(trained, thaw(trained)) == []
    (promoted,) = released(trained, judged(trained, "v2"))
    assert (promoted.version, trained.champion("lemons")) == ("v2", "v2")


def test_a_freeze_that_comes_before_the_first_version_holds_it_too(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    assert steward.deliver("release_model", frozen(steward))
    steward.upload("inbox/lemons/reference/first.csv", lemons.csv(lemons.sales(14)))
    steward.settle()
    assert [event.stage for event in steward.told(ReleaseChanged)] == ["held"]
    assert steward.deliver("release_model", thaw(steward))
    steward.settle()
    assert [event.stage for event in steward.told(ReleaseChanged)] == ["held", "champion"]


def checked(steward: Deployment, day: float) -> None:
    """A day's predictions come, and are checked; the functions do the rest by themselves."""
    sold = lemons.sales(1, first_day=int(day))
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(lemons.predictions(sold)))
    steward.settle()
    as_of = lemons.START + (day + 1) * DAY
    steward.publish(CheckRequested(occurred_at=steward.clock.now, model="lemons", as_of=as_of, correlation_id="c"))
    steward.settle()


def test_a_freeze_ends_by_itself_when_checks_have_come_that_far(trained: Deployment) -> None:
    first = trained.champion("lemons")
    released(trained, frozen(trained, until=lemons.START + 19 * DAY))
    released(trained, judged(trained, "v2"))
    checked(trained, 16)
    assert trained.champion("lemons") == first
    checked(trained, 18)
    assert (trained.champion("lemons"), stage(trained, "v2")) == ("v2", "promoted")
    (entry,) = recorded(trained, "promotions_thawed")
    assert "is over; 1 waited" in entry.summary


def test_an_audit_ends_a_freeze_where_no_check_comes(trained: Deployment) -> None:
    released(trained, frozen(trained, until=BEGIN + DAY))
    released(trained, judged(trained, "v2"))
    request = AuditRequested(occurred_at=trained.clock.now, model="lemons", as_of=BEGIN + DAY, correlation_id="audit")
    trained.publish(request)
    before = len(trained.told(AuditCompleted))
    trained.settle()
    assert len(trained.told(AuditCompleted)) > before
    assert trained.champion("lemons") == "v2"


def test_a_judgement_that_speaks_for_a_later_time_is_not_held(trained: Deployment) -> None:
    released(trained, frozen(trained, until=BEGIN + DAY))
    (promoted,) = released(trained, judged(trained, "v2", day=1))
    assert isinstance(promoted, ReleaseChanged)
    assert promoted.stage == "champion"


def test_of_several_that_waited_the_newest_takes_over_and_the_others_say_why_not(trained: Deployment) -> None:
    released(trained, frozen(trained))
    for version, day in (("v3", 2), ("v2", 1), ("v4", 3)):
        released(trained, judged(trained, version, day))
    told = {event.run: event for event in released(trained, thaw(trained))}
    assert trained.champion("lemons") == "v4"
    assert isinstance(told["run-v4"], ReleaseChanged)
    for version in ("v2", "v3"):
        failed = told[f"run-{version}"]
        assert isinstance(failed, RunFailed)
        assert "v4 is in charge now" in failed.message
        assert stage(trained, version) == "failed"
    assert trained.object("models/lemons/routing.json")["held"] == []


def test_a_promotion_whose_evidence_is_gone_when_thawed_fails_its_run(trained: Deployment) -> None:
    first = trained.champion("lemons")
    released(trained, frozen(trained))
    waiting = judged(trained, "v2")
    released(trained, waiting)
    evidence = waiting.evaluation
    aws.s3().delete_object(Bucket=trained.data, Key=evidence.key, VersionId=evidence.version_id)
    (failed,) = released(trained, thaw(trained))
    assert isinstance(failed, RunFailed)
    assert (trained.champion("lemons"), stage(trained, "v2")) == (first, "failed")
    assert trained.object("models/lemons/routing.json")["held"] == []


def test_a_function_that_died_while_thawing_goes_on_at_the_next_event(trained: Deployment) -> None:
    released(trained, frozen(trained))
    released(trained, judged(trained, "v2"))
    routing = trained.object("models/lemons/routing.json")
    trained.upload("models/lemons/routing.json", json.dumps({**routing, "freeze": None}))
    checked(trained, 16)
    assert trained.champion("lemons") == "v2"


def test_a_champion_is_rolled_back_once_to_the_one_before(trained: Deployment) -> None:
    first = trained.champion("lemons")
    released(trained, judged(trained, "v2"))
    trained.clock.pass_by(DAY)
    (changed,) = released(trained, roll_back(trained), times=3)
    assert isinstance(changed, ReleaseChanged)
    assert (changed.stage, changed.version, changed.previous) == ("rolled_back", first, "v2")
    assert trained.champion("lemons") == first
    (entry,) = recorded(trained, "champion_rolled_back")
    assert (entry.subject, ANN in entry.summary, "customers complain" in entry.summary) == (first, True, True)


def test_an_audit_agrees_with_a_roll_back(trained: Deployment) -> None:
    released(trained, judged(trained, "v2"))
    trained.clock.pass_by(DAY)
    released(trained, roll_back(trained))
    trained.publish(AuditRequested(occurred_at=trained.clock.now, model="lemons", as_of=BEGIN, correlation_id="audit"))
    trained.settle()
    audit = trained.told(AuditCompleted)[-1]
    assert audit.failed == []


def test_a_version_that_was_rolled_back_is_refused_when_a_run_makes_it_again(trained: Deployment) -> None:
    released(trained, judged(trained, "v2"))
    trained.clock.pass_by(DAY)
    released(trained, roll_back(trained))
    again = judged(trained, "v2", day=1)
    run = Run.model_validate(trained.object("runs/lemons/run-v2.json")).model_copy(update={"run": "run-again"})
    store(trained, "runs/lemons/run-again.json", run.model_dump_json())
    (refused,) = released(trained, again.model_copy(update={"run": "run-again"}))
    assert isinstance(refused, ReleaseChanged)
    assert (refused.stage, "was rolled back" in refused.summary) == ("refused", True)
    assert trained.champion("lemons") != "v2"


def test_where_no_version_was_before_the_roll_back_is_declined_and_recorded(trained: Deployment) -> None:
    trained.clock.pass_by(DAY)
    asked = roll_back(trained)
    assert released(trained, asked) == []
    (entry,) = recorded(trained, "rollback_declined")
    assert "no version before" in entry.summary
    trained.clock.pass_by(DAY)
    released(trained, judged(trained, "v2"))
    later = asked.model_copy(update={"occurred_at": trained.clock.now + DAY})
    assert released(trained, later) == [], "what was declined is not carried out when told again"


def test_two_who_ask_at_once_roll_back_one_version(trained: Deployment) -> None:
    released(trained, judged(trained, "v2"))
    released(trained, judged(trained, "v3", day=1))
    trained.clock.pass_by(DAY)
    one, other = roll_back(trained), roll_back(trained)
    assert len(released(trained, one)) == 1
    assert released(trained, other) == []
    assert trained.champion("lemons") == "v2"
    assert "took over at" in recorded(trained, "rollback_declined")[0].summary


def test_a_roll_back_does_not_wait_for_a_thaw(trained: Deployment) -> None:
    first = trained.champion("lemons")
    released(trained, judged(trained, "v2"))
    released(trained, frozen(trained))
    trained.clock.pass_by(DAY)
    released(trained, roll_back(trained))
    assert trained.champion("lemons") == first


def test_the_newest_freeze_counts_and_an_old_one_told_again_does_not(trained: Deployment) -> None:
    first_freeze = frozen(trained)
    released(trained, first_freeze)
    released(trained, thaw(trained))
    released(trained, first_freeze)
    (promoted,) = released(trained, judged(trained, "v2"))
    assert isinstance(promoted, ReleaseChanged)
    assert promoted.stage == "champion"


def test_a_freeze_that_is_delivered_after_the_thaw_that_ended_it_leaves_nothing_frozen(trained: Deployment) -> None:
    closing = frozen(trained)
    trained.clock.pass_by(timedelta(minutes=1))
    opening = thaw(trained)
    released(trained, opening)
    released(trained, closing)
    assert trained.object("models/lemons/routing.json")["freeze"] is None
    (entry,) = recorded(trained, "promotions_frozen")
    assert entry.summary.endswith("; told after what was asked for later, which stands")
    (promoted,) = released(trained, judged(trained, "v2"))
    assert isinstance(promoted, ReleaseChanged)
    assert promoted.stage == "champion"


@pytest.mark.parametrize("shuffle", range(3))
def test_freezes_and_checks_in_any_order_lose_no_promotion(trained: Deployment, shuffle: int) -> None:
    for event in (frozen(trained, until=lemons.START + 17 * DAY), judged(trained, "v2")):
        trained.publish(event)
    sold = lemons.sales(1, first_day=16)
    trained.upload("inbox/lemons/predictions/16.csv", lemons.csv(lemons.predictions(sold)))
    trained.settle(shuffle=shuffle, redeliver=2)
    trained.publish(
        CheckRequested(
            occurred_at=trained.clock.now, model="lemons", as_of=lemons.START + 18 * DAY, correlation_id="last"
        )
    )
    trained.settle()
    checked(trained, 17)
    assert not trained.errors, trained.errors
    assert (trained.champion("lemons"), stage(trained, "v2")) == ("v2", "promoted")
