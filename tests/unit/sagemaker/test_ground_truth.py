"""Ground-truth files give the labels of captured records, under the same ids."""

import json

import pytest

from steward.errors import BatchInvalid
from steward.sagemaker.opening import event_rows


def test_labels_of_every_encoding_and_of_batches(read, data):
    file = read(data / "ground-truth.jsonl")

    assert file.names == ("request", "churned", "at")
    assert [(row["request"], row["churned"]) for row in file.rows] == [
        ("3f6d0c52-9a41-4c7e-8b1d-5e0f7a2c9d10", "0"),
        ("b81e77aa-1d0f-4f5e-9c3b-27c4d6a0e911", "1"),
        ("nightly-17_0", "1"),
        ("nightly-17_1", "0"),
        ("nightly-17_2", "1"),
        ("e0000000-0000-4000-8000-000000000001", "0"),
        ("e0000000-0000-4000-8000-000000000002_0", "1"),
        ("e0000000-0000-4000-8000-000000000002_1", "0"),
    ]
    assert [row["at"] for row in file.rows[:2]] == [None, "2026-05-04T10:01:12Z"]


def test_every_label_finds_its_captured_record(read, data):
    labels = {row["request"] for row in read(data / "ground-truth.jsonl").rows}
    captured = {row["request"] for kind in ("csv", "json") for row in read(data / f"capture-{kind}.jsonl").rows}

    assert labels <= captured


@pytest.mark.parametrize(
    ("truth", "code"),
    [
        (None, "missing_ground_truth_data"),
        ({"data": "1", "encoding": "XML"}, "unknown_encoding"),
        ({"data": "MQ=", "encoding": "BASE64"}, "invalid_base64"),
        ({"encoding": "CSV"}, "missing_data"),
        ({"data": '{"a": 1, "b": 0}', "encoding": "JSON"}, "wrong_field_count"),
    ],
)
def test_a_label_that_cannot_be_read_costs_its_line_only(read, truth, code):
    good = {"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "a"}}

    file = read(f"{json.dumps(good)}\n{json.dumps({'groundTruthData': truth, 'eventMetadata': {'eventId': 'b'}})}\n")

    assert [row["request"] for row in file.rows] == ["a"]
    assert file.reasons[2].code == code


def test_ground_truth_needs_a_declared_label(spec, data):
    unlabelled = spec.model_copy(update={"columns": spec.columns.model_copy(update={"label": None})})

    with pytest.raises(BatchInvalid, match=r"add columns\.label") as caught:
        event_rows(data / "ground-truth.jsonl", "ground-truth.jsonl", unlabelled)
    assert caught.value.code == "label_undeclared"


def test_the_first_line_says_what_a_file_is(read, data):
    truth = (data / "ground-truth.jsonl").read_bytes().splitlines()[0]
    captured = (data / "capture-csv.jsonl").read_bytes().splitlines()[0]

    labels, requests = read(truth + b"\n" + captured), read(captured + b"\n" + truth)

    assert labels.rows == [{"request": "3f6d0c52-9a41-4c7e-8b1d-5e0f7a2c9d10", "churned": "0"}]
    assert [row.reasons[0].code for row in labels.rejected] == ["missing_ground_truth_data"]
    assert [row["day_minutes"] for row in requests.rows] == ["182.9"]
    assert [row.reasons[0].code for row in requests.rejected] == ["not_a_capture"]
