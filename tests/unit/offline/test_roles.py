"""What each column is taken for is said with its reason; a name is never enough to hide a column or its drift."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from arro3.core import Array, DataType
from arro3.core import Table as ArrowTable
from arro3.io import write_parquet
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from steward import compare
from steward.offline.comparison_summary import show
from steward.offline.roles import row_counter
from steward.offline.suggestion import suggest
from steward.spec.document import read_spec
from tests.nightly import nightly
from tests.unit.properties import some_examples

ROWS = 1500


def people(older: float, seed: int, rows: int = ROWS) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    age = np.clip(random.normal(45 + older, 12, rows), 18, 95)
    moments = pd.Timestamp("2024-06-01") - pd.to_timedelta(age * 365.25, unit="D")
    return pd.DataFrame({"day": moments.round("D"), "age": age, "income": 800 * age + random.normal(0, 5000, rows)})


def staff(longer: float, seed: int, rows: int = ROWS) -> pd.DataFrame:
    """People who came some years ago, all of them after 1990."""
    random = np.random.default_rng(seed)
    years = np.clip(random.gamma(4, 1.5, rows) + longer, 0, 30)
    moments = pd.Timestamp("2024-06-01") - pd.to_timedelta(years * 365.25, unit="D")
    return pd.DataFrame(
        {"day": moments.round("D"), "tenure": years, "wage": 900 * years + random.normal(0, 3000, rows)}
    )


@pytest.mark.parametrize(
    "name", ["birth_date", "born", "date_of_birth", "BirthDate", "dob", "some_date", "created_at", "day", "timestamp"]
)
def test_birth_dates_hide_no_drift_whatever_they_are_called(name) -> None:
    found = compare(people(0, 1).rename(columns={"day": name}), people(5, 2).rename(columns={"day": name}))
    assert {"age", "income"} <= set(found.drift.columns)
    assert not found.columns[name].role
    assert any(note.startswith(f"`{name}` is not taken as the time of each row: ") for note in found.notes)


@pytest.mark.parametrize(
    "name",
    ["hireDate", "signup_ts", "customer_since", "created_at", "start", *nightly(
        "hire_date", "hired_at", "signup_date", "sign_up_at", "joined_on", "registration_date", "contract_start",
        "last_purchase_date", "first_seen")],
)  # fmt: skip
def test_dates_of_what_a_row_is_about_hide_no_drift(name, tmp_path: Path) -> None:
    before, after = (staff(more, seed).rename(columns={"day": name}) for more, seed in ((0, 1), (1.5, 2)))
    found = compare(before, after)
    assert {"tenure", "wage"} <= set(found.drift.columns)
    before.to_csv(tmp_path / "before.csv", index=False)
    assert compare(tmp_path / "before.csv", after).drift == found.drift
    text = suggest(before)
    assert read_spec(text).columns.time != name
    assert f"{name}:" in text
    assert "not the time of rows" in text


@pytest.mark.parametrize("at", [0, 1])
def test_the_true_time_is_found_beside_a_date_of_birth_and_said(at) -> None:
    def seen(older: float, seed: int, start: str) -> pd.DataFrame:
        frame = people(older, seed).rename(columns={"day": "birth_date"})
        frame.insert(at, "visited_at", pd.date_range(start, periods=ROWS, freq="h"))
        return frame

    found = compare(seen(0, 1, "2024-01-01"), seen(5, 2, "2024-07-01"))
    assert found.columns["visited_at"].role == "time"
    assert not found.drift.independent_rows
    assert {"birth_date.age", "age"} & set(found.drift.columns)
    (note,) = [note for note in found.notes if note.startswith("`visited_at`")]
    assert "its name says time, and the rows are in its order" in note


@pytest.mark.parametrize("name", ["created_at", "start_time", "logged", "updated"])
def test_a_log_in_the_order_of_its_moments_is_a_log(name) -> None:
    frame = pd.DataFrame({name: pd.date_range("2024-01-01", periods=500, freq="37min"), "x": np.arange(500) ** 0.5})
    assert compare(frame, frame).columns[name].role == "time"


def test_every_role_is_said_with_its_reason() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "request_id": [f"r{at}" for at in range(200)],
            "requested_at": pd.date_range("2024-01-01", periods=200, freq="h"),
            "score": random.random(200),
            "label": random.integers(0, 2, 200),
            "version": ["a"] * 200,
            "x": random.normal(size=200),
        }
    )
    found = compare(frame, frame)
    roles = {name: use.role for name, use in found.columns.items()}
    assert roles == {"request_id": "id", "requested_at": "time", "score": "score", "label": "label",
                     "version": "version", "x": None}  # fmt: skip
    for name in roles.keys() - {"x"}:
        assert f"its name says {roles[name]}" in json.loads(found.model_dump_json())["columns"][name]["reason"]
        assert any(note.startswith(f"`{name}` is ") for note in found.notes)
    assert [name for name, use in found.columns.items() if not use.compared] == [
        "request_id",
        "requested_at",
        "version",
    ]


COUNTERS = ["", "Unnamed: 0", "Unnamed: 0.1", "index", "level_0", "__index_level_0__", "rownum", "row_number", "X", "t"]


def counted(name: str, rows: int, seed: int) -> pd.DataFrame:
    return pd.DataFrame({name: range(rows), "x": np.random.default_rng(seed).normal(size=rows)})


@pytest.mark.parametrize("name", [*COUNTERS[:2], *nightly(*COUNTERS[2:])])
def test_a_row_counter_is_no_feature_in_any_format(name, tmp_path: Path) -> None:
    before, after = counted(name, 900, 1), counted(name, 300, 2)
    sides = []
    for side, frame in (("before", before), ("after", after)):
        table = ArrowTable.from_pydict(
            {name: Array.from_numpy(frame[name].to_numpy()), "x": Array.from_numpy(frame.x.to_numpy())}
        )
        frame.to_csv(tmp_path / f"{side}.csv", index=False)
        frame.to_json(tmp_path / f"{side}.jsonl", orient="records", lines=True)
        write_parquet(table, tmp_path / f"{side}.parquet")
        sides.append((frame, table, *(tmp_path / f"{side}.{ending}" for ending in ("csv", "jsonl", "parquet"))))
    for one, other in zip(*sides, strict=True):
        found = compare(one, other)
        assert (found.drift.detected, found.columns[name].compared) == (False, False)
        assert any("it counts the rows" in note for note in found.notes)
    text = suggest(before)
    assert list(read_spec(text).features) == ["x"]
    assert "it counts the rows" in text


@pytest.mark.parametrize("name", ["Unnamed: 0", "level_0", "__index_level_0__"])
def test_the_index_of_some_of_the_rows_is_no_feature(name) -> None:
    random = np.random.default_rng(3)
    whole = counted(name, 2000, 1)
    shuffled, kept = whole.iloc[random.permutation(2000)], random.random(2000) < 0.5
    for one, other in (
        (shuffled[:1400], shuffled[1400:]),
        (whole[kept], whole[~kept]),
        (whole.sample(1500, replace=True, random_state=1), whole[:500]),
    ):
        assert not compare(one, other).drift.detected


def test_a_row_counter_of_a_long_table_is_one_too() -> None:
    assert not compare(counted("t", 90_000, 1), counted("t", 900, 2)).columns["t"].compared


def test_a_column_without_a_name_that_counts_nothing_is_compared() -> None:
    def frame(shift: float, seed: int) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        return pd.DataFrame({"": random.normal(shift, 1, 500), "x": random.normal(size=500)})

    assert compare(frame(0, 1), frame(1, 2)).drift.columns[0] == ""


@given(start=st.integers(-5, 10**6), step=st.integers(1, 9), rows=st.integers(25, 200), parts=st.integers(1, 4))
def test_consecutive_numbers_count_however_they_are_cut(start, step, rows, parts) -> None:
    numbers = start + step * np.arange(rows, dtype=np.float64)
    assert row_counter("x", np.array_split(numbers, parts))


@given(st.lists(st.integers(0, 10**6), min_size=25, max_size=100), st.integers(0, 10**6))
def test_other_whole_numbers_do_not(numbers, more) -> None:
    values = np.array([*numbers, more, more], dtype=np.float64)
    assert row_counter("amount", [values]) is None


TEXT = [f"these are {at} words of a text that nobody else wrote" for at in range(400)]


@some_examples(6)
@given(st.sampled_from(["review.length", "review.words", "review.", "review..length", "review.length.x"]))
def test_a_column_called_like_a_part_of_another_is_compared_beside_it(name) -> None:
    def frame(shift: float, seed: int) -> pd.DataFrame:
        values = np.random.default_rng(seed).normal(shift, 1, len(TEXT))
        return pd.DataFrame({"review": TEXT, name: values})

    found = compare(frame(0, 1), frame(1, 2))
    assert name in found.drift.columns
    parts = found.columns["review"].parts
    assert len(parts) == 4
    assert name not in parts
    assert {*parts, name} <= {result.column for result in found.results}


@pytest.mark.parametrize("parent", ["user", "user.plan.x", "plan"])
def test_a_column_with_a_dot_stands_for_itself_when_another_is_gone(parent) -> None:
    random = np.random.default_rng(0)
    before = pd.DataFrame({parent: random.normal(size=900), "user.plan": random.choice(["a", "b"], 900)})
    after = pd.DataFrame(
        {"user.plan": pd.Series(random.choice(["a", "b", None], 900, p=[0.8, 0.1, 0.1]), dtype=object)}
    )
    for found in (compare(before, after), compare(before, after.assign(**{parent: "?"}))):
        assert "user.plan" in found.drift.columns
        assert {"feature_drift", "missing_values"} <= {r.monitor for r in found.results if r.column == "user.plan"}


def test_what_one_column_declares_says_nothing_of_another_whose_name_begins_alike() -> None:
    spec = read_spec(
        "model: m\nowner: o\ntask: binary_classification\ncolumns: {id: id, time: at, score: s}\n"
        "features:\n  user: {type: numeric, monitored: false}\n  user.plan: categorical\n  user.age: numeric\n"
        "  note: {type: text, monitored: false}\n  note.length: numeric\nretraining: {}\n"
    )

    def frame(shift: float, seed: int) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        return pd.DataFrame(
            {
                "user": random.normal(shift, 1, 400),
                "user.plan": random.choice(["a", "b"], 400, p=[0.5 - 0.4 * shift, 0.5 + 0.4 * shift]),
                "user.age": random.normal(shift, 1, 400),
                "note": TEXT,
                "note.length": random.normal(shift, 1, 400),
            }
        )

    found = compare(frame(0, 1), frame(1, 2), spec=spec)
    about = {result.column for result in found.results if result.column and result.monitor == "feature_drift"}
    assert about == {"user.plan", "user.age", "note.length"}
    assert about <= set(found.drift.columns)


def test_text_says_the_whole_name_of_a_column_that_ends_like_a_part() -> None:
    random = np.random.default_rng(0)
    before, after = (
        pd.DataFrame({"user.age": random.normal(s, 1, 300), "user": random.normal(size=300)}) for s in (0, 2)
    )
    console = Console(width=100, record=True, file=io.StringIO())
    show(compare(before, after), console)
    assert "Drift in 1 of 2 columns: user.age" in console.export_text()


def test_numbers_of_text_columns_are_read_without_an_extra_index() -> None:
    table = ArrowTable.from_pydict({"": Array([str(at) for at in range(200)], DataType.utf8()),
                                    "x": Array([float(at % 7) for at in range(200)], DataType.float64())})  # fmt: skip
    assert not compare(table, table).columns[""].compared
