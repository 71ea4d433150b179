"""`steward quarantine`: what was rejected is seen, and released once what was wrong is mended, exactly once."""

import json
import time
from collections.abc import Iterator
from types import SimpleNamespace
from unittest.mock import patch

import pandas as pd
import pytest
from typer.testing import CliRunner

from steward import aws
from steward.cli.app import app
from steward.events import BatchIngested, BatchRejected
from steward.records.stored import read_records
from steward.spec.document import read_spec
from tests.integration import lemons

from .deployment import Deployment

SHOW = "steward quarantine show lemons"
WIDER = lemons.SPEC.replace("maximum: 60", "maximum: 600")


@pytest.fixture
def serving(trained: Deployment) -> Iterator[Deployment]:
    """A model in service, as the command line finds it."""
    outputs = {
        "DataBucketName": trained.data, "LedgerBucketName": trained.ledger, "BusName": "steward",
        "AcceptCommandsArn": "accept_commands",
        "IngestRecordsQueueUrl": trained.queues["ingest_records"],
    }  # fmt: skip
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: trained.settle())
    with (
        patch("steward.cli.deployment.stack_outputs", return_value=outputs),
        patch("steward.cli.history.time", clock),
    ):
        yield trained


def quarantine(*arguments: str) -> tuple[int, str]:
    ran = CliRunner(env={"COLUMNS": "250"}).invoke(app, ["quarantine", *arguments])
    if isinstance(ran.exception, SystemExit) or ran.exception is None:
        return ran.exit_code, " ".join(ran.output.split())
    return 2, str(ran.exception)


def old_cars(rows: int = 40) -> pd.DataFrame:
    """A day's sales, of which the first three cars are older than the declaration allows."""
    sold = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=rows))
    sold.loc[:2, "age"] = [70.0, 80.0, 90.5]
    return sold


def jsonl(frame: pd.DataFrame) -> bytes:
    return frame.to_json(orient="records", lines=True).encode()


def quarantined(steward: Deployment) -> str:
    """The batch that has rows in quarantine; one at most is looked for."""
    (key,) = steward.keys("quarantine/model=lemons/")
    return key.rsplit("/", 1)[-1].removesuffix(".parquet")


@pytest.mark.parametrize(("name", "write"), [("day.csv", lemons.csv), ("day.jsonl", jsonl)])
def test_rows_are_released_once_the_declaration_is_mended_and_only_once(serving: Deployment, name: str, write) -> None:
    serving.upload(f"inbox/lemons/predictions/{name}", write(old_cars()))
    serving.settle()
    batch = quarantined(serving)
    code, listed = quarantine("list", "lemons")
    assert code == 1
    assert "3 rows: " in listed
    code, shown = quarantine("show", "lemons", batch, "--rows", "2")
    assert code == 0
    assert "row 1" in shown
    assert "age is 70.0, above its maximum 60" in shown
    assert "row 3" not in shown
    serving.upload("specs/lemons.yaml", WIDER)
    serving.settle()
    before = len(serving.told(BatchIngested))
    assert [quarantine("release", "lemons", batch)[0] for _ in range(3)] == [0, 1, 1]
    serving.settle()
    (ingested,) = serving.told(BatchIngested)[before:]
    assert (ingested.rows, ingested.rejected_rows) == (3, 0)
    assert "nothing is done" in quarantine("release", "lemons", batch)[1]
    code, listed = quarantine("list", "lemons")
    assert (code, "released: 3 rows" in listed) == (0, True)
    assert not serving.errors, serving.errors


def test_released_rows_keep_the_version_that_was_in_charge_when_they_came(serving: Deployment) -> None:
    first = serving.champion("lemons")
    serving.upload("inbox/lemons/predictions/day.csv", lemons.csv(old_cars()))
    serving.settle()
    routing = serving.object("models/lemons/routing.json")
    serving.clock.now = serving.clock.now.replace(day=2)
    later = {**routing["promotions"][-1], "version": "20240602-new", "run": "other"}
    later["promoted_at"] = serving.clock.now.isoformat()
    serving.upload("models/lemons/routing.json", json.dumps({**routing, "promotions": [*routing["promotions"], later]}))
    serving.upload("specs/lemons.yaml", WIDER)
    serving.settle()
    assert quarantine("release", "lemons", quarantined(serving))[0] == 0
    serving.settle()
    assert serving.told(BatchIngested)[-1].versions == [first]


@pytest.mark.parametrize("again", ["the first", "their own"])
def test_rows_that_are_still_wrong_can_be_released_again_by_either_batch(serving: Deployment, again: str) -> None:
    serving.upload("inbox/lemons/predictions/day.csv", lemons.csv(old_cars()))
    serving.settle()
    batch = quarantined(serving)
    code, said = quarantine("release", "lemons", batch)
    rejected = serving.told(BatchRejected)[-1]
    assert (code, rejected.code, rejected.batch != batch) == (1, "no_valid_rows", True)
    assert (
        f"none of the 3 rows can be used; they are in quarantine with their reasons (`{SHOW} {rejected.batch}`)" in said
    )
    assert len(serving.keys("defects/lemons/")) == 1
    serving.upload("specs/lemons.yaml", WIDER)
    serving.settle()
    assert quarantine("release", "lemons", batch if again == "the first" else rejected.batch)[0] == 0
    assert serving.told(BatchIngested)[-1].rows == 3
    assert quarantine("list", "lemons")[0] == 0


def test_rows_that_were_corrected_and_uploaded_meanwhile_count_once(serving: Deployment) -> None:
    sold = old_cars()
    serving.upload("inbox/lemons/predictions/day.csv", lemons.csv(sold))
    serving.settle()
    batch = quarantined(serving)
    mended = sold.head(3).assign(age=[7.0, 8.0, 9.0])
    serving.upload("inbox/lemons/predictions/mended.csv", lemons.csv(mended))
    serving.upload("specs/lemons.yaml", WIDER)
    serving.settle()
    assert quarantine("release", "lemons", batch)[0] == 1
    rejected = serving.told(BatchRejected)[-1]
    assert (rejected.source, rejected.code) == (f"inbox/lemons/predictions/released/{batch}.csv", "no_valid_rows")
    assert "an earlier row has this ID, and stands" in rejected.message


def test_a_file_that_was_refused_is_taken_in_again_once_what_was_wrong_is_mended(serving: Deployment) -> None:
    other = lemons.SPEC.replace("model: lemons", "model: limes")
    key = "inbox/limes/reference/first.csv"
    serving.upload(key, lemons.csv(lemons.sales(2)))
    serving.settle()
    assert serving.told(BatchRejected)[-1].code == "unknown_model"
    code, listed = quarantine("list", "limes")
    assert (code, key in listed) == (1, True)
    serving.upload("specs/limes.yaml", other)
    serving.settle()
    assert quarantine("release", "limes", key)[0] == 0
    taken = [event for event in serving.told(BatchIngested) if event.model == "limes"]
    assert [event.rows for event in taken] == [800]
    assert quarantine("list", "limes")[0] == 0
    code, said = quarantine("release", "limes", key)
    assert (code, "is no file of limes that was refused" in said) == (2, True)


def test_a_refused_file_that_is_gone_or_newer_is_not_taken_in(serving: Deployment) -> None:
    serving.upload("inbox/lemons/predictions/a.csv", b"\x00\x01")
    serving.upload("inbox/lemons/predictions/b.csv", b"\x00\x01")
    serving.settle()
    aws.s3().delete_object(Bucket=serving.data, Key="inbox/lemons/predictions/a.csv")
    assert "is gone" in quarantine("release", "lemons", "inbox/lemons/predictions/a.csv")[1]
    serving.upload("inbox/lemons/predictions/b.csv", b"\x00\x02")
    assert "uploaded anew" in quarantine("release", "lemons", "inbox/lemons/predictions/b.csv")[1]


def test_a_batch_that_nobody_knows_is_named(serving: Deployment) -> None:
    code, said = quarantine("release", "lemons", "20240601T000100Z-0123456789ab")
    assert (code, "see `steward quarantine list lemons`" in said) == (2, True)


def test_rows_that_could_not_be_taken_apart_stay(serving: Deployment) -> None:
    text = lemons.csv(old_cars(5).head(3)).decode().splitlines()
    serving.upload("inbox/lemons/predictions/day.csv", "\n".join([*text, "too,few,cells"]))
    serving.settle()
    serving.upload("specs/lemons.yaml", WIDER)
    serving.settle()
    code, said = quarantine("release", "lemons", quarantined(serving))
    assert (code, "3 rows" in said, "1 that could not be taken apart stay" in said) == (0, True, True)


@pytest.mark.parametrize(("name", "write"), [("day.csv", lemons.csv), ("day.jsonl", jsonl)])
def test_rows_that_were_rejected_after_they_were_read_come_back_under_the_names_of_their_columns(
    serving: Deployment, name: str, write
) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=40), "v7").assign(note="not declared")
    serving.upload(f"inbox/lemons/predictions/{name}", write(sold))
    serving.settle()
    batch = quarantined(serving)
    code, said = quarantine("release", "lemons", batch)
    assert (code, "column version: a version that was never made" in said) == (1, True)
    assert "'v7'" not in serving.told(BatchRejected)[-1].message
    assert "version 'v7' was never made for lemons" in quarantine("show", "lemons", batch)[1]
    champion = serving.champion("lemons")
    made = serving.object(f"models/lemons/versions/{champion}/manifest.json") | {"version": "v7"}
    serving.upload("models/lemons/versions/v7/manifest.json", json.dumps(made))
    assert quarantine("release", "lemons", batch)[0] == 0
    taken = serving.told(BatchIngested)[-1]
    assert (taken.rows, taken.rejected_rows, taken.versions) == (40, 0, ["v7"])
    (key,) = [key for key in serving.keys("records/predictions/") if taken.batch in key]
    stored = read_records(serving.contents(key)[key], read_spec(lemons.SPEC))
    assert stored["sale"].tolist() == sold["sale"].tolist()
    assert stored["age"].tolist() == pytest.approx(sold["age"].tolist(), abs=1e-9)  # as `to_json` writes them
    assert stored["sold_at"].tolist() == pd.to_datetime(sold["sold_at"], utc=True).tolist()


def test_a_refused_file_that_is_still_wrong_is_answered_again(serving: Deployment) -> None:
    key = "inbox/lemons/predictions/a.csv"
    serving.upload(key, b"\x00\x01")
    serving.settle()
    for _ in range(2):
        code, said = quarantine("release", "lemons", key)
        assert (code, "batch rejected" in said) == (1, True), said
    assert len({event.event_id for event in serving.told(BatchRejected)}) == 1
