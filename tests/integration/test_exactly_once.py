"""However often a message is delivered, in whatever order, what is stored in the end is the same."""

import json
import random
from datetime import datetime

import pandas as pd
import pytest

from steward import aws
from steward.events import (
    AlertRaised,
    BatchIngested,
    BatchRejected,
    BatchRepeated,
    Event,
    ReleaseChanged,
    TrainingRequested,
)
from steward.ingestion.cross_batch_duplicates import CrossBatchDuplicates
from tests.integration import lemons
from tests.nightly import nightly

from .deployment import Deployment, Objects, deployed

PREDICTIONS, LABELS = "inbox/lemons/predictions/", "inbox/lemons/labels/"
OF_EARLIER_WINDOWS = ("schema_consistency", "volume", "no_data", "unmatched_labels")
"""Monitors that compare a window with those before it, as far as they had been checked."""

BUCKETS = ("steward-data", "steward-ledger")
Trained = tuple[Objects, datetime]


def stored(steward: Deployment) -> dict[str, bytes]:
    """Every byte of both buckets."""
    return {key: body for bucket in BUCKETS for key, body in steward.contents("", bucket).items()}


def different(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """Keys whose bytes differ; that is what a failing test should show."""
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def a_fortnight_and_a_turn(steward: Deployment, redeliver: int) -> None:
    """Declaration, first version, good days, bad rows, a world upside down, its labels, the retraining for it."""
    steward.upload("specs/lemons.yaml", lemons.SPEC.replace("cool_down: 3d", "cool_down: 1d"))
    steward.settle(redeliver=redeliver)
    steward.upload("inbox/lemons/reference/first.csv", lemons.csv(lemons.sales(14)))
    steward.settle(redeliver=redeliver)
    for day in (14, 18, 19):
        sold = lemons.sales(1, first_day=day, flipped=day >= 18)
        scored = lemons.predictions(sold)
        scored.loc[0, "age"] = 99.0
        steward.upload(f"{PREDICTIONS}{day}.csv", lemons.csv(scored))
        steward.upload(f"{LABELS}{day}.csv", lemons.csv(lemons.labels(sold, timed=day != 18)))
        steward.settle(redeliver=redeliver)
    steward.upload(PREDICTIONS + "broken.csv", b"")
    steward.settle(redeliver=redeliver)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("most", [2, *nightly(3)])
def test_messages_delivered_again_change_not_one_byte(most: int) -> None:
    outcomes = []
    for redeliver in range(1, most + 1):
        with deployed(named_by_content=True) as steward:
            a_fortnight_and_a_turn(steward, redeliver)
            assert not steward.errors, steward.errors
            assert steward.told(AlertRaised)
            assert len({event.run for event in steward.told(TrainingRequested)}) == 2
            assert steward.told(ReleaseChanged)[-1].run != steward.told(ReleaseChanged)[0].run
            outcomes.append((stored(steward), steward.notified(), {event.event_id for event in steward.published}))
    once, told_once, events_once = outcomes[0]
    assert len(told_once) == len(set(told_once))
    for often, told_often, events_often in outcomes[1:]:
        assert different(once, often) == []
        assert set(told_often) == set(told_once)
        assert events_often == events_once


def two_days(steward: Deployment) -> None:
    """Predictions of an upright and a flipped day in two files each, with labels before, after, untimed and twice."""
    for day in (14, 15):
        sold = lemons.sales(1, first_day=day, flipped=day == 15)
        scored = lemons.predictions(sold)
        early, late = sold.iloc[:150], sold.iloc[150:]
        steward.upload(f"{LABELS}early-{day}.csv", lemons.csv(lemons.labels(early, timed=day == 14)))
        steward.upload(f"{PREDICTIONS}even-{day}.csv", lemons.csv(scored.iloc[::2]))
        steward.upload(f"{PREDICTIONS}rest-{day}.csv", lemons.csv(pd.concat([scored.iloc[1::2], scored.iloc[:20]])))
        steward.upload(f"{LABELS}late-{day}.csv", lemons.csv(lemons.labels(late, timed=day == 15)))
        corrected = lemons.labels(sold.iloc[:60]).assign(lemon=0)
        steward.upload(f"{LABELS}corrected-{day}.csv", lemons.csv(corrected))


def order_free(check: dict) -> dict:
    """A check without what rests on the windows that had been checked by then, and on how many files there were."""
    results = [result for result in check["results"] if result["monitor"] not in OF_EARLIER_WINDOWS]
    return check | {"history": None, "results": results}


def conclusions(steward: Deployment) -> dict[str, object]:
    """What must not depend on the order: records, profiles, outcomes, the check that stands of each window, alerts.

    Which earlier windows had been checked by then is named by a check, and may differ, and so may what rests on them.
    """
    alerts = steward.object("alerts/lemons.json")
    standing = {seen["window"]: seen["check"] for seen in alerts["checks"].values()}
    found = {
        place: {name: said for name, said in seen["findings"].items() if name not in OF_EARLIER_WINDOWS}
        for place, seen in alerts["checks"].items()
    }
    return {
        **{prefix: steward.contents(prefix) for prefix in ("records/", "profiles/", "outcomes/", "quarantine/")},
        "checks": {
            at: order_free(steward.object(f"checks/lemons/{at}/{check}.json")) for at, check in standing.items()
        },
        "findings": (alerts["champion"], found),
    }


@pytest.mark.timeout(900)
def test_messages_in_any_order_lead_to_the_same_conclusions(first_champion: Trained) -> None:
    found = []
    for seed in (None, 2):
        with deployed(named_by_content=True) as steward:
            steward.restore(*first_champion)
            two_days(steward)
            steward.settle(shuffle=seed, redeliver=2 if seed else 1)
            assert not steward.errors, steward.errors
            found.append(conclusions(steward))
    assert len(found[0]["checks"]) == 2  # type: ignore[arg-type]
    assert found[1] == found[0]


def rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.10g}")


def results(steward: Deployment) -> list[tuple[object, ...]]:
    """Counts and decisions of every standing check, with its measures to ten digits."""
    checks = conclusions(steward)["checks"]
    return [
        (window, check["rows"], check["labelled_rows"], result["monitor"], result["column"], result["statistic"],
         result["rows"], result["status"], *(rounded(result[name]) for name in ("value", "p_value")))
        for window, check in sorted(checks.items())  # type: ignore[attr-defined]
        for result in order_free(check)["results"]
    ]  # fmt: skip


def test_rows_split_into_files_in_any_way_give_the_same_decisions(first_champion: Trained) -> None:
    sold = pd.concat([lemons.sales(1, first_day=14), lemons.sales(1, first_day=15, flipped=True)], ignore_index=True)
    found = []
    for parts in (1, 3):
        with deployed() as steward:
            steward.restore(*first_champion)
            order = random.Random(parts)  # noqa: S311
            files = [order.randrange(parts) for _ in range(len(sold))]
            uploads = [
                (f"{folder}{part}.csv", lemons.csv(view(sold[[file == part for file in files]])))
                for part in range(parts)
                for folder, view in ((PREDICTIONS, lemons.predictions), (LABELS, lemons.labels))
            ]
            order.shuffle(uploads)
            for key, body in uploads:
                steward.upload(key, body)
                steward.settle()
            found.append(results(steward))
    assert {row[1] for row in found[0]} == {400}
    assert any(row[7] == "drift" or row[7] == "breach" for row in found[0])
    assert found[1] == found[0]


def rivals(steward: Deployment) -> list[str]:
    """Two uploads that share ten ids, not delivered yet; the message of each, the earlier first."""
    sold = lemons.sales(1, first_day=14, rows_a_day=100)
    scored = lemons.predictions(sold)
    messages = []
    for name, frame in (("earlier", scored.iloc[:55]), ("later", scored.iloc[45:].assign(age=1.0))):
        key = f"{PREDICTIONS}{name}.csv"
        messages.append(steward.message_of(key, steward.upload(key, lemons.csv(frame))))
    aws.sqs().purge_queue(QueueUrl=steward.queues["ingest_records"])
    return messages


def counted_once(steward: Deployment) -> None:
    """The earlier upload has all its rows, the later one has those alone that it does not share."""
    assert not steward.errors, steward.errors
    newest = {event.source: event for event in steward.told(BatchIngested)}
    assert [(newest[f"{PREDICTIONS}{name}.csv"].rows) for name in ("earlier", "later")] == [55, 45]
    (seen,) = steward.object("alerts/lemons.json")["checks"].values()
    check = steward.object(f"checks/lemons/{seen['window']}/{seen['check']}.json")
    assert (check["rows"], len(check["batches"])) == (100, 2)


@pytest.mark.parametrize("order", [(1, 0), (0, 1, 0, 1), *nightly(((0, 1),), ((1, 0, 1),))])
def test_of_two_uploads_with_the_same_ids_the_earlier_keeps_them(first_champion: Trained, order: tuple[int]) -> None:
    found = []
    for turns in ((0, 1), order):
        with deployed(named_by_content=True) as steward:
            steward.restore(*first_champion)
            messages = rivals(steward)
            for turn in turns:
                assert not steward.invoke("ingest_records", messages[turn])["batchItemFailures"]
            steward.settle()
            counted_once(steward)
            found.append({prefix: steward.contents(prefix) for prefix in ("records/", "profiles/", "quarantine/")})
    assert found[1] == found[0]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_copy_of_an_earlier_upload_that_was_taken_in_first_is_counted_once(
    trained: Deployment, order: tuple[int]
) -> None:
    scored = lemons.csv(lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=100)))
    keys = [PREDICTIONS + "original.csv", PREDICTIONS + "copy.csv"]
    messages = [trained.message_of(key, trained.upload(key, scored)) for key in keys]
    aws.sqs().purge_queue(QueueUrl=trained.queues["ingest_records"])
    for turn in order:
        trained.invoke("ingest_records", messages[turn])
        trained.settle()
    assert not trained.errors, trained.errors
    assert {event.source for event in trained.told(BatchRepeated)} == {keys[1]}
    assert not trained.told(BatchRejected)
    (seen,) = trained.object("alerts/lemons.json")["checks"].values()
    assert trained.object(f"checks/lemons/{seen['window']}/{seen['check']}.json")["rows"] == 100


@pytest.mark.parametrize("first", [0, 1])
def test_of_two_uploads_taken_in_at_once_the_earlier_keeps_the_ids(
    trained: Deployment, first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages = rivals(trained)
    look = CrossBatchDuplicates.scan

    def look_and_be_overtaken(self: CrossBatchDuplicates, windows: list) -> set[str]:
        seen = look(self, windows)
        monkeypatch.setattr(CrossBatchDuplicates, "scan", look)
        if not overtaken:
            overtaken.append(True)
            trained.invoke("ingest_records", messages[1 - first])
        return seen

    overtaken: list[bool] = []
    monkeypatch.setattr(CrossBatchDuplicates, "scan", look_and_be_overtaken)
    trained.invoke("ingest_records", messages[first])
    trained.settle()
    counted_once(trained)


def outcome(steward: Deployment) -> dict:
    (key,) = steward.keys("outcomes/lemons/")
    return steward.object(key)


def events_after(steward: Deployment, key: str, body: bytes) -> list[str]:
    steward.upload(key, body)
    return [type(event).__name__ for event in steward.settle()]


@pytest.mark.parametrize("timed", [True, False])
@pytest.mark.parametrize("labels_first", [True, False])
def test_labels_meet_their_predictions_whichever_come_first(
    trained: Deployment, *, timed: bool, labels_first: bool
) -> None:
    sold = lemons.sales(1, first_day=14, rows_a_day=100)
    uploads = [
        (PREDICTIONS + "a.csv", lemons.csv(lemons.predictions(sold))),
        (LABELS + "a.csv", lemons.csv(lemons.labels(sold, timed=timed))),
    ]
    for key, body in reversed(uploads) if labels_first else uploads:
        trained.upload(key, body)
        trained.settle()
    assert not trained.failures
    joined = outcome(trained)
    assert joined["outcomes"]["labelled"] == 100
    assert joined["outcomes"]["orphans"] == 0
    assert trained.keys("records/waiting/") == []
    assert any("roc_auc" in seen["findings"] for seen in trained.object("alerts/lemons.json")["checks"].values())


def test_of_two_labels_of_an_id_the_newest_wins(first_champion: Trained) -> None:
    sold = lemons.sales(1, first_day=14, rows_a_day=100)
    found = []
    for order in ((0, 1), (1, 0)):
        with deployed(named_by_content=True) as steward:
            steward.restore(*first_champion)
            steward.upload(PREDICTIONS + "a.csv", lemons.csv(lemons.predictions(sold)))
            steward.settle()
            keys = [LABELS + "first.csv", LABELS + "corrected.csv"]
            bodies = [lemons.csv(lemons.labels(sold)), lemons.csv(lemons.labels(sold.assign(lemon=0)))]
            versions = [steward.upload(key, body) for key, body in zip(keys, bodies, strict=True)]
            aws.sqs().purge_queue(QueueUrl=steward.queues["ingest_records"])
            for turn in order:
                steward.invoke("ingest_records", steward.message_of(keys[turn], versions[turn]))
                steward.settle()
            found.append(outcome(steward))
    assert found[0] == found[1]
    assert found[0]["outcomes"]["labelled"] == 100
    assert found[0]["outcomes"]["positive_scores"] == {}


def test_labels_without_a_prediction_are_counted_as_orphans_until_it_comes(trained: Deployment) -> None:
    sold = lemons.sales(1, first_day=14, rows_a_day=100)
    scored = lemons.predictions(sold)
    trained.upload(PREDICTIONS + "a.csv", lemons.csv(scored.iloc[:70]))
    trained.upload(LABELS + "a.csv", lemons.csv(lemons.labels(sold)))
    trained.settle()
    assert (outcome(trained)["outcomes"]["labelled"], outcome(trained)["outcomes"]["orphans"]) == (70, 30)
    trained.upload(PREDICTIONS + "b.csv", lemons.csv(scored.iloc[70:]))
    trained.settle()
    assert (outcome(trained)["outcomes"]["labelled"], outcome(trained)["outcomes"]["orphans"]) == (100, 0)


def test_untimed_labels_whose_prediction_never_comes_wait(trained: Deployment) -> None:
    sold = lemons.sales(1, first_day=14, rows_a_day=100)
    trained.upload(LABELS + "a.csv", lemons.csv(lemons.labels(sold, timed=False)))
    trained.settle()
    assert len(trained.keys("records/waiting/")) == 1
    assert trained.keys("outcomes/") == []


def test_late_predictions_cause_a_new_check_of_their_window(trained: Deployment) -> None:
    scored = lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=100))
    for name, part in (("a", scored.iloc[:60]), ("b", scored.iloc[60:])):
        events = events_after(trained, f"{PREDICTIONS}{name}.csv", lemons.csv(part))
        assert events[:2] == ["BatchIngested", "CheckCompleted"]
    checks = [json.loads(body) for body in trained.contents("checks/lemons/").values()]
    assert sorted(check["rows"] for check in checks) == [60, 100]
    (seen,) = trained.object("alerts/lemons.json")["checks"].values()
    assert trained.object(f"checks/lemons/{seen['window']}/{seen['check']}.json")["rows"] == 100


def test_the_same_fact_has_the_same_event_id(trained: Deployment) -> None:
    trained.upload(PREDICTIONS + "a.csv", lemons.csv(lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=50))))
    events: list[Event] = trained.settle(redeliver=2)
    assert len(events) == 2 * len({event.event_id for event in events})
