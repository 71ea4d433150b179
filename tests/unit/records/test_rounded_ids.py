"""Ids that a narrow column cut down, so that several rows share what is left of them, are refused."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from arro3 import compute
from arro3.core import Array, DataType, RecordBatch, Table
from arro3.io import write_parquet
from hypothesis import given
from hypothesis import strategies as st

from steward.offline.compare import compare
from steward.offline.suggestion import suggest
from steward.records.ids import identifiers
from steward.records.rounded_ids import RoundedIds, rounded_example
from steward.spec.model import ModelSpec

IDS = [1_400_000 + 7 * at for at in range(40)]
TEXT = DataType.utf8()


def csv(cells):
    return "a.csv", ("id,label,at,p,x\n" + "".join(f"{cell},1,2013-01-01,0.5,1\n" for cell in cells)).encode()


def jsonl(cells):
    rows = [f'{{"id": {cell}, "label": 1, "at": "2013-01-01", "p": 0.5, "x": 1}}\n' for cell in cells]
    return "a.jsonl", "".join(rows).encode()


def parquet(array, tmp_path):
    path, rows = tmp_path / "a.parquet", len(array)
    columns = {
        "id": array, "label": Array(["1"] * rows, TEXT), "at": Array(["2013-01-01"] * rows, TEXT),
        "p": Array([0.5] * rows, DataType.float64()), "x": Array([1.0] * rows, DataType.float64()),
    }  # fmt: skip
    write_parquet(Table.from_batches([RecordBatch.from_arrays(list(columns.values()), names=list(columns))]), path)
    return "a.parquet", path.read_bytes()


def rounded(form):
    return [form.format(number) for number in IDS]


WRITERS = {
    "%g of two digits": lambda at: csv(rounded("{:.2g}")),
    "a spreadsheet": lambda at: csv(rounded("{:.1E}")),
    "four digits": lambda at: csv(rounded("{:.4g}")),
    "no plus sign": lambda at: csv([text.replace("E+0", "E") for text in rounded("{:.1E}")]),
    "padded and quoted": lambda at: csv([f'"{text:<12}"' for text in rounded("{:.2g}")]),
    "JSON numbers": lambda at: jsonl(rounded("{:.2g}")),
    "JSON text": lambda at: jsonl([f'"{text}"' for text in rounded("{:.2g}")]),
    "Parquet text": lambda at: parquet(Array(rounded("{:.2g}"), TEXT), at),
    "Parquet bytes": lambda at: parquet(Array([text.encode() for text in rounded("{:.2g}")], DataType.binary()), at),
    "Parquet dictionary": lambda at: parquet(
        compute.cast(Array(rounded("{:.2g}"), TEXT), DataType.dictionary(DataType.int32(), TEXT)), at
    ),
    "Parquet double": lambda at: parquet(Array.from_numpy(np.array(rounded("{:.2g}"), np.float64)), at),
    "Parquet float": lambda at: parquet(Array.from_numpy(np.array(rounded("{:.2g}"), np.float32)), at),
}


@pytest.fixture
def spec_of_ids():
    return ModelSpec.model_validate(
        {"model": "store", "owner": "tests", "task": "binary_classification",
         "columns": {"id": "id", "time": "at", "score": "p", "label": "label"}, "features": {"x": "numeric"}}
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["predictions", "labels"])
@pytest.mark.parametrize("writer", WRITERS)
def test_rows_that_share_a_rounded_id_are_all_refused_and_told_how_to_mend_it(
    judge_by, spec_of_ids, tmp_path, kind, writer
):
    name, content = WRITERS[writer](tmp_path)
    verdict = judge_by(spec_of_ids, content, name, kind)
    assert not verdict.records.ids.tolist()
    assert set(map(tuple, verdict.codes.values())) == {("inexact_id",)}
    assert len(verdict.codes) == len(IDS)
    assert "write ids as whole numbers or as text, with all their digits" in verdict.messages


@given(
    numbers=st.lists(st.integers(1, 2**53 - 1), min_size=1, max_size=30, unique=True),
    form=st.sampled_from(["{:.16e}", "{!r}", "{:.1E}"]),
    cuts=st.lists(st.integers(1, 30), max_size=3),
    again=st.booleans(),
)
def test_what_is_rounded_follows_from_the_file_and_not_from_the_rows_that_are_read_together(numbers, form, cuts, again):
    texts = [form.format(float(number)) for number in numbers]
    texts += texts[:1] if again else []
    borders = sorted({0, len(texts), *(cut for cut in cuts if cut < len(texts))})
    parts = [texts[low:high] for low, high in pairwise(borders)]

    def read(some):
        return identifiers(Array(some, TEXT), "id")

    finder = RoundedIds(lambda: map(read, parts))
    found = [where for part in parts for where in _flags(finder.where(read(part)), part)]
    whole = read(texts)
    short = np.zeros(len(texts), np.int16) if whole.shortened is None else whole.shortened
    ids = list(whole.values)
    assert found == [
        bool(digits > whole.complete and sum(a == b and d > 0 for b, d in zip(ids, short.tolist(), strict=True)) > 1)
        for a, digits in zip(ids, short.tolist(), strict=True)
    ]
    if form == "{:.16e}":
        assert not any(found), "all digits are written"


def _flags(where, part):
    return [False] * len(part) if where is None else where.tolist()


def test_the_first_of_the_rows_is_refused_although_it_was_read_long_before_the_others(judge_by, spec_of_ids):
    cells = ["1.4e+06", *(str(number) for number in range(30_000)), "1.4e+06"]
    verdict = judge_by(spec_of_ids, csv(cells)[1], "a.csv", "labels")
    assert verdict.codes == {1: ["inexact_id"], 30_002: ["inexact_id"]}
    assert verdict.records.rows == 30_000


def test_a_row_that_comes_twice_from_a_writer_of_all_digits_is_a_duplicate(judge_by, spec_of_ids):
    go = ["1.4e+06", "1.4e+06", "1.400001e+06", "1e+06"]
    verdict = judge_by(spec_of_ids, csv(go)[1], "a.csv", "labels")
    assert verdict.records.ids.tolist() == ["1400000", "1400001", "1000000"]
    assert verdict.codes == {2: ["duplicate_id"]}
    floats = pd.Series([1_400_000, 1_400_000, 1_400_001], dtype=float).to_csv(index=False, header=False).split()
    assert judge_by(spec_of_ids, csv(floats)[1], "a.csv", "labels").codes == {2: ["duplicate_id"]}


def test_the_ids_of_a_file_are_read_again_only_if_some_may_be_rounded():
    def never():
        raise AssertionError("read again")

    for cells in (["1.4e+06", "1.400001e+06"], ["1400000", "7"], ["s1", "s2"], ["1400000.0"]):
        assert RoundedIds(never).where(identifiers(Array(cells, TEXT), "id")) is None


def table(cells):
    rows = np.random.default_rng(1)
    return pd.DataFrame({"customer_id": cells, "x": rows.normal(size=len(cells)), "score": rows.random(len(cells))})


@pytest.mark.parametrize("form", ["{:.2g}", "{:.1E}"])
def test_compare_and_suggest_say_that_ids_were_rounded(form):
    frame = table([form.format(1_400_000 + at) for at in range(300)])
    (result,) = [one for one in compare(frame, frame).results if one.column == "customer_id"]
    assert result.status == "unknown"
    assert "looks like ids that were rounded (1.4" in result.message
    assert "# customer_id is left out: it looks like ids that were rounded (1.4" in suggest(frame)


def test_ids_of_what_rows_are_about_may_repeat():
    of_r = ["1e+05", "123456", "1e+05", "99"]
    assert not rounded_example(of_r)
    assert rounded_example(["1e+05", "1e+05", "99"]) == "1e+05"
    frame = table(of_r * 75)
    assert not any("rounded" in one.message for one in compare(frame, frame).results)
