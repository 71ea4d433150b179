"""An id that is tried again in the window after, or before, is one prediction: the earlier upload's, with its label."""

import random
from collections import Counter
from datetime import timedelta

import pandas as pd
import pytest

from steward import aws
from steward.events import BatchRejected, CheckCompleted, CheckRequested
from steward.records.quarantine import read_rejected

from . import lemons
from .deployment import Deployment

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
