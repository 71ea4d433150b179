"""Columns of every type are cut, chosen from and joined alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.records.columns import (
    FLAGS,
    CategoricalColumn,
    Chunk,
    Column,
    EmbeddingColumn,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.records.valid_records import Records, concatenate


@st.composite
def columns(draw, rows: int) -> dict[str, Column]:
    """One column of each type, with the same cells missing."""
    missing = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), bool)
    some = missing if missing.any() else None
    numbers = np.where(missing, np.nan, draw(st.lists(st.floats(-9, 9), min_size=rows, max_size=rows)))
    moments = np.array(draw(st.lists(st.integers(0, 2**50), min_size=rows, max_size=rows)), np.int64)
    times = moments.astype("datetime64[us]")
    times[missing] = np.datetime64("NaT", "us")
    texts = np.array([*draw(st.lists(st.text(min_size=1), min_size=rows, max_size=rows)), None], object)[:-1]
    texts[missing] = None
    vectors = np.array(
        draw(st.lists(st.lists(st.floats(-9, 9, width=32), min_size=2, max_size=2), min_size=rows, max_size=rows))
    )
    vectors = vectors.reshape(rows, 2).astype(np.float32)
    vectors[missing] = np.nan
    codes = np.where(missing, -1, draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows))).astype(np.int32)
    return {
        "number": NumericColumn(numbers.astype(float), some),
        "category": CategoricalColumn(codes, ("EWR", "JFK")),
        "flag": CategoricalColumn(codes, FLAGS),
        "time": TimeColumn(times),
        "text": TextColumn(texts),
        "embedding": EmbeddingColumn(vectors, some),
    }


@st.composite
def records(draw) -> Records:
    rows = draw(st.integers(0, 6))
    return Records(np.array([f"id{at}" for at in range(rows)], object), None, None, Chunk(rows, draw(columns(rows))))


def cells(column: Column) -> list:
    return [column.cell(at) for at in range(column.rows)]


@given(records=records(), data=st.data())
def test_a_slice_and_a_selection_hold_the_cells_they_name(records, data):
    start, stop = sorted(data.draw(st.tuples(st.integers(0, records.rows), st.integers(0, records.rows))))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=records.rows, max_size=records.rows)), bool)
    for column in records.chunk.columns.values():
        assert cells(column[start:stop]) == cells(column)[start:stop]
        assert cells(column.take(mask)) == [cell for cell, taken in zip(cells(column), mask, strict=True) if taken]
        assert cells(column.take(np.flatnonzero(mask)[::-1])) == cells(column.take(mask))[::-1]
        assert column.absent.tolist() == [cell is None for cell in cells(column)]


@given(
    parts=st.lists(records(), min_size=1, max_size=3),
    lacking=st.sampled_from(["number", "text", "embedding", "time", "flag"]),
)
def test_parts_join_into_the_whole_and_what_a_part_lacks_is_missing(parts, lacking):
    first = parts[0]
    without = Records(
        first.ids,
        None,
        None,
        Chunk(first.rows, {name: c for name, c in first.chunk.columns.items() if name != lacking}),
    )
    joined = concatenate([*parts, without])
    for name, column in joined.chunk.columns.items():
        expected = [cell for part in parts for cell in cells(part.chunk.columns[name])]
        last = [None] * first.rows if name == lacking else cells(first.chunk.columns[name])
        assert cells(column) == expected + last
        assert type(column) is type(first.chunk.columns[name])


def test_columns_of_different_types_cannot_be_joined():
    def only(column: Column) -> Records:
        return Records(np.array(["a"], object), None, None, Chunk(1, {"x": column}))

    with pytest.raises(ValueError, match="NumericColumn in some parts and TextColumn in others"):
        concatenate([only(NumericColumn(np.zeros(1))), only(TextColumn(np.array(["a"], object)))])


def test_cells_are_what_json_can_say():
    assert NumericColumn(np.array([1.5, np.inf])).cell(1) is None
    assert TimeColumn(np.array(["2013-03-04T12:30", "NaT"], "datetime64[us]")).cell(0) == "2013-03-04T12:30:00.000000Z"
    assert EmbeddingColumn(np.array([[0.5, -1]], np.float32)).cell(0) == [0.5, -1.0]
