"""Features of every declared type read the same from every format, and what is none of their kind is told."""

import io
import json

import numpy as np
import pytest
from arro3.core import Array, DataType, Field, fixed_size_list_array, list_array
from arro3.io import infer_json_schema, read_json

from steward.errors import BatchInvalid
from steward.records.arrays import TYPES
from steward.records.columns import FLAGS, EmbeddingColumn, TextColumn, TimeColumn
from steward.records.stored import read_records, read_stored, write_records
from steward.spec.model import ModelSpec

FEATURES = {
    "weekend": "boolean",
    "booked": "datetime",
    "remark": "text",
    "vector": {"type": "embedding", "dimensions": 3},
}


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    return ModelSpec.model_validate(
        {
            "model": "flights",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "flight", "time": "at", "score": "p"},
            "features": FEATURES,
        }
    )


@pytest.fixture(scope="module")
def judge(spec, judge_by):
    return lambda content, name, kind="predictions": judge_by(spec, content, name, kind)


def row(**changes: object) -> dict[str, object]:
    return {
        "flight": "UA1",
        "at": "2013-03-04T12:30:00Z",
        "p": 0.25,
        "weekend": True,
        "booked": "2013-01-02",
        "remark": "Windy, late.",
        "vector": [0.5, -1.5, 2.0],
        **changes,
    }


ROWS = [
    row(),
    row(flight="UA2", weekend=False, booked=None, remark=None, vector=None),
    row(flight="UA3", weekend=None, booked="2013-01-02T03:04:05+02:00", remark='"quoted", é', vector=[0, 1e-3, 3e30]),
]
EXPECTED = {
    "weekend": ["true", "false", None],
    "booked": ["2013-01-02T00:00:00.000000Z", None, "2013-01-02T01:04:05.000000Z"],
    "remark": ["Windy, late.", None, '"quoted", é'],
    "vector": [[0.5, -1.5, 2.0], None, [0.0, float(np.float32(1e-3)), float(np.float32(3e30))]],
}


def text(rows):
    """As CSV has them: every cell as text."""
    return [
        {name: json.dumps(cell) if isinstance(cell, list) else cell for name, cell in content.items()}
        for content in rows
    ]


def lists(cells: list[list[float] | None], kind: DataType) -> Array:
    """An Arrow array of lists, null where None."""
    flat = np.array([number for cell in cells for number in cell or []], np.float64)
    offsets = np.cumsum([0, *(len(cell or []) for cell in cells)]).astype(np.int32)
    array = list_array(Array.from_numpy(offsets), Array.from_numpy(flat))
    positions = Array.from_numpy(np.array([np.nan if cell is None else at for at, cell in enumerate(cells)]))
    return array.take(positions.cast(DataType.int32())).cast(kind)


def arrow(rows) -> dict[str, Array]:
    kinds = dict.fromkeys(rows[0], DataType.utf8()) | {"p": DataType.float64(), "weekend": DataType.bool()}
    columns = {name: Array([row[name] for row in rows], kind) for name, kind in kinds.items() if name != "vector"}
    columns["vector"] = lists(
        [row["vector"] for row in rows], DataType.list(Field("item", DataType.float64(), nullable=True))
    )
    return columns


@pytest.mark.parametrize("written", ["csv", "jsonl", "parquet", "csv.gz", "jsonl.zst"])
def test_every_type_reads_the_same_from_every_format(judge, write, listed, written):
    rows = arrow(ROWS) if written == "parquet" else text(ROWS) if "csv" in written else ROWS
    verdict = judge(write[written](rows), f"a.{written}")
    assert not verdict.rejected
    found = listed(verdict.records)
    assert {name: found[name] for name in EXPECTED} == EXPECTED
    columns = verdict.records.chunk.columns
    assert columns["weekend"].categories == FLAGS
    assert isinstance(columns["booked"], TimeColumn)
    assert isinstance(columns["remark"], TextColumn)
    assert isinstance(columns["vector"], EmbeddingColumn)
    assert columns["vector"].values.dtype == np.float32


def test_records_of_every_type_are_stored_byte_for_byte_and_come_back(judge, spec, write, listed):
    records = judge(write["jsonl"](ROWS), "a.jsonl").records
    content = write_records(records, spec)
    assert write_records(records, spec) == content
    (back,) = read_stored(content, spec)
    assert listed(back) == {**listed(records), "version": [None] * 3}
    assert write_records(back, spec) == content
    frame = read_records(content, spec)
    assert frame["weekend"].astype(object).tolist()[:2] == ["true", "false"]
    assert str(frame["booked"].dtype) == "datetime64[us, UTC]"
    assert frame["remark"].tolist() == EXPECTED["remark"]
    assert [None if cell is None else cell.tolist() for cell in frame["vector"]] == EXPECTED["vector"]


def test_no_records_of_every_type_are_stored_too(judge, spec, write, listed):
    nothing = judge(write["jsonl"](ROWS), "a.jsonl").records.take(np.zeros(0, np.int64))
    content = write_records(nothing, spec)
    assert list(read_records(content, spec)["vector"]) == []
    assert [part.rows for part in read_stored(content, spec)] in ([], [0])


def test_only_the_columns_asked_for_come_back(judge, spec, write):
    content = write_records(judge(write["jsonl"](ROWS), "a.jsonl").records, spec)
    (back,) = read_stored(content, spec, {"remark"})
    assert list(back.chunk.columns) == ["remark"]
    assert back.ids.tolist() == ["UA1", "UA2", "UA3"]


def test_stored_records_come_some_rows_at_a_time(judge, spec, write, listed):
    records = judge(write["jsonl"](ROWS), "a.jsonl").records
    parts = list(read_stored(write_records(records, spec), spec, batch=2))
    assert [part.rows for part in parts] == [2, 1]
    assert [cell for part in parts for cell in listed(part)["vector"]] == EXPECTED["vector"]


@pytest.mark.parametrize("true", ["true", "True", "T", "yes", "YES", "y", "1", "1.0", " true "])
@pytest.mark.parametrize("false", ["false", "FALSE", "f", "no", "N", "0", "0.0"])
def test_booleans_in_the_ways_people_write_them(judge, write, listed, true, false):
    rows = [row(weekend=true), row(flight="UA2", weekend=false), row(flight="UA3", weekend="na")]
    assert listed(judge(write["csv"](text(rows)), "a.csv").records)["weekend"] == ["true", "false", None]


@pytest.mark.parametrize(
    "kind", [DataType.bool(), DataType.int8(), DataType.uint64(), DataType.float32(), DataType.float64()]
)
def test_booleans_of_any_arrow_type(judge, write, listed, kind):
    columns = arrow(ROWS) | {"weekend": Array([1, 0, None], DataType.int8()).cast(kind)}
    assert listed(judge(write["parquet"](columns), "a.parquet").records)["weekend"] == ["true", "false", None]


F32, F64 = DataType.float32(), DataType.float64()


@pytest.mark.parametrize(
    "kind",
    [
        *(
            DataType.list(Field("item", kind, nullable=True))
            for kind in (F32, F64, DataType.int16(), DataType.float16())
        ),
        *(
            DataType.large_list(Field("item", F64, nullable=True)),
            DataType.list_view(Field("item", F32, nullable=True)),
        ),
        DataType.list(Field("item", F32, nullable=True), 3),
    ],
    ids=str,
)
def test_embeddings_of_any_list_type(judge, write, listed, kind):
    columns = arrow(ROWS) | {"vector": lists([[1, 2, 3], None, [4, 5, 6]], kind)}
    found = listed(judge(write["parquet"](columns), "a.parquet").records)["vector"]
    assert found == [[1.0, 2.0, 3.0], None, [4.0, 5.0, 6.0]]


def test_embeddings_of_fixed_size(judge, write, listed):
    fixed = fixed_size_list_array(Array.from_numpy(np.arange(9, dtype=np.float32)), 3)
    found = listed(judge(write["parquet"](arrow(ROWS) | {"vector": fixed}), "a.parquet").records)["vector"]
    assert found == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]


WRONG = [
    ("weekend", "maybe", "wrong_type"),
    ("weekend", 2, "wrong_type"),
    ("booked", "soon", "wrong_type"),
    ("vector", [1, 2], "wrong_length"),
    ("vector", [], "wrong_length"),
    ("vector", [1, 2, 3, 4], "wrong_length"),
    ("vector", [1, None, 3], "wrong_type"),
    ("vector", [1, "x", 3], "wrong_type"),
    ("vector", [1, [2], 3], "wrong_type"),
    ("vector", [1, 2, 1e300], "wrong_type"),
    ("vector", "1, 2, 3", "wrong_type"),
    ("vector", 7, "wrong_type"),
]


@pytest.mark.parametrize("written", ["csv", "jsonl"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_cell_of_another_type_loses_its_row_alone(judge, write, written, wrong):
    column, cell, code = wrong
    rows = [row(), row(flight="UA2", **{column: cell}), row(flight="UA3")]
    verdict = judge(write[written](text(rows) if written == "csv" else rows), f"a.{written}")
    assert verdict.codes == {2: [code]}
    assert verdict.rejected[0].reasons[0].column == column
    assert column in verdict.messages
    assert verdict.invalid == {code: 1}
    assert verdict.records.ids.tolist() == ["UA1", "UA3"]


@pytest.mark.parametrize("cell", [[1, 2], [1, 2, 3, 4], [1, 2, float("nan")], [1, float("inf"), 2]])
def test_an_arrow_list_that_is_no_embedding_loses_its_row_alone(judge, write, cell):
    kind = DataType.list(Field("item", DataType.float64(), nullable=True))
    columns = arrow(ROWS) | {"vector": lists([[1, 2, 3], cell, None], kind)}
    verdict = judge(write["parquet"](columns), "a.parquet")
    assert verdict.codes == {2: ["wrong_length" if len(cell) != 3 else "wrong_type"]}
    assert verdict.records.chunk.columns["vector"].cell(0) == [1.0, 2.0, 3.0]


def test_a_nested_cell_of_no_embedding_is_still_no_cell(judge, write):
    verdict = judge(
        write["jsonl"]([row(), row(flight="UA2", remark=["a"]), row(flight="UA3", vector={"x": 1})]), "a.jsonl"
    )
    assert verdict.codes == {2: ["wrong_type"], 3: ["wrong_type"]}


def nulls() -> tuple[Array, Array]:
    """Three nulls of no type, which arro3 makes of JSON alone, and of text."""
    objects = io.BytesIO(b'{"x":null}\n' * 3)
    schema = infer_json_schema(objects)
    objects.seek(0)
    return read_json(objects, schema).read_all().column("x").combine_chunks(), Array([None] * 3, DataType.utf8())


@pytest.mark.parametrize("column", list(FEATURES))
def test_a_column_that_is_all_null_is_all_missing(judge, write, listed, column):
    rows = [content | {column: None} for content in ROWS]
    for written in ("csv", "jsonl"):
        verdict = judge(write[written](text(rows) if written == "csv" else rows), f"a.{written}")
        assert listed(verdict.records)[column] == [None] * 3
    for array in nulls():
        verdict = judge(write["parquet"](arrow(ROWS) | {column: array}), "a.parquet")
        assert listed(verdict.records)[column] == [None] * 3
        assert verdict.batch.types[column] == ("null" if TYPES.is_null(array.type) else "text")


@pytest.mark.parametrize(
    ("column", "array"),
    [
        ("weekend", lists([[1, 2, 3]] * 3, DataType.list(Field("item", F32, nullable=True)))),
        ("booked", Array([True, False, True], DataType.bool())),
        ("remark", lists([[1, 2, 3]] * 3, DataType.list(Field("item", F32, nullable=True)))),
        ("vector", Array([1.0, 2.0, 3.0], F64)),
    ],
)
def test_a_column_that_cannot_be_of_its_type_condemns_the_file(judge, write, column, array):
    with pytest.raises(BatchInvalid, match=f"column {column} has the Parquet type") as refusal:
        judge(write["parquet"](arrow(ROWS) | {column: array}), "a.parquet")
    assert refusal.value.code == "wrong_type"


def test_a_column_may_change_its_type_from_one_file_to_the_next(judge, write, listed):
    as_text = arrow(ROWS) | {
        "weekend": Array(["yes", "no", None], DataType.utf8()),
        "vector": Array(["[0.5, -1.5, 2]", None, "[0, 0.001, 3e30]"], DataType.utf8()),
        "p": Array(["0.25"] * 3, DataType.utf8()),
    }
    verdicts = [judge(write["parquet"](columns), "a.parquet") for columns in (arrow(ROWS), as_text)]
    assert listed(verdicts[0].records) == listed(verdicts[1].records)
    seen = [verdict.batch.types for verdict in verdicts]
    assert {name: (seen[0][name], seen[1][name]) for name in seen[0] if seen[0][name] != seen[1][name]} == {
        "weekend": ("boolean", "text"),
        "vector": ("list", "text"),
        "p": ("number", "text"),
    }


def test_long_rows_come_fewer_at_a_time(judge_by, write):
    wide = ModelSpec.model_validate(
        {
            "model": "flights",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "flight", "time": "at", "score": "p"},
            "features": {"vector": {"type": "embedding", "dimensions": 4096}},
            "outputs": {"remark": "text"},
        }
    )
    rows = 1500
    columns = {
        "flight": Array.from_numpy(np.arange(rows)).cast(DataType.utf8()),
        "at": Array(["2013-03-04"] * rows, DataType.utf8()),
        "p": Array.from_numpy(np.full(rows, 0.5)),
        "vector": fixed_size_list_array(Array.from_numpy(np.zeros(rows * 4096, np.float32)), 4096),
        "remark": Array(["windy"] * rows, DataType.utf8()),
    }
    verdict = judge_by(wide, write["parquet"](columns), "a.parquet")
    assert [part.records.rows for part in verdict.parts] == [1024, 476]


def test_infinite_numbers_are_kept_apart_from_missing_ones(judge_by, write):
    spec = ModelSpec.model_validate(
        {
            "model": "flights",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "flight", "time": "at", "score": "p"},
            "features": {"wind": "numeric"},
        }
    )
    rows = [
        {"flight": str(at), "at": "2013-03-04", "p": 0.5, "wind": cell}
        for at, cell in enumerate(["inf", "-Infinity", None, "1e999"])
    ]
    wind = judge_by(spec, write["csv"](rows), "a.csv").records.chunk.columns["wind"]
    np.testing.assert_array_equal(wind.values, [np.inf, -np.inf, np.nan, np.inf])
    assert wind.absent.tolist() == [False, False, True, False]
