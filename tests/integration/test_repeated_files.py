"""A file that is sent again changes nothing, is no defect, and nobody is told but the ledger."""

from collections.abc import Callable

import pandas as pd
import pytest

from steward.events import (
    AlertRaised,
    BatchIngested,
    BatchRejected,
    BatchRepeated,
    CheckCompleted,
    DefectChanged,
    Event,
)
from tests.integration import lemons

from .deployment import Deployment

SOLD = lemons.sales(2, first_day=14, rows_a_day=60)
READINGS = pd.DataFrame({"sold_at": ["2024-01-15T00:00:00Z", "2024-01-15T00:01:00Z"], "latency": [12.0, 15.0]})
MADE = ("records/", "profiles/", "outcomes/", "quarantine/", "checks/", "defects/", "alerts/", "runs/", "models/")

FILES: dict[str, Callable[[], pd.DataFrame]] = {
    "predictions": lambda: lemons.predictions(SOLD),
    "reference": lambda: lemons.sales(1, first_day=30, rows_a_day=50),
    "telemetry": lambda: READINGS,
}


def upload(steward: Deployment, key: str, body: bytes) -> list[Event]:
    steward.upload(key, body)
    events = steward.settle()
    assert not steward.errors, steward.errors
    return events


@pytest.mark.parametrize(
    ("kind", "again"),
    [("predictions", "day.csv"), ("predictions", "copy.csv"), ("reference", "day.csv"), ("reference", "copy.csv"),
     ("telemetry", "day.csv")],
)  # fmt: skip
def test_the_same_bytes_change_nothing_and_the_ledger_says_so(trained: Deployment, kind: str, again: str) -> None:
    body = lemons.csv(FILES[kind]())
    upload(trained, f"inbox/lemons/{kind}/day.csv", body)
    (first,) = [event for event in trained.told(BatchIngested) if event.source.endswith("/day.csv")]
    before = {prefix: trained.contents(prefix) for prefix in MADE}
    told, entries = len(trained.notifications), len(trained.entries("lemons"))
    (event,) = upload(trained, f"inbox/lemons/{kind}/{again}", body)
    assert isinstance(event, BatchRepeated)
    assert (event.first, event.kind) == (first.batch, kind)
    assert {prefix: trained.contents(prefix) for prefix in MADE} == before
    assert len(trained.notifications) == told
    (entry,) = trained.entries("lemons")[entries:]
    assert (entry.action, entry.subject) == ("batch_repeated", f"inbox/lemons/{kind}/{again}")
    assert first.batch in entry.summary


def test_a_file_some_of_whose_rows_were_quarantined_is_as_much_in_as_it_can_be(trained: Deployment) -> None:
    scored = lemons.predictions(SOLD)
    scored.loc[:19, "age"] = 99.0
    upload(trained, "inbox/lemons/predictions/day.csv", lemons.csv(scored))
    quarantined = trained.contents("quarantine/")
    (event,) = upload(trained, "inbox/lemons/predictions/day.csv", lemons.csv(scored))
    assert isinstance(event, BatchRepeated)
    assert trained.contents("quarantine/") == quarantined
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("maximum: 60", "maximum: 600"))
    trained.settle()
    events = upload(trained, "inbox/lemons/predictions/day.csv", lemons.csv(scored))
    (taken,) = [event for event in events if isinstance(event, BatchIngested)]
    assert (taken.rows, taken.rejected_rows) == (20, 100)


def test_other_bytes_with_the_same_ids_are_refused_as_before(trained: Deployment) -> None:
    upload(trained, "inbox/lemons/predictions/day.csv", lemons.csv(lemons.predictions(SOLD)))
    events = upload(trained, "inbox/lemons/predictions/day.csv", lemons.csv(lemons.predictions(SOLD).assign(age=1.0)))
    assert [event.code for event in events if isinstance(event, BatchRejected)] == ["no_valid_rows"]
    assert [event for event in events if isinstance(event, DefectChanged)]


def test_a_file_that_was_refused_is_refused_again(trained: Deployment) -> None:
    body = lemons.csv(lemons.predictions(SOLD).assign(age=99.0))
    for _ in range(2):
        events = upload(trained, "inbox/lemons/predictions/day.csv", body)
        assert [event.code for event in events if isinstance(event, BatchRejected)] == ["no_valid_rows"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_copy_that_was_taken_in_before_the_first_gives_its_rows_up_in_silence(
    trained: Deployment, times: int
) -> None:
    body = lemons.csv(lemons.predictions(SOLD))
    first, copy = "inbox/lemons/predictions/first.csv", "inbox/lemons/predictions/copy.csv"
    messages = [trained.message_of(key, trained.upload(key, body)) for key in (first, copy)]
    for message in messages[::-1] * times:
        trained.invoke("ingest_records", message)
    trained.settle()
    assert not trained.told(BatchRejected)
    assert not trained.told(DefectChanged)
    assert not [event for event in trained.told(AlertRaised) if event.monitor in {"uniqueness", "volume"}]
    assert trained.told(BatchRepeated)
    rows = [trained.object(key) for key in trained.keys("profiles/lemons/")]
    assert sum(profile["rows"] for profile in rows) == 120
    assert not trained.keys("quarantine/")
    newest = {event.window: event for event in trained.told(CheckCompleted)}
    assert sum(event.rows for event in newest.values()) == 120


def test_labels_that_are_sent_again_are_joined_again_with_the_same_result(trained: Deployment) -> None:
    upload(trained, "inbox/lemons/predictions/day.csv", lemons.csv(lemons.predictions(SOLD)))
    body = lemons.csv(lemons.labels(SOLD))
    upload(trained, "inbox/lemons/labels/day.csv", body)
    before, told = len(trained.told(AlertRaised)), len(trained.notifications)
    counted = [trained.object(key)["outcomes"] for key in trained.keys("outcomes/")]
    events = upload(trained, "inbox/lemons/labels/day.csv", body)
    assert not [event for event in events if isinstance(event, BatchRejected | DefectChanged)]
    assert [trained.object(key)["outcomes"] for key in trained.keys("outcomes/")] == counted
    assert (len(trained.told(AlertRaised)), len(trained.notifications)) == (before, told)
