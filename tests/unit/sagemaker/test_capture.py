"""Data-capture files are read as SageMaker wrote them: every encoding, every layout, batches of records in one line."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from steward.errors import BatchInvalid
from steward.records.raw import ReadLimits
from steward.records.record_file_reader import RecordFileReader
from steward.sagemaker.capture import CaptureMapping, captured_records
from steward.sagemaker.event_lines import Refused
from steward.sagemaker.locations import Location
from steward.sagemaker.opening import event_rows
from steward.spec.model import ModelSpec

COLUMNS = ("request", "at", "account_length", "voicemails", "day_minutes", "intl_plan", "score")


def event(request: object, response: object, **metadata: object) -> dict:
    """One JSON exchange, parsed as a line is."""
    return {
        "captureData": {
            "endpointInput": {"data": json.dumps(request), "encoding": "JSON"},
            "endpointOutput": {"data": json.dumps(response), "encoding": "JSON"},
        },
        "eventMetadata": {"eventId": "e", "inferenceTime": "2026-05-04T10:00:00Z", **metadata},
    }


def test_csv_captures_with_a_batch_in_one_line(read, data):
    file = read(data / "capture-csv.jsonl")

    assert file.names == COLUMNS
    assert [tuple(row.values()) for row in file.rows] == [
        ("3f6d0c52-9a41-4c7e-8b1d-5e0f7a2c9d10", "2026-05-04T10:00:12Z", "132", "10", "182.9", "no", "0.0364"),
        ("b81e77aa-1d0f-4f5e-9c3b-27c4d6a0e911", "2026-05-04T10:01:12Z", "99", "0", "305.1", "yes", "0.8127"),
        ("nightly-17_0", "2026-05-04T10:07:48Z", "99", "0", "305.1", "yes", "0.8127"),
        ("nightly-17_1", "2026-05-04T10:07:48Z", "74", "31", "210.4", "no", "0.1189"),
        ("nightly-17_2", "2026-05-04T10:07:48Z", "151", "0", "98.0", "yes", "0.4502"),
    ]
    assert file.numbers == [1, 2, 3, 4, 5]
    assert file.lines == [1, 2, 3, 3, 3]
    assert not file.rejected


def test_json_captures_of_three_layouts(read, data):
    file = read(data / "capture-json.jsonl")

    assert [(row["request"], row["day_minutes"], row["score"]) for row in file.rows] == [
        ("e0000000-0000-4000-8000-000000000001", "182.9", "0.0364"),
        ("e0000000-0000-4000-8000-000000000002_0", "182.9", "0.0364"),
        ("e0000000-0000-4000-8000-000000000002_1", "305.1", "0.8127"),
        ("order-9_0", "210.4", "0.1189"),
        ("order-9_1", "98.0", "0.4502"),
    ]


def test_what_the_caller_sent_along_becomes_columns(read, data):
    file = read(data / "capture-json.jsonl")

    assert file.names == (*COLUMNS, "customAttributes.channel", "customAttributes.test")
    assert file.rows[0]["customAttributes.channel"] == "web"
    assert file.rows[0]["customAttributes.test"] == "false"
    assert file.rows[1]["customAttributes.channel"] is None


@pytest.mark.parametrize(
    ("sent", "columns"),
    [
        (["trace=7"], {"customAttributes": "trace=7"}),
        ("trace=7", {"customAttributes": "trace=7"}),
        (['{"a": "b"}'], {"customAttributes.a": "b"}),
        ([], {}),
    ],
)
def test_custom_attributes_need_not_be_json(mapping, sent, columns):
    (row,) = captured_records(event([1, 2, 3, "no"], [0.5], customAttributes=sent), mapping)

    assert {name: value for name, value in row.items() if name.startswith("custom")} == columns


def test_base64_captures_and_metadata_first(read, data):
    file = read(data / "capture-base64.jsonl")

    assert [(row["request"][-3:], row["voicemails"], row["score"]) for row in file.rows] == [
        ("001", "10", "0.0364"),
        ("2_0", "0", "0.8127"),
        ("2_1", "31", "0.1189"),
    ]


def test_merged_files_bring_their_labels(read, data):
    (row,) = read(data / "merged.jsonl").rows

    assert row["churned"] == "1"
    assert row["score"] == "0.0364"


def test_every_damaged_line_says_what_is_wrong_with_it_and_the_others_are_kept(read, data):
    file = read(data / "capture-damaged.jsonl")

    assert {line: (reason.code, reason.column) for line, reason in file.reasons.items()} == {
        2: ("missing_endpoint_output", "endpointOutput"),
        3: ("invalid_base64", "endpointInput"),
        5: ("wrong_field_count", "endpointInput"),
        6: ("malformed", "endpointOutput"),
        7: ("not_text", "endpointInput"),
        8: ("unknown_encoding", "endpointInput"),
        9: ("record_count_mismatch", "endpointOutput"),
        10: ("not_a_capture", "captureData"),
        11: ("malformed", None),
        12: ("empty_payload", "endpointOutput"),
        13: ("wrong_field_count", "endpointInput"),
    }
    assert [row["request"] for row in file.rows] == ["g1", "g4", "g13_0", "g13_2"]
    assert len(set(file.numbers + [row.row for row in file.rejected])) == 15


def test_a_request_without_an_answer_says_how_to_capture_answers(read, data):
    reason = read(data / "capture-damaged.jsonl").reasons[2]

    assert "no prediction" in reason.message
    assert "add Output to the capture options" in reason.message


def test_lines_of_different_encodings_are_read_beside_each_other(read, data):
    mixed = b"".join((data / f"capture-{kind}.jsonl").read_bytes() for kind in ("csv", "json", "base64"))

    file = read(mixed)

    assert len(file.rows) == 13
    assert not file.rejected


def test_a_refused_record_keeps_its_content(read, data):
    rejected = {row.line: row for row in read(data / "capture-damaged.jsonl").rejected}

    assert json.loads(rejected[13].content) == {
        "request": "g13_1",
        "endpointInput": ["4", "5", "6"],
        "endpointOutput": ["0.2"],
    }
    assert json.loads(json.loads(rejected[2].content))["eventMetadata"]["eventId"] == "g2"


def test_of_a_file_without_one_usable_line_each_line_says_why(read, data):
    second = (data / "capture-damaged.jsonl").read_bytes().splitlines()[1]

    file = read(second + b"\n" + second)

    assert not file.rows
    assert [(row.line, row.reasons[0].code) for row in file.rejected] == [
        (1, "missing_endpoint_output"),
        (2, "missing_endpoint_output"),
    ]


def test_thousands_of_failed_requests_do_not_take_the_rest_with_them(read, data):
    good, failed, *_ = (data / "capture-damaged.jsonl").read_bytes().splitlines()

    file = read(b"\n".join([*[failed] * 5000, good]))

    assert (len(file.rejected), [row["request"] for row in file.rows]) == (5000, ["g1"])


def test_captures_need_a_declared_layout(spec, data):
    undeclared = spec.model_copy(update={"capture": None})

    for name, kind in (("capture-csv.jsonl", "predictions"), ("ground-truth.jsonl", "labels")):
        assert event_rows(data / name, name, undeclared) is None
        with pytest.raises(BatchInvalid, match="add a capture section") as caught:
            RecordFileReader(data / name, name, undeclared, kind, datetime(2026, 5, 5, tzinfo=UTC))
        assert caught.value.code == "capture_undeclared"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"request": "a", "note": "a \\"captureData\\": {} of ours"}\n'),
        ("a.jsonl", b""),
        ("a.csv", b'"captureData": {\n'),
        ("a.parquet", b"PAR1"),
    ],
)
def test_other_files_are_left_to_others(tmp_path, spec, name, content):
    (tmp_path / name).write_bytes(content)

    assert event_rows(tmp_path / name, name, spec) is None


@pytest.mark.parametrize(
    ("request_data", "response", "request_at", "response_at", "expected"),
    [
        ({"features": [1, 2]}, {"score": 0.5}, "", "", [("1", "0.5")]),
        ({"a": 1, "b": 2}, {"outputs": {"score": 0.5}}, "", "outputs", [("1", "0.5")]),
        ({"data": {"values": [[1, 2], [3, 4]]}}, [[0.5], [0.6]], "data.values", "", [("1", "0.5"), ("3", "0.6")]),
        ({"rows": [{"f": [1, 2]}, {"f": [3, 4]}]}, [0.5, 0.6], "rows[*].f", "", [("1", "0.5"), ("3", "0.6")]),
        ([[1, 2], [3, 4]], {"predictions": [0.5, 0.6]}, "", "", [("1", "0.5"), ("3", "0.6")]),
        ([1, 2], 0.5, "", "", [("1", "0.5")]),
        ({"a": 1, "b": 2}, {"probabilities": [[0.3, 0.7]]}, "", "probabilities[0][1]", [("1", "0.7")]),
    ],
)
def test_records_are_found_where_they_lie(request_data, response, request_at, response_at, expected):
    mapping = CaptureMapping(
        id="id",
        time="at",
        inputs=("a", "b"),
        outputs=("score",),
        request=Location.parse(request_at),
        response=Location.parse(response_at),
    )

    rows = captured_records(json.loads(json.dumps(event(request_data, response))), mapping)

    assert [(str(row["a"]), str(row["score"])) for row in rows] == expected


def test_fields_are_left_out_and_nested_keys_found_by_their_flattened_names():
    mapping = CaptureMapping(id="id", time="at", inputs=("person.age", "person.home.city"), outputs=("_", "score"))

    (row,) = captured_records(event({"person": {"age": 31, "home": {"city": "Bern"}}}, ["late", 0.5]), mapping)

    assert (row["person.age"], row["person.home.city"], row["score"]) == ("31", "Bern", "0.5")
    assert "_" not in row


def test_a_list_inside_a_record_is_one_cell(read):
    line = json.dumps(
        event({"account_length": [0.25, -1e-07, 3], "voicemails": {"a": None}, "intl_plan": ["x"]}, [0.5]),
    )

    (row,) = read(line).rows

    assert json.loads(row["account_length"]) == [0.25, -1e-07, 3]
    assert json.loads(row["voicemails"]) == {"a": None}
    assert json.loads(row["intl_plan"]) == ["x"]
    assert row["day_minutes"] is None


def test_a_record_with_none_of_the_declared_keys_is_refused(mapping):
    (refused,) = captured_records(event({"x": 1, "y": 2}, [0.5]), mapping)

    assert isinstance(refused, Refused)
    assert refused.reason.code == "no_known_fields"
    assert "x, y" in refused.reason.message


def test_half_a_surrogate_pair_costs_its_row_only(read, mapping):
    lines = [json.dumps(event([1, 2, 3, plan], [0.5])) for plan in ("no", "\ud83d")]

    file = read("\n".join(lines))

    assert len(file.rows) == 1
    assert file.reasons[2].code == "not_unicode"


def test_long_lines_make_small_chunks(read):
    lines = [json.dumps(event([[at, 2, 3, "x" * 200] for at in range(5000)], [0.5] * 5000)) for _ in range(4)]

    file = read("\n".join(lines), ReadLimits(chunk_rows=4096))

    assert len(file.rows) == 20_000
    assert max(file.sizes) <= 4096


def test_long_records_make_smaller_chunks_still(read):
    lines = [json.dumps(event([1, 2, 3, "x" * 60_000], [0.5])) for _ in range(200)]

    file = read("\n".join(lines))

    assert len(file.rows) == 200
    assert max(file.sizes) < 100


@pytest.mark.parametrize(
    ("content_type", "text", "expected"),
    [
        ("application/json", '"\\u00e9"', "é"),
        ("application/json; charset=utf-8", "null", None),
        ("text/csv", "null", "null"),
        ("text/csv", "{0.5", "{0.5"),
        ("application/octet-stream", "[0.5]", "0.5"),
        (None, ' {"score": 0.5}', "0.5"),
        (None, "0.5", "0.5"),
    ],
)
def test_bytes_are_what_their_content_type_says_or_what_they_look_like(mapping, content_type, text, expected):
    exchange = event([1, 2, 3, "no"], [0.5])
    exchange["captureData"]["endpointOutput"] = {
        "observedContentType": content_type,
        "data": base64.b64encode(text.encode()).decode(),
        "encoding": "BASE64",
    }

    (row,) = captured_records(exchange, mapping)

    assert row["score"] == expected


def test_a_line_may_be_longer_than_other_files_allow(read):
    file = read(json.dumps(event([[1, 2, 3, "x" * 1000]] * 2000, [0.5] * 2000)), ReadLimits(maximum_line_bytes=1024))

    assert len(file.rows) == 2000


def test_captured_rows_are_judged_like_any_others(spec, data):
    path = data / "capture-csv.jsonl"
    judged = list(
        RecordFileReader(path, path.name, spec, "predictions", datetime(2026, 5, 5, tzinfo=UTC), opener=event_rows)
    )

    assert [len(part.records.ids) for part in judged] == [5]
    assert not judged[0].rejected


def test_locations_are_written_as_the_monitors_attributes_are():
    assert Location.parse("$.data[0].x").find({"data": [{"x": 7}]}) == 7
    for text in ("a[*].b[*]", "a..b", "[x]", "a["):
        with pytest.raises(ValueError, match=r"JSON document|more than once"):
            Location.parse(text)


def test_an_id_is_the_callers_own_where_it_gave_one(mapping: CaptureMapping, spec: ModelSpec):
    own = next(iter(captured_records(event([1, 2, 3, "no"], [0.5], inferenceId="order-7"), mapping)))
    none = next(iter(captured_records(event([1, 2, 3, "no"], [0.5], eventId=None), replace(mapping, id="key"))))

    assert own["request"] == "order-7"
    assert none["key"] is None


def test_the_declaration_says_where_the_records_lie(spec, read, tmp_path):
    described = spec.model_dump(mode="json", exclude_unset=True)
    described["capture"] |= {"request": "data.rows[*].values", "response": "out.p"}
    line = event(
        {"data": {"rows": [{"values": [1, 2, 3, "no"]}, {"values": [4, 5, 6, "yes"]}]}}, {"out": {"p": [0.1, 0.9]}}
    )
    path = tmp_path / "nested.jsonl"
    path.write_text(json.dumps(line))

    (chunk,) = event_rows(path, path.name, ModelSpec.model_validate(described)).chunks(["day_minutes", "score"])

    assert {name: array.to_pylist() for name, array in chunk.columns.items()} == {
        "day_minutes": ["3", "6"],
        "score": ["0.1", "0.9"],
    }


@pytest.mark.parametrize("location", ["a[*].b[*]", "a..b", "[x]", "a["])
def test_a_place_that_is_none_is_refused_with_the_declaration(spec, location):
    described = spec.model_dump(mode="json", exclude_unset=True)
    described["capture"]["request"] = location

    with pytest.raises(ValidationError, match=r"capture\.request"):
        ModelSpec.model_validate(described)
