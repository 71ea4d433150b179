"""An id that is tried again in the window after, or before, is one prediction: the earlier upload's, with its label."""

import random
from collections import Counter
from datetime import timedelta

import pandas as pd
import pytest

from steward import aws
from steward.events import BatchIngested, BatchRejected, CheckCompleted, CheckRequested, PredictionsSuperseded
from steward.ingestion import pending_labels
from steward.records.quarantine import read_rejected
from steward.repositories.baselines import bins_of
from steward.repositories.profiles import WindowProfiles
from steward.spec.windows import Window
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import Deployment
from .test_corrections import correct, open_defect

DAY = timedelta(days=1)
PREDICTIONS = "inbox/lemons/predictions/"


def upload_only(steward: Deployment, name: str, rows: pd.DataFrame) -> str:
    """Upload predictions; the message that S3 sends of them."""
    key = PREDICTIONS + name
    return steward.message_of(key, steward.upload(key, lemons.csv(rows)))


def take_in(steward: Deployment, *messages: str) -> None:
    """Deliver messages one after the other, and what they lead to after each."""
    for message in messages:
        assert not steward.invoke("ingest_records", message)["batchItemFailures"]
        steward.settle()
    assert not steward.errors


def forget_messages(steward: Deployment) -> None:
    aws.sqs().purge_queue(QueueUrl=steward.queues["ingest_records"])


def rows_by_window(steward: Deployment) -> dict[str, int]:
    """How many rows the profiles of each window count."""
    counted: Counter[str] = Counter()
    for key in steward.keys("profiles/lemons/"):
        counted[key.split("/")[-2]] += steward.object(key)["rows"]
    return {window[:8]: rows for window, rows in counted.items() if rows}


def later_by(days: int, rows: pd.DataFrame) -> pd.DataFrame:
    times = pd.to_datetime(rows["sold_at"], utc=True) + days * DAY
    return rows.assign(sold_at=times.dt.strftime("%Y-%m-%dT%H:%M:%SZ"))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("days", [1, -1])
def test_of_two_tries_in_neighbouring_windows_the_earlier_upload_stands_with_its_label(
    trained: Deployment, order: tuple[int, int], days: int
) -> None:
    sold = lemons.sales(1, first_day=16, rows_a_day=60)
    scored = lemons.predictions(sold)
    messages = [
        upload_only(trained, "first.csv", scored),
        upload_only(trained, "second.csv", later_by(days, scored)),
    ]
    forget_messages(trained)
    take_in(trained, *(messages[turn] for turn in order))
    trained.upload("inbox/lemons/labels/16.csv", lemons.csv(lemons.labels(sold, timed=False)))
    trained.settle()
    assert rows_by_window(trained) == {"20240117": 60}
    (key,) = trained.keys("outcomes/")
    assert "/20240117T" in key
    assert trained.object(key)["outcomes"]["labelled"] == 60
    (rejected,) = trained.told(BatchRejected)
    assert rejected.source == PREDICTIONS + "second.csv"
    reasons = [
        row.reasons[0].code for key in trained.keys("quarantine/") for row in read_rejected(trained.contents(key)[key])
    ]
    assert reasons == ["duplicate_id"] * 60
    second = f"{lemons.START + (16 + days) * DAY:%Y%m%d}T000000Z_1d"
    trained.publish(
        CheckRequested(
            occurred_at=trained.clock.now, model="lemons", as_of=trained.clock.now, correlation_id="c", window=second
        )
    )
    trained.settle()
    check = next(event for event in reversed(trained.told(CheckCompleted)) if event.window == second)
    results = trained.object(check.stored.key)["results"]
    (uniqueness,) = [result for result in results if result["monitor"] == "uniqueness"]
    assert (uniqueness["rows"], uniqueness["status"]) == (60, "breach")


def test_an_id_may_come_again_two_windows_later_unless_it_came_in_between(trained: Deployment) -> None:
    scored = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=20))
    messages = [
        upload_only(trained, "first.csv", scored),
        upload_only(trained, "second.csv", later_by(1, scored.iloc[:8])),
        upload_only(trained, "third.csv", later_by(2, scored)),
    ]
    forget_messages(trained)
    take_in(trained, *messages[::-1])
    assert rows_by_window(trained) == {"20240117": 20, "20240119": 12}


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.nightly)])
def test_what_stands_follows_from_the_uploads_and_not_from_the_order_in_which_they_are_taken_in(
    trained: Deployment, seed: int
) -> None:
    drawn = random.Random(seed)  # noqa: S311
    sold = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=12)).to_dict("records")
    uploads = []
    for _ in range(6):
        days = {row["sale"]: drawn.randrange(4) for row in drawn.sample(sold, drawn.randint(2, 8))}
        uploads.append(days)
    messages = []
    for turn, days in enumerate(uploads):
        rows = pd.concat([later_by(days[row["sale"]], pd.DataFrame([row])) for row in sold if row["sale"] in days])
        messages.append(upload_only(trained, f"{turn}.csv", rows))
    forget_messages(trained)
    order = [*range(6), *drawn.sample(range(6), 2)]
    drawn.shuffle(order)
    for turn in order:
        assert not trained.invoke("ingest_records", messages[turn])["batchItemFailures"]
    trained.settle()
    expected: Counter[str] = Counter()
    for turn, days in enumerate(uploads):
        for sale, day in days.items():
            if not any(abs(earlier[sale] - day) <= 1 for earlier in uploads[:turn] if sale in earlier):
                expected[f"{lemons.START + (16 + day) * DAY:%Y%m%d}"] += 1
    assert rows_by_window(trained) == dict(expected)


FIRST, SECOND = "20240117", "20240118"
SOLD = lemons.sales(1, first_day=16, rows_a_day=60)
HINTS = {
    "no time": lambda sold: lemons.labels(sold, timed=False),
    "the first try's": lemons.labels,
    "the second try's": lambda sold: later_by(1, lemons.labels(sold)),
    "the month after's": lambda sold: later_by(30, lemons.labels(sold)),
}


def met_the_second_try(steward: Deployment, hint: str, tried_again: int) -> tuple[str, str]:
    """The messages of two tries, of which the second was taken in and met its labels."""
    scored = lemons.predictions(SOLD)
    messages = upload_only(steward, "1.csv", scored), upload_only(steward, "2.csv", later_by(1, scored[:tried_again]))
    forget_messages(steward)
    take_in(steward, messages[1])
    steward.upload("inbox/lemons/labels/16.csv", lemons.csv(HINTS[hint](SOLD)))
    steward.settle()
    assert labelled(steward) == {SECOND: tried_again}
    return messages


def outcomes(steward: Deployment) -> dict[str, dict]:
    return {key.split("/")[-1][:8]: steward.object(key) for key in steward.keys("outcomes/")}


def labelled(steward: Deployment) -> dict[str, int]:
    return {day: found["outcomes"]["labelled"] for day, found in outcomes(steward).items()}


def standing_check(steward: Deployment, day: str) -> dict:
    (seen,) = [one for one in steward.object("alerts/lemons.json")["checks"].values() if one["window"].startswith(day)]
    return seen


@pytest.mark.parametrize(("hint", "tried_again"), [*zip(HINTS, (60, 60, 25, 25), strict=True)])
def test_labels_that_met_the_second_try_move_to_the_first_once_it_is_taken_in(
    trained: Deployment, hint: str, tried_again: int
) -> None:
    first, second = met_the_second_try(trained, hint, tried_again)
    take_in(trained, first)
    found = outcomes(trained)
    assert labelled(trained) == {FIRST: 60, SECOND: 0}
    assert sum(found[FIRST]["outcomes"]["positive_scores"].values()) == SOLD["lemon"].sum()
    assert found[SECOND]["outcomes"]["rows"] == 0
    assert found[SECOND]["prediction_batches"] == []
    assert found[SECOND]["outcomes"]["orphans"] == (60 if hint == "the second try's" else 0)
    assert trained.keys("records/waiting/") == []
    assert standing_check(trained, FIRST)["labelled_rows"] == 60
    assert standing_check(trained, SECOND)["labelled_rows"] == 0

    take_in(trained, second, first)
    for told in trained.told(PredictionsSuperseded):
        trained.deliver("join_labels", told)
    assert outcomes(trained) == found
    assert trained.keys("records/waiting/") == []


def test_labels_of_predictions_that_are_left_of_the_second_upload_stay(trained: Deployment) -> None:
    scored, others = lemons.predictions(SOLD), lemons.sales(1, first_day=17, rows_a_day=30)
    both = pd.concat([later_by(1, scored), lemons.predictions(others)])
    first, second = upload_only(trained, "1.csv", scored), upload_only(trained, "2.csv", both)
    forget_messages(trained)
    take_in(trained, second)
    every = pd.concat([lemons.labels(SOLD, timed=False), lemons.labels(others, timed=False)])
    trained.upload("inbox/lemons/labels/16.csv", lemons.csv(every))
    trained.settle()
    assert labelled(trained) == {SECOND: 90}
    take_in(trained, first)
    assert labelled(trained) == {FIRST: 60, SECOND: 30}
    assert outcomes(trained)[SECOND]["outcomes"]["orphans"] == 0


@pytest.mark.parametrize(("hint", "corrected_first"), [("no time", True), ("the second try's", False)])
def test_a_correction_of_a_label_moves_with_it(trained: Deployment, hint: str, *, corrected_first: bool) -> None:
    first, _ = met_the_second_try(trained, hint, 60)
    defect = open_defect(trained, 17)
    turned = HINTS[hint](SOLD[:40]).assign(lemon=1)
    withdrawn = HINTS[hint](SOLD[40:50])[["sale"]]
    if not corrected_first:
        take_in(trained, first)
    correct(trained, defect, turned, kind="labels")
    correct(trained, defect, withdrawn, kind="withdrawn-labels")
    if corrected_first:
        take_in(trained, first)
    assert labelled(trained) == {FIRST: 50, SECOND: 0}
    positives = 40 + SOLD["lemon"][50:].sum()
    assert sum(outcomes(trained)[FIRST]["outcomes"]["positive_scores"].values()) == positives


@pytest.mark.parametrize("hint", ["no time", "the month after's"])
@pytest.mark.parametrize("moved_first", [True, False])
def test_a_label_that_is_placed_while_its_prediction_is_given_up_moves_to_the_first_try(
    trained: Deployment, hint: str, *, moved_first: bool
) -> None:
    scored = lemons.predictions(SOLD)
    first, second = upload_only(trained, "1.csv", scored), upload_only(trained, "2.csv", later_by(1, scored))
    key = "inbox/lemons/labels/16.csv"
    labels = trained.message_of(key, trained.upload(key, lemons.csv(HINTS[hint](SOLD))))
    forget_messages(trained)
    take_in(trained, second)
    for message in (first, labels):  # the second upload is yet to give its ids up
        assert not trained.invoke("ingest_records", message)["batchItemFailures"]
    trained._observe()
    of_labels = trained.told(BatchIngested)[-1]
    aws.sqs().purge_queue(QueueUrl=trained.queues["join_labels"])
    add_records = pending_labels.add_records
    overtaken = []

    def overtake(*where: object) -> None:
        """Between looking for the predictions and placing the labels, or right after, they are given up."""
        patch.undo()
        if not moved_first:
            add_records(*where)  # type: ignore[arg-type]
        overtaken.extend(event for event in trained.settle() if isinstance(event, PredictionsSuperseded))
        if moved_first:
            add_records(*where)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("steward.ingestion.pending_labels.add_records", overtake)
        assert trained.deliver("join_labels", of_labels)
    assert overtaken
    assert {day: rows for day, rows in labelled(trained).items() if rows} == {FIRST: 60}
    assert not any(found["outcomes"]["orphans"] for found in outcomes(trained).values())
    assert trained.keys("records/waiting/") == []


@pytest.mark.parametrize("tried_again", [60, 40])
def test_a_correction_of_the_second_try_counts_no_more_once_the_first_is_taken_in(
    trained: Deployment, tried_again: int
) -> None:
    scored, others = lemons.predictions(SOLD), lemons.predictions(lemons.sales(1, first_day=17, rows_a_day=30))
    both = pd.concat([later_by(1, scored), others])
    first, second = upload_only(trained, "1.csv", scored[:tried_again]), upload_only(trained, "2.csv", both)
    forget_messages(trained)
    take_in(trained, second)
    correct(trained, open_defect(trained, 17), later_by(1, scored[:30]).assign(mileage=1.0))
    assert rows_by_window_that_count(trained) == {SECOND: 90}
    take_in(trained, first)
    trained.upload("inbox/lemons/labels/16.csv", lemons.csv(lemons.labels(SOLD, timed=False)))
    trained.settle()
    assert rows_by_window_that_count(trained) == {FIRST: tried_again, SECOND: 90 - tried_again}
    assert labelled(trained) == {FIRST: tried_again} | ({SECOND: 60 - tried_again} if tried_again < 60 else {})


def rows_by_window_that_count(steward: Deployment) -> dict[str, int]:
    """The rows that the profiles count which a check merges."""
    data, version = Bucket(steward.data), steward.champion("lemons")
    bins = bins_of(data, "lemons", version)
    windows = sorted({key.split("/")[-2] for key in steward.keys("profiles/lemons/")})
    merged = WindowProfiles(data, "lemons", version).merge([Window.parse(window) for window in windows], bins)
    return {window[:8]: found.profile.rows for window, found in zip(windows, merged, strict=True) if found.profile.rows}
