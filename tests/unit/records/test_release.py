"""Rejected rows that are released say what the upload said, cell by cell, whatever they were rejected for."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from arro3 import compute
from arro3.core import Array, DataType, list_array

from steward.records.formats import promised_format
from steward.records.quarantine import read_rejected, write_rejected
from steward.records.raw import RejectedRow
from steward.records.record_file_reader import RecordFileReader
from steward.records.released_rows import ReleasedRows, to_upload
from steward.records.schema import RecordKind
from steward.records.valid_records import Records
from steward.spec.model import ModelSpec

NOW = datetime(2013, 6, 1, tzinfo=UTC)
FEATURES: dict[str, Any] = {
    "distance": {"type": "numeric", "minimum": 0, "maximum": 10_000},
    "wind": "numeric",
    "carrier": {"type": "categorical", "domain": ["UA", "AA", "1.10"]},
    "tail": {"type": "categorical", "pattern": "N[0-9]{3}"},
    "remark": {"type": "text", "maximum_length": 30},
    "cancelled": "boolean",
    "booked": "datetime",
    "vector": {"type": "embedding", "dimensions": 2},
}
STORM = {"name": "storm", "check": "wind < 100", "reason": "nobody flies in a storm"}


def declared(columns: dict[str, str] | None = None, rules: tuple[object, ...] = (STORM,), **features: Any) -> ModelSpec:
    """A declaration none of whose roles has its column's usual name."""
    return ModelSpec.model_validate(
        {
            "model": "flights",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "flight", "time": "at", "score": "p", "version": "by", "label": "late", "entity": "plane"}
            | (columns or {}),
            "features": FEATURES | features,
            "rules": list(rules),
            "on_invalid": "quarantine",
        }
    )


def rows(**changes: Any) -> list[dict[str, Any]]:
    """Three rows with a change, each with other cells that are easily harmed, and one without."""
    ordinary = {
        "flight": "UA1", "at": "2013-03-04T12:30:00Z", "by": "v1", "plane": "N 1", "p": 0.25, "distance": 1400.0,
        "wind": 10.5, "carrier": "UA", "tail": "N123", "remark": "windy", "cancelled": False, "booked": "2013-01-01",
        "vector": [0.5, 1.0],
    }  # fmt: skip
    odd = [
        {"flight": "007", "wind": None, "remark": 'say "no", twice', "at": "2013-03-04T12:30:00.123456+02:00"},
        {"flight": "9007199254740993", "wind": 1e-300, "carrier": None, "remark": " two\nlines; ümläut ", "by": None},
        {"flight": "1.10", "wind": 0.1 + 0.2, "carrier": "1.10", "cancelled": None, "booked": None, "remark": None},
    ]
    return [ordinary | one | changes for one in odd] + [ordinary | {"flight": "good"}]


def as_csv(table: list[dict[str, Any]]) -> bytes:
    def cell(value: Any) -> str:
        text = "" if value is None else json.dumps(value) if isinstance(value, list | bool) else str(value)
        return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ';,"\n') else text

    lines = [list(table[0]), *([row[name] for name in table[0]] for row in table)]
    return "".join(";".join(map(cell, line)) + "\r\n" for line in lines).encode()


def as_jsonl(table: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in table).encode()


TYPES = {"at": DataType.timestamp("us", tz="UTC"), "booked": DataType.date32()}


def as_parquet(table: list[dict[str, Any]]) -> bytes:
    from .conftest import as_parquet as written  # noqa: PLC0415

    def cell(name: str, value: Any) -> Any:
        if name in {"at", "booked"} and isinstance(value, str):
            since = (
                datetime.fromisoformat(value).replace(tzinfo=UTC) if name == "booked" else datetime.fromisoformat(value)
            )
            passed = since - datetime(1970, 1, 1, tzinfo=UTC)
            return passed // timedelta(microseconds=1) if name == "at" else passed.days
        return value

    def array(name: str) -> Array:
        cells = [cell(name, row[name]) for row in table]
        sample = next((one for one in cells if one is not None), None)
        kind = {float: DataType.float64(), bool: DataType.bool(), int: DataType.int64()}.get(
            type(sample), DataType.utf8()
        )
        if name == "vector":
            ends = np.cumsum([0, *map(len, cells)]).astype(np.int32)
            return list_array(Array.from_numpy(ends), Array.from_numpy(np.concatenate(cells).astype(np.float32)))
        return compute.cast(Array(cells, kind), TYPES[name]) if name in TYPES else Array(cells, kind)

    return written({name: array(name) for name in table[0]})


WRITERS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "day.csv": as_csv, "day.jsonl": as_jsonl, "day.parquet": as_parquet,
}  # fmt: skip


def judged(
    folder: Path, spec: ModelSpec, content: bytes, name: str, *, kind: RecordKind = "predictions", now: datetime = NOW
) -> tuple[Records, list[RejectedRow], list[int]]:
    """The valid rows, the others as they come back from quarantine, and the places of the valid ones."""
    path = folder / name
    path.write_bytes(content)
    (part,) = RecordFileReader(path, f"inbox/flights/{kind}/{name}", spec, kind, now)
    return part.records, read_rejected(write_rejected(part.rejected)), part.places.tolist()


def released(rejected: list[RejectedRow], name: str) -> tuple[ReleasedRows, str]:
    written = promised_format(name)
    return to_upload(rejected, written), "released.csv" if written == "csv" else "released.jsonl"


MENDED = {
    "out_of_range": ({"distance": 20_000.0}, {"distance": "numeric"}),
    "outside_domain": ({"carrier": "DL"}, {"carrier": "categorical"}),
    "pattern_mismatch": ({"tail": "N1234"}, {"tail": "categorical"}),
    "too_long": ({"remark": 'a remark, "quoted",\nof more than thirty characters'}, {"remark": "text"}),
    "missing_value": ({"tail": None}, {"tail": "categorical"}),
    "wrong_length": ({"vector": [0.1, 0.25, 1e-30]}, {"vector": {"type": "embedding", "dimensions": 3}}),
    "rule:storm": ({"wind": 120.25}, {}),
    "wrong_type": ({"remark": "x", "tail": "far"}, {"tail": "categorical"}),
    "impossible_time": ({"at": "2013-07-01T00:00:00.000001Z"}, {}),
}
"""What rejects rows, by the code of the reason; and the features that let them pass. A rule is left out, and a time
that is yet to come passes."""

STRICTER: dict[str, dict[str, Any]] = {
    "missing_value": {"tail": {"type": "categorical", "nullable": False}},
    "wrong_type": {"tail": "numeric"},
}


@pytest.mark.parametrize("code", MENDED)
@pytest.mark.parametrize("name", WRITERS)
def test_rows_come_back_whole_once_the_declaration_is_mended(tmp_path: Path, name: str, code: str) -> None:
    changes, features = MENDED[code]
    content = WRITERS[name](rows(**changes))
    strict = declared(**STRICTER.get(code, {}))
    mended = declared(rules=() if code == "rule:storm" else (STORM,), **features)
    later = NOW + timedelta(days=60)
    _, rejected, _ = judged(tmp_path, strict, content, name)
    assert {reason.code for row in rejected for reason in row.reasons} >= {code}
    file, as_released = released(rejected, name)
    assert file.left == 0
    again, refused, _ = judged(tmp_path, mended, file.body, as_released, now=later)
    assert refused == []
    whole, _, places = judged(tmp_path, mended, content, name, now=later)
    expected = whole.take([places.index(row.row) for row in rejected])
    assert table(again) == table(expected)
    assert again.rows == len(rejected) >= 3


UNMENDED: dict[str, list[dict[str, Any]]] = {
    "missing_time": [row | {"at": None} for row in rows()[:3]],
    "missing_id": [row | {"flight": None} for row in rows()[:3]],
    "duplicate_id": [*rows(), *rows()],
    "out_of_range": [row | {"p": 1.5} for row in rows()[:3]],
    "not_finite": [row | {"q": "inf"} for row in rows()[:3]],
}


@pytest.mark.parametrize("code", [code for code in UNMENDED if code != "not_finite"])
@pytest.mark.parametrize("name", WRITERS)
def test_rows_that_are_still_wrong_are_rejected_again_with_the_same_cells(tmp_path: Path, name: str, code: str) -> None:
    table_ = [*UNMENDED[code], rows()[3] | {"flight": "other"}]
    _, rejected, _ = judged(tmp_path, declared(), WRITERS[name](table_), name)
    mine = [row for row in rejected if code in {reason.code for reason in row.reasons}]
    assert len(mine) >= 3
    file, as_released = released(mine, name)
    for _ in range(2):
        good, again, _ = judged(tmp_path, declared(), file.body, as_released)
        if code == "duplicate_id":  # of rows that are alone now
            assert (good.rows, again) == (len(mine), [])
            return
        assert [json.loads(row.content) for row in again] == [
            json.loads(row.content) for row in mine
        ] or name != "day.jsonl"
        once_more, as_released = released(again, as_released)
        assert once_more == file


def test_numbers_of_json_keep_their_digits() -> None:
    content = '{"id":1.10,"big":12345678901234567890.5,"none":null,"nan":NaN,"list":[1.0,2],"half":"\\ud800"}'
    assert to_upload([RejectedRow(1, 1, (), content)], "jsonl").body.decode() == content + "\n"


@pytest.mark.parametrize(("content", "body"), [('{"a":"1,5"}', b'a\r\n"1,5"\r\n'), ('{"a":1.5}', b'{"a":1.5}\n')])
def test_a_name_that_tells_no_format_is_made_good_by_the_cells(content: str, body: bytes) -> None:
    assert to_upload([RejectedRow(1, 2, (), content)], None).body == body


def test_a_label_of_another_spelling_comes_back_once_the_class_is_declared(tmp_path: Path) -> None:
    body = b"flight,late\r\n007,yes\r\n008,no\r\n009,1\r\n"
    _, rejected, _ = judged(tmp_path, declared(), body, "labels.csv", kind="labels")
    file, name = released(rejected, "labels.csv")
    assert file.body == b"flight,late\r\n007,yes\r\n008,no\r\n"
    yes = declared().model_copy(update={"positive_label": "yes"})
    records, refused, _ = judged(tmp_path, yes, file.body, name, kind="labels")
    assert (records.ids.tolist(), refused) == (["007", "008"], [])


def table(records: Records) -> dict[str, list[object]]:
    """Everything in records, for comparing; NaN as text."""
    columns: dict[str, list[object]] = {"id": records.ids.tolist()}
    columns["time"] = [] if records.times is None else records.times.tolist()
    for name, column in {**records.chunk.columns, "version": records.versions}.items():
        if column is not None:
            columns[name] = [column.cell(at) for at in range(column.rows)]
    return columns
