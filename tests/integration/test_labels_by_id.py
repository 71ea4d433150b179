"""A label finds its prediction by its ID; the time that it gives says where to look first, and no more."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

import pandas as pd
import pytest

from steward import aws
from steward.events import AlertRaised, BatchIngested
from tests.integration import lemons

from .deployment import Deployment, Objects, deployed
from .moto_directly import noting
from .test_corrections import correct, open_defect

PREDICTIONS, LABELS = "inbox/lemons/predictions/", "inbox/lemons/labels/"
Champion = tuple[Objects, datetime]
SOLD = lemons.sales(1, first_day=14, rows_a_day=60)
NEXT = lemons.sales(1, first_day=15, rows_a_day=20)


@pytest.fixture
def steward(first_champion: Champion) -> Iterator[Deployment]:
    with deployed(named_by_content=True) as deployment:
        deployment.restore(*first_champion)
        yield deployment


def moved(frame: pd.DataFrame, by: timedelta) -> pd.DataFrame:
    """Labels with another time than their predictions'."""
    return lemons.labels(frame).assign(sold_at=[(pd.Timestamp(at) + by).isoformat() for at in frame["sold_at"]])


def upload(steward: Deployment, key: str, rows: pd.DataFrame) -> None:
    steward.upload(key, lemons.csv(rows))
    steward.settle()
    assert not steward.failures
    assert not steward.errors, steward.errors


def outcomes(steward: Deployment) -> dict[str, dict]:
    """The outcomes of each day that has some."""
    return {key[-24:-16]: json.loads(body) for key, body in steward.contents("outcomes/lemons/").items()}


def labelled(steward: Deployment) -> dict[str, int]:
    return {day: found["outcomes"]["labelled"] for day, found in outcomes(steward).items()}


HINTS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "of the outcome, three days later": lambda sold: moved(sold, timedelta(days=3)),
    "of the outcome, where there are predictions too": lambda sold: moved(sold, timedelta(days=1)),
    "in another zone": lambda sold: moved(sold, timedelta(hours=-9)),
    "of an upload months later": lambda sold: lemons.labels(sold).assign(sold_at="2024-06-01T00:00:00Z"),
    "a placeholder": lambda sold: lemons.labels(sold).assign(sold_at="1900-01-01T00:00:00Z"),
    "beyond the end of time": lambda sold: lemons.labels(sold).assign(sold_at="9999-12-31T00:00:00Z"),
    "no time at all": lambda sold: lemons.labels(sold).assign(sold_at="pending"),
    "missing in some rows": lambda sold: lemons.labels(sold).assign(sold_at=sold["sold_at"].where(sold.index % 2 == 0)),
}


def test_each_label_finds_its_prediction_whatever_time_it_gives(steward: Deployment) -> None:
    steward.upload(PREDICTIONS + "14.csv", lemons.csv(lemons.predictions(SOLD)))
    upload(steward, PREDICTIONS + "15.csv", lemons.predictions(NEXT))
    for at, hint in enumerate(HINTS.values()):
        steward.upload(f"{LABELS}{at}.csv", lemons.csv(hint(SOLD.iloc[at :: len(HINTS)].reset_index(drop=True))))
    steward.settle()
    assert not steward.failures
    assert not steward.errors, steward.errors
    assert labelled(steward) == {"20240115": 60, "20240116": 0}
    assert steward.keys("records/waiting/") == []
    assert steward.keys("quarantine/") == []
    assert "unmatched_labels" not in {event.monitor for event in steward.published if isinstance(event, AlertRaised)}


def test_a_label_beyond_the_horizon_of_its_time_and_of_the_newest_predictions_waits(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC + "label_horizon: 2d\n")
    steward.upload(PREDICTIONS + "14.csv", lemons.csv(lemons.predictions(SOLD)))
    upload(steward, PREDICTIONS + "20.csv", lemons.predictions(lemons.sales(1, first_day=20, rows_a_day=20)))
    upload(steward, LABELS + "late.csv", moved(SOLD.iloc[:30], timedelta(days=4)))
    upload(steward, LABELS + "near.csv", moved(SOLD.iloc[30:], timedelta(days=1)))
    assert labelled(steward)["20240115"] == 30
    assert len(steward.keys("records/waiting/")) == 1


UPLOADS = {
    PREDICTIONS + "early.csv": lemons.predictions(SOLD.iloc[:40]),
    PREDICTIONS + "late.csv": lemons.predictions(SOLD.iloc[40:]),
    PREDICTIONS + "15.csv": lemons.predictions(NEXT),
    LABELS + "outcome.csv": moved(SOLD, timedelta(days=1)).assign(lemon=0),
    LABELS + "exact.csv": lemons.labels(SOLD.iloc[:50]).assign(lemon=0),
    LABELS + "untimed.csv": lemons.labels(SOLD.iloc[10:30], timed=False).assign(lemon=0),
    LABELS + "revised.csv": moved(SOLD, timedelta(days=1, hours=3)),
}
"""The last revises all labels before it."""


def test_whatever_order_files_are_taken_in_the_newest_labels_stand_and_outcomes_are_the_same(
    first_champion: Champion,
) -> None:
    orders = Random(10).sample(list(permutations(UPLOADS)), 2)  # noqa: S311
    found = []
    for order in [tuple(UPLOADS), tuple(reversed(UPLOADS)), *orders]:
        with deployed(named_by_content=True) as steward:
            steward.restore(*first_champion)
            messages = {
                key: steward.message_of(key, steward.upload(key, lemons.csv(rows))) for key, rows in UPLOADS.items()
            }
            aws.sqs().purge_queue(QueueUrl=steward.queues["ingest_records"])
            for key in order:
                steward.invoke("ingest_records", messages[key])
                while steward._drain("join_labels", 1):
                    pass
            steward.settle()
            assert not steward.failures
            assert not steward.errors, steward.errors
            assert steward.keys("records/waiting/") == []
            found.append({key: steward.object(key) for key in steward.keys("outcomes/")})
    first = next(iter(found[0].values()))["outcomes"]
    assert first["labelled"] == 60
    assert sum(first["positive_scores"].values()) == SOLD["lemon"].sum()
    assert all(other == found[0] for other in found[1:])


@contextmanager
def requests_to_s3() -> Iterator[Counter[str]]:
    """Those that are made meanwhile, by operation."""
    asked: Counter[str] = Counter()

    def note(service: str, operation: str, _: object) -> None:
        if service == "s3":
            asked[operation] += 1

    with noting(note):
        yield asked


def test_labels_that_meet_where_their_time_says_cost_no_request_more(steward: Deployment) -> None:
    """Each file once; of the lists four look again for what came while the outcomes were written."""
    upload(steward, PREDICTIONS + "14.csv", lemons.predictions(SOLD))
    version = steward.upload(LABELS + "14.csv", lemons.csv(lemons.labels(SOLD)))
    steward.invoke("ingest_records", steward.message_of(LABELS + "14.csv", version))
    steward._observe()
    with requests_to_s3() as asked:
        assert steward.deliver("join_labels", steward.told(BatchIngested)[-1])
    assert asked == {"GetObject": 5, "ListObjectsV2": 9, "PutObject": 1}


def test_a_correction_reaches_the_label_where_its_prediction_is(steward: Deployment) -> None:
    upload(steward, PREDICTIONS + "14.csv", lemons.predictions(SOLD))
    upload(steward, PREDICTIONS + "15.csv", lemons.predictions(NEXT))
    given = moved(SOLD, timedelta(days=1))
    upload(steward, LABELS + "14.csv", given)
    defect = open_defect(steward, 14)
    correct(steward, defect, given.assign(lemon=1), kind="labels")
    first = outcomes(steward)["20240115"]["outcomes"]
    assert sum(first["positive_scores"].values()) == first["labelled"] == 60
    correct(steward, defect, given[["sale", "sold_at"]].head(10), kind="withdrawn-labels")
    assert labelled(steward)["20240115"] == 50
