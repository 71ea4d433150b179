"""The same ids and categories come out of every format, whoever wrote it."""

import json
from uuid import UUID

import numpy as np
import pytest
from arro3 import compute
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet

from steward.records.canonical import canonical_category
from steward.spec.model import ModelSpec

TEXT = DataType.utf8()
IDS = [700000, 1400000, 9007199254740991]
UUIDS = ["6f9619ff-8b86-4011-b42d-00c04fc964ff", "0190163d-8694-739b-aea5-966c26f8ad91"]


def csv(cells):
    return "a.csv", ("id,label\n" + "".join(f"{cell},1\n" for cell in cells)).encode()


def jsonl(cells):
    return "a.jsonl", "".join(f'{{"id": {cell}, "label": 1}}\n' for cell in cells).encode()


def parquet(array, tmp_path):
    path = tmp_path / "a.parquet"
    labels = Array(["1"] * len(array), TEXT)
    write_parquet(Table.from_batches([RecordBatch.from_arrays([array, labels], names=["id", "label"])]), path)
    return "a.parquet", path.read_bytes()


def integers(kind):
    return compute.cast(Array(IDS, DataType.int64()), kind)


SPELLINGS = {
    "csv integers": lambda at: csv(IDS),
    "csv floats": lambda at: csv([f"{number}.0" for number in IDS]),
    "csv decimals": lambda at: csv([f"{number}.0000000000" for number in IDS]),
    "csv padded": lambda at: csv([f"{number:<18}" for number in IDS]),
    "csv quoted": lambda at: csv([f'"{number}"' for number in IDS]),
    "csv exponents": lambda at: csv([f"{number:.17e}" for number in IDS]),
    "csv of Java": lambda at: csv(["700000.0", "1.4E6", "9.007199254740991E15"]),
    "json integers": lambda at: jsonl(IDS),
    "json floats": lambda at: jsonl([f"{number}.0" for number in IDS]),
    "json exponents": lambda at: jsonl(["7e+05", "1.4E6", "9.007199254740991e15"]),
    "json text": lambda at: jsonl([f'"{number} "' for number in IDS]),
    "parquet int64": lambda at: parquet(Array(IDS, DataType.int64()), at),
    "parquet uint64": lambda at: parquet(integers(DataType.uint64()), at),
    "parquet double": lambda at: parquet(Array.from_numpy(np.array(IDS, np.float64)), at),
    "parquet decimal": lambda at: parquet(integers(DataType.decimal128(38, 10)), at),
    "parquet text": lambda at: parquet(Array([f"{number}.0" for number in IDS], TEXT), at),
    "parquet padded text": lambda at: parquet(Array([f"{number:<18}" for number in IDS], TEXT), at),
    "parquet bytes": lambda at: parquet(Array([f"{number:<18}".encode() for number in IDS], DataType.binary()), at),
    "parquet dictionary": lambda at: parquet(
        compute.cast(Array([f"{n}.0" for n in IDS], TEXT), DataType.dictionary(DataType.int32(), TEXT)), at
    ),
}

OF_UUIDS = {
    "csv": lambda at: csv(UUIDS),
    "csv capitals": lambda at: csv([name.upper() for name in UUIDS]),
    "csv bare": lambda at: csv([UUID(name).hex for name in UUIDS]),
    "csv braces": lambda at: csv([f"{{{name.upper()}}}" for name in UUIDS]),
    "json urn": lambda at: jsonl([json.dumps(UUID(name).urn) for name in UUIDS]),
    "parquet text": lambda at: parquet(Array([name.upper() for name in UUIDS], TEXT), at),
    "parquet bytes": lambda at: parquet(Array([UUID(name).bytes for name in UUIDS], DataType.binary()), at),
}


@pytest.fixture
def ids(judge_by, tmp_path):
    spec = ModelSpec.model_validate(
        {
            "model": "store",
            "owner": "tests",
            "task": "binary_classification",
            "columns": {"id": "id", "time": "at", "score": "p", "label": "label"},
            "features": {"x": "numeric"},
        }
    )

    def read(written):
        name, content = written(tmp_path)
        verdict = judge_by(spec, content, name, "labels")
        assert not verdict.rejected
        return verdict.records.ids.tolist()

    return read


@pytest.mark.parametrize("written", SPELLINGS)
def test_numbers_identify_the_same_rows_in_every_format(ids, written):
    assert ids(SPELLINGS[written]) == [str(number) for number in IDS]


@pytest.mark.parametrize("written", OF_UUIDS)
def test_uuids_identify_the_same_rows_in_every_format(ids, written):
    assert ids(OF_UUIDS[written]) == UUIDS


def test_two_spellings_of_one_id_in_a_file_are_duplicates(judge):
    verdict = judge(b"flight,late\n7,1\n7.0,0\n007,1\n", "a.csv", "labels")
    assert verdict.records.ids.tolist() == ["7", "007"]
    assert verdict.codes == {2: ["duplicate_id"]}


@pytest.mark.parametrize("written", ["1.23457E+11", "1.2345678901234568e+18", "9007199254740993.0"])
def test_an_id_that_was_rounded_is_refused_and_matches_nothing(judge, written):
    verdict = judge(f"flight,late\n{written},1\n7,1\n".encode(), "a.csv", "labels")
    assert verdict.records.ids.tolist() == ["7"]
    assert verdict.codes == {1: ["inexact_id"]}
    assert written in verdict.messages
    assert "write ids as whole numbers or as text" in verdict.messages


CATEGORIES = {
    "codes": (["98101", "2", "-1"], [98101.0, 2.0, -1.0]),
    "booleans": (["true", "false", "true"], [True, False, True]),
    "fractions": (["1.5", "2", "0.1"], [1.5, 2.0, 0.1]),
}


@pytest.mark.parametrize("kind", CATEGORIES)
def test_categories_are_the_same_in_every_format(judge, write, tmp_path, kind):
    expected, values = CATEGORIES[kind]
    array = Array(values, DataType.bool() if kind == "booleans" else DataType.float64())
    arrays = [array, compute.cast(array, DataType.dictionary(DataType.int32(), TEXT))]
    if kind != "booleans":
        arrays += [compute.cast(array, DataType.decimal128(12, 4)), compute.cast(array, DataType.float32())]
    rows = [
        {"flight": f"UA{at}", "at": "2013-01-01T00:00:00Z", "p": 0.5, "decided": "1", "distance": 1.0, "wind": None,
         "carrier": str(value), "origin": f" {value} ", "version": None}
        for at, value in enumerate(values)
    ]  # fmt: skip
    for name in ("csv", "jsonl"):
        columns = judge(write[name](rows), f"a.{name}").records.chunk.columns
        for column in ("carrier", "origin"):
            assert [columns[column].cell(at) for at in range(3)] == expected
    typed = [row | {"carrier": value} for row, value in zip(rows, values, strict=True)]
    columns = judge(write["jsonl"](typed), "a.jsonl").records.chunk.columns
    assert [columns["carrier"].cell(at) for at in range(3)] == expected
    kinds = dict.fromkeys(rows[0], TEXT) | dict.fromkeys(("p", "distance", "wind"), DataType.float64())
    for array in arrays:
        table = {name: Array([row[name] for row in rows], kinds[name]) for name in rows[0]} | {"carrier": array}
        columns = judge(write["parquet"](table), "a.parquet").records.chunk.columns
        assert [columns["carrier"].cell(at) for at in range(3)] == expected


def test_a_domain_and_a_pattern_hold_for_any_spelling(judge_by, spec):
    features = spec.features | {
        "carrier": spec.features["carrier"].model_copy(update={"domain": ["98101.0", "True"], "pattern": None}),
        "origin": spec.features["origin"].model_copy(update={"pattern": r"[0-9]{5}|[0-9A-F]{32}"}),
    }
    header = "flight,at,p,decided,distance,wind,carrier,origin\n"
    cells = ["98101,98101", "98101.0,98101.0", "true,6F9619FF8B86D011B42D00C04FC964FF", "TRUE,", "98102,98101"]
    content = header + "".join(f"UA{at},2013-01-01T00:00:00Z,0.5,1,1,,{cell}\n" for at, cell in enumerate(cells))
    verdict = judge_by(spec.model_copy(update={"features": features}), content.encode(), "a.csv")
    assert verdict.codes == {5: ["outside_domain"]}
    assert canonical_category("6F9619FF8B86D011B42D00C04FC964FF") in verdict.records.chunk.columns["origin"].categories
