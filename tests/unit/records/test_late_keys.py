"""A key of a JSON Lines file counts wherever it comes first; one that no line has is a null where it may be."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import BatchInvalid
from steward.records.json_keys import keys_in
from steward.records.raw import ReadLimits
from tests.unit.properties import some_examples

SMALL = ReadLimits(chunk_rows=2)


def rows(row, count: int = 7) -> list[dict[str, object]]:
    return [row(flight=f"UA{at}") for at in range(count)]


@pytest.mark.parametrize("at", [0, 1, 2, 6])
def test_a_version_counts_in_whatever_line_it_comes_first(judge, write, row, listed, at):
    made = rows(row)
    made[at]["version"] = "v2"
    verdict = judge(write["jsonl"](made), "a.jsonl", limits=SMALL)
    compressed = judge(write["jsonl.gz"](made), "a.jsonl.gz", limits=SMALL)
    assert listed(verdict.records) == listed(compressed.records)
    assert listed(verdict.records)["version"] == [None] * at + ["v2"] + [None] * (6 - at)


@pytest.mark.parametrize("name", ["wind", "carrier"])
def test_a_feature_that_comes_late_is_missing_in_the_rows_before(judge, write, row, name):
    made = rows(row)
    for each in made[:5]:
        del each[name]
    verdict = judge(write["jsonl"](made), "a.jsonl", limits=SMALL)
    if name == "wind":
        assert verdict.records.chunk.columns["wind"].missing.tolist() == [True] * 5 + [False] * 2
    else:
        assert verdict.codes == {at: ["missing_value"] for at in range(1, 6)}


def test_a_column_that_nobody_declared_is_told_of_wherever_it_comes_first(judge, write, row):
    made = rows(row)
    made[6]["gate"] = "B22"
    verdict = judge(write["jsonl"](made), "a.jsonl", limits=SMALL)
    assert verdict.batch.columns_added == ("gate",)


@pytest.mark.parametrize("change", [{}, {"wind": None}])
def test_a_nullable_feature_that_no_line_has_is_null(judge, write, row, listed, change):
    made = [{key: cell for key, cell in each.items() if key != "wind"} | change for each in rows(row)]
    verdict = judge(write["jsonl"](made), "a.jsonl", limits=SMALL)
    assert listed(verdict.records)["wind"] == [None] * 7
    assert verdict.batch.columns_missing == ()


@pytest.mark.parametrize("name", ["flight", "at", "p", "decided", "distance", "carrier"])
def test_any_other_column_that_no_line_has_refuses_the_file(judge, write, row, name):
    made = [{key: cell for key, cell in each.items() if key != name} for each in rows(row)]
    with pytest.raises(BatchInvalid, match=f"lacks column {name}") as caught:
        judge(write["jsonl"](made), "a.jsonl", limits=SMALL)
    assert caught.value.code == "missing_columns"


def test_a_nullable_feature_whose_column_a_csv_file_lacks_refuses_it(judge, write, row):
    made = [{key: cell for key, cell in each.items() if key != "wind"} for each in rows(row)]
    with pytest.raises(BatchInvalid, match="lacks column wind"):
        judge(write["csv"](made), "a.csv")


def test_the_order_of_keys_is_no_matter(judge, write, row, listed):
    turned = [dict(reversed(each.items())) for each in rows(row)]
    expected = listed(judge(write["jsonl"](rows(row)), "a.jsonl", limits=SMALL).records)
    assert listed(judge(write["jsonl"](turned), "a.jsonl", limits=SMALL).records) == expected


@some_examples(100)
@given(name=st.text(min_size=1, max_size=6), ascii_only=st.booleans(), cut=st.integers(0, 60))
def test_a_key_is_found_however_it_is_escaped_and_wherever_a_block_ends(name, ascii_only, cut):
    text = json.dumps({"a": 1, name: 2}, ensure_ascii=ascii_only).encode()
    assert keys_in([text[:cut], text[cut:]], [name]) == [name]
    assert keys_in([json.dumps({"a": name}).encode()], [name] if name != "a" else []) == []


@some_examples(200)
@given(
    keys=st.lists(st.sampled_from(["flight", "late", "x", 'a":b', "a b"]), min_size=1, max_size=5),
    apart=st.sampled_from(["", " ", "\t", "\r"]),
    cell=st.sampled_from(['"a"', '"\\":"', "1", '{"x": 1}', '{"x": 1, "x": 2}', '"x" ', "null"]),
)
def test_an_object_with_a_key_twice_is_rejected_however_it_is_spaced(judge, keys, apart, cell):
    pairs = [f"{json.dumps(key)}{apart}:{cell if key not in {'flight', 'late'} else '1'}" for key in keys]
    content = '{"flight": "0", "late": 1}\n{' + ",".join(pairs) + "}\n"
    codes = judge(content.encode(), "a.jsonl", "labels").codes.get(2, [])
    assert ("malformed" in codes) == (len(set(keys)) < len(keys))
