"""A file that cannot be used is refused with what, where and how to mend it; nothing of it is lost."""

import errno
import gzip
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
import zstandard
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet

from steward import aws
from steward.events import (
    BatchIngested,
    BatchRejected,
    DefectChanged,
    Event,
)
from steward.records.quarantine import read_rejected
from steward.records.raw import ReadLimits, RejectedRow
from tests.integration import lemons

from .deployment import Deployment

INBOX = "inbox/lemons/predictions/"
MADE = ("records/", "profiles/", "outcomes/")


def scored(day: int, seed: int = 1) -> pd.DataFrame:
    """A few predictions of one day."""
    return lemons.predictions(lemons.sales(1, first_day=day, rows_a_day=40, seed=seed))


def parquet(frame: pd.DataFrame) -> bytes:
    columns = [
        Array.from_numpy(frame[name].to_numpy(np.float64)) if frame[name].dtype == np.float64
        else Array(frame[name].tolist(), DataType.utf8())
        for name in frame
    ]  # fmt: skip
    output = io.BytesIO()
    write_parquet(Table.from_batches([RecordBatch.from_arrays(columns, names=list(frame))]), output)
    return output.getvalue()


def kept(steward: Deployment, key: str, version_id: str) -> bytes:
    """An upload, as it still lies in the inbox."""
    return aws.s3().get_object(Bucket=steward.data, Key=key, VersionId=version_id)["Body"].read()


def refused(
    steward: Deployment, key: str, body: bytes, made: tuple[str, ...] = MADE, also: tuple[type[Event], ...] = ()
) -> BatchRejected:
    """Upload what must be refused as a whole, and see that all hear of it and nothing is lost.

    Args:
        made: the prefixes under which nothing may change.
        also: the events that may follow, besides those of defects.
    """
    before = {prefix: steward.contents(prefix) for prefix in made}
    version_id = steward.upload(key, body)
    (event,) = [event for event in steward.settle() if not isinstance(event, (DefectChanged, *also))]
    assert isinstance(event, BatchRejected)
    assert not steward.failures
    assert event.source == key
    assert kept(steward, key, version_id) == body
    assert {prefix: steward.contents(prefix) for prefix in made} == before
    (entry,) = [entry for entry in steward.entries(event.model) if entry.identity == event.event_id]
    assert (entry.action, entry.subject, entry.summary) == ("batch_rejected", key, event.message)
    (notification,) = [
        sent for sent in steward.notifications if sent["MessageAttributes"]["id"]["Value"] == event.event_id
    ]
    assert "file rejected" in notification["Subject"]
    text = json.loads(notification["Message"])["text"]
    assert key in text
    assert event.message in text
    return event


def taken(steward: Deployment, key: str, body: bytes, rows: int) -> tuple[BatchIngested, list[RejectedRow]]:
    """Upload what must be taken in part: every row is either stored or in quarantine."""
    version_id = steward.upload(key, body)
    (event,) = [event for event in steward.settle() if isinstance(event, BatchIngested)]
    assert not steward.failures
    assert kept(steward, key, version_id) == body
    rejected = quarantined(steward, event.batch)
    assert (event.rows + event.rejected_rows, event.rejected_rows) == (rows, len(rejected))
    entries = [entry for entry in steward.entries("lemons") if entry.identity == event.event_id]
    assert [entry.action for entry in entries] == ["batch_ingested"]
    assert all(code in entries[0].summary for code in codes(rejected))
    return event, rejected


def quarantined(steward: Deployment, batch: str) -> list[RejectedRow]:
    (key,) = [key for key in steward.keys("quarantine/model=lemons/") if batch in key]
    return read_rejected(steward.contents(key)[key])


def codes(rejected: list[RejectedRow]) -> set[str]:
    return {reason.code for row in rejected for reason in row.reasons}


def test_an_unknown_model_is_named_with_where_to_declare_it(trained: Deployment) -> None:
    event = refused(trained, "inbox/nobody/predictions/a.csv", lemons.csv(scored(14)))
    assert (event.model, event.code) == ("nobody", "unknown_model")
    assert "specs/nobody.yaml" in event.message


def test_an_unknown_kind_is_told_the_known_ones(trained: Deployment) -> None:
    event = refused(trained, "inbox/lemons/guesses/a.csv", lemons.csv(scored(14)))
    assert event.code == "unknown_kind"
    assert "predictions, labels, reference" in event.message


@pytest.mark.parametrize(
    "key", ["inbox/a.csv", "inbox/lemons/a.csv", "inbox/lemons/predictions/", "inbox//predictions/a.csv"]
)
def test_a_key_of_a_wrong_shape_is_told_the_right_one(trained: Deployment, key: str) -> None:
    event = refused(trained, key, lemons.csv(scored(14)))
    assert "inbox/<model>/<kind>/<file>" in event.message or "is declared" in event.message


def test_a_file_that_is_not_what_its_name_says(trained: Deployment) -> None:
    event = refused(trained, INBOX + "disguised.parquet", lemons.csv(scored(14)))
    assert event.code == "not_what_its_name_says"
    assert "disguised.parquet" in event.message


def test_a_name_that_tells_no_format(trained: Deployment) -> None:
    event = refused(trained, INBOX + "sheet.xlsx", lemons.csv(scored(14)))
    assert event.code == "unknown_format"
    assert ".csv" in event.message


def test_truncated_parquet(trained: Deployment) -> None:
    event = refused(trained, INBOX + "cut.parquet", parquet(scored(14))[:-20])
    assert event.code == "truncated"
    assert "upload the whole file again" in event.message


def test_truncated_gzip(trained: Deployment) -> None:
    event = refused(trained, INBOX + "cut.csv.gz", gzip.compress(lemons.csv(scored(14)))[:-20])
    assert event.code == "truncated"


def test_truncated_zstd(trained: Deployment) -> None:
    event = refused(trained, INBOX + "cut.csv.zst", zstandard.compress(lemons.csv(scored(14)))[:-20])
    assert event.code == "truncated"


def test_a_wrong_schema_that_gives_a_number_column_words(trained: Deployment) -> None:
    event = refused(trained, INBOX + "words.csv", lemons.csv(scored(14).assign(age="old")))
    assert event.code == "wrong_type"
    assert "age" in event.message
    assert "nothing in column age is a number" in event.message
    assert "'old'" not in event.message


def test_a_feature_that_the_file_lacks_is_named(trained: Deployment) -> None:
    event = refused(trained, INBOX + "lacking.csv", lemons.csv(scored(14).rename(columns={"mileage": "milage"})))
    assert event.code == "missing_columns"
    assert "mileage (is it milage?)" in event.message


def test_an_empty_file(trained: Deployment) -> None:
    assert refused(trained, INBOX + "empty.csv", b"").code == "empty_file"


def test_a_parquet_file_without_rows(trained: Deployment) -> None:
    assert refused(trained, INBOX + "none.parquet", parquet(scored(14).iloc[:0])).code == "no_rows"


def test_a_header_without_rows(trained: Deployment) -> None:
    assert refused(trained, INBOX + "header.csv", lemons.csv(scored(14).iloc[:0])).code == "no_rows"


@pytest.mark.parametrize(("ending", "compress"), [("gz", gzip.compress), ("zst", zstandard.compress)])
def test_a_compressed_file_that_expands_past_the_limit(trained: Deployment, ending: str, compress) -> None:
    body = compress(lemons.csv(scored(14)) + b"\n" * 2**20)
    assert len(body) < 2**15
    with patch("steward.services.ingest_records.LIMITS", ReadLimits(maximum_expanded_bytes=2**19)):
        event = refused(trained, f"{INBOX}bomb.csv.{ending}", body)
    assert event.code == "expands_too_far"
    assert "split it into smaller files" in event.message


def test_parquet_that_expands_past_the_limit(trained: Deployment) -> None:
    with patch("steward.services.ingest_records.LIMITS", ReadLimits(maximum_expanded_bytes=1000)):
        event = refused(trained, INBOX + "bomb.parquet", parquet(scored(14)))
    assert event.code == "expands_too_far"


def test_a_file_without_a_valid_row_is_refused_and_its_rows_wait_in_quarantine(trained: Deployment) -> None:
    frame = scored(14).assign(risk=7.0)
    event = refused(trained, INBOX + "hopeless.csv", lemons.csv(frame))
    assert event.code == "no_valid_rows"
    assert "row 1, column risk: outside its minimum and maximum" in event.message
    assert "7.0" not in event.message
    rejected = quarantined(trained, event.batch)
    assert "risk is 7.0, above its maximum 1" in rejected[0].reasons[0].message
    assert [row.row for row in rejected] == list(range(1, len(frame) + 1))


def test_impossible_times_are_quarantined_row_by_row(trained: Deployment) -> None:
    frame = scored(15)
    frame.loc[2, "sold_at"] = "1970-01-01T00:00:00Z"
    frame.loc[3, "sold_at"] = "1971-01-01T00:00:00Z"
    frame.loc[5, "sold_at"] = "2099-01-01T00:00:00Z"
    frame.loc[7, "sold_at"] = "yesterday"
    event, rejected = taken(trained, INBOX + "times.csv", lemons.csv(frame), len(frame))
    assert event.rows == len(frame) - 4
    assert [(row.row, row.line, row.reasons[0].code) for row in rejected] == [
        (3, 4, "missing_time"), (4, 5, "impossible_time"), (6, 7, "impossible_time"), (8, 9, "wrong_type"),
    ]  # fmt: skip
    assert "which stands for a missing time" in rejected[0].reasons[0].message
    assert "correct the clock, the unit or the zone" in rejected[1].reasons[0].message


def test_values_out_of_their_declared_range_are_quarantined(trained: Deployment) -> None:
    frame = scored(15, seed=2)
    frame.loc[0, "age"] = 61.0
    _, rejected = taken(trained, INBOX + "range.csv", lemons.csv(frame), len(frame))
    assert [(row.row, row.reasons[0].code, row.reasons[0].column) for row in rejected] == [(1, "out_of_range", "age")]


def test_rows_of_a_version_that_was_never_made_are_quarantined(trained: Deployment) -> None:
    frame = scored(15, seed=3).assign(version=trained.champion("lemons"))
    frame.loc[[1, 2], "version"] = "20990101-deadbeef"
    event, rejected = taken(trained, INBOX + "versions.csv", lemons.csv(frame), len(frame))
    assert [row.row for row in rejected] == [2, 3]
    assert codes(rejected) == {"unknown_version"}
    assert "20990101-deadbeef" in rejected[0].reasons[0].message
    assert event.versions == [trained.champion("lemons")]


def test_a_file_of_a_version_that_was_never_made_is_refused(trained: Deployment) -> None:
    event = refused(trained, INBOX + "future.csv", lemons.csv(scored(14).assign(version="20990101-deadbeef")))
    assert event.code == "no_valid_rows"
    assert "was never made" in event.message


def test_predictions_of_a_version_that_is_not_made_yet_are_refused(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    event = refused(steward, INBOX + "early.csv", lemons.csv(scored(14).assign(version="v7")))
    assert "column version: a version that was never made for this model; name one that `steward log`" in event.message
    assert "'v7'" not in event.message


def test_duplicate_ids_within_a_file_keep_the_first(trained: Deployment) -> None:
    frame = scored(16)
    frame = pd.concat([frame, frame.iloc[[0, 4]].assign(age=1.0)], ignore_index=True)
    event, rejected = taken(trained, INBOX + "twice.csv", lemons.csv(frame), len(frame))
    assert event.rows == len(frame) - 2
    assert [row.row for row in rejected] == [len(frame) - 1, len(frame)]
    assert codes(rejected) == {"duplicate_id"}
    assert "row 5" in rejected[1].reasons[0].message


def test_duplicate_ids_across_files_keep_the_earlier_upload(trained: Deployment) -> None:
    first, second = scored(17), scored(17, seed=2)
    trained.upload(INBOX + "earlier.csv", lemons.csv(first))
    trained.settle()
    (earlier,) = [event for event in trained.told(BatchIngested) if event.source.endswith("/earlier.csv")]
    second.loc[[2, 9], "sale"] = first.loc[[1, 2], "sale"].to_numpy()
    event, rejected = taken(trained, INBOX + "later.csv", lemons.csv(second), len(second))
    assert event.rows == len(second) - 2
    assert [row.row for row in rejected] == [3, 10]
    assert f"batch {earlier.batch}" in rejected[0].reasons[0].message


def test_labels_that_are_no_class_are_quarantined(trained: Deployment) -> None:
    frame = lemons.labels(lemons.sales(1, first_day=17, rows_a_day=40, seed=1)).astype({"lemon": object})
    frame.loc[0, "lemon"] = "perhaps"
    frame.loc[1, "lemon"] = None
    _, rejected = taken(trained, "inbox/lemons/labels/odd.csv", lemons.csv(frame), len(frame))
    assert [row.reasons[0].code for row in rejected] == ["unknown_label", "missing_label"]


def test_a_row_with_too_few_fields_does_not_hold_up_the_others(trained: Deployment) -> None:
    body = lemons.csv(scored(19)) + b"s-odd,2024-01-20T00:00:00Z,1.0\n"
    event, rejected = taken(trained, INBOX + "short.csv", body, 41)
    assert event.rows == 40
    assert codes(rejected) == {"wrong_field_count"}


def test_a_key_with_blanks_and_umlauts_is_taken(trained: Deployment) -> None:
    trained.upload(INBOX + "März 2024 + Rest.csv", lemons.csv(scored(20)))
    events = trained.settle()
    assert [event.rows for event in events if isinstance(event, BatchIngested)] == [40]


@contextmanager
def full_disk(free: float) -> Iterator[None]:
    """Nothing fits on the disk any more, of which such a share was free when the upload came."""
    full = OSError(errno.ENOSPC, "No space left on device")
    with (
        patch("steward.services.ingest_records.fetch_file", side_effect=full),
        patch("shutil.disk_usage", return_value=SimpleNamespace(total=1.0, free=free)),
    ):
        yield


def test_a_file_that_does_not_fit_on_an_empty_disk_is_refused(trained: Deployment) -> None:
    with full_disk(free=0.95):
        event = refused(trained, "inbox/lemons/predictions/big.csv", lemons.csv(scored(14)))
    assert event.code == "too_large"
    assert "split it into files" in event.message


def test_a_file_that_does_not_fit_beside_leftovers_is_tried_again_elsewhere(trained: Deployment) -> None:
    with full_disk(free=0.3):
        trained.upload("inbox/lemons/predictions/fine.csv", lemons.csv(scored(14)))
        trained.settle()
    assert any("No space left on device" in str(error) for error in trained.errors)
    assert [event for event in trained.published if isinstance(event, BatchRejected)] == []
