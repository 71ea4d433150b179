"""Columns that change from file to file, change their scale, or stop to vary."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from steward.profiles.ingestion_counts import IngestionCounts
from steward.quality.schema_consistency import oddity_shares
from steward.records.columns import CategoricalColumn, NumericColumn
from tests.nightly import nightly
from tests.unit.properties import some_examples
from tests.unit.quality.contexts import SPEC, columns, declared, judged, profile

SOME = some_examples(60, suppress_health_check=list(HealthCheck))


def files(number: int, before: dict[str, float] | None = None, **odd: dict[str, int]):
    return judged(profile(columns(0), IngestionCounts(files=number, **odd)), columns_before=before)[
        "schema_consistency"
    ]


def told(found) -> list[str]:
    return [result.message for result in found if result.status == "breach" and result.column]


def test_files_as_those_before_are_consistent() -> None:
    (found,) = files(2, {})
    assert (found.status, found.message) == ("ok", "the columns of 2 files are those of the files before")


def test_a_single_first_file_shows_no_change() -> None:
    whole, column = files(1, columns_added={"colour": 1})
    assert (whole.status, column.status) == ("unknown", "measured")
    assert column.message == "`colour`, which is not declared, is there in 1 of 1 file"


def test_a_column_that_comes_is_told_once() -> None:
    found = files(2, {}, columns_added={"colour": 2})
    assert told(found) == [
        "`colour`, which is not declared, is there in 2 of 2 files, and was not so in the window before"
    ]
    again = files(2, oddity_shares(found), columns_added={"colour": 2})
    assert [result.status for result in again] == ["ok", "measured"]


@pytest.mark.parametrize("odd", ["columns_added", "columns_missing"])
def test_files_of_one_window_that_differ_are_told_of_where_nothing_is_known_before(odd: str) -> None:
    assert len(told(files(3, None, **{odd: {"colour": 1}}))) == 1
    assert told(files(3, None, **{odd: {"colour": 3}})) == []


def test_a_column_that_some_files_always_have_is_no_news() -> None:
    before = oddity_shares(files(4, {}, columns_added={"colour": 2}))
    assert told(files(4, before, columns_added={"colour": 1})) == []
    assert told(files(4, before, columns_added={"colour": 4})) == []


def test_a_column_that_goes_is_told() -> None:
    before = oddity_shares(files(2, {}, columns_added={"colour": 2}))
    assert told(files(2, before)) == [
        "`colour`, which is not declared, is there no longer in any of 2 files, and was in all of the window before"
    ]
    assert told(files(2, before, columns_added={"colour": 1})) == [
        "`colour`, which is not declared, is there in 1 of 2 files, where in the window before it was so in all of them"
    ]
    assert told(files(2, {}, columns_missing={"region": 2})) == [
        "`region`, which is declared, is missing in 2 of 2 files, and was not so in the window before"
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("text", "`price` is stored as text"), ("unreadable", "`price` holds cells that cannot be read")],
)
def test_a_column_that_changes_its_type_is_told(kind: str, words: str) -> None:
    found = files(2, {}, columns_retyped={f"price {kind}": 2})
    assert told(found) == [f"{words} in 2 of 2 files, and was not so in the window before"]
    assert told(files(2, oddity_shares(found), columns_retyped={f"price {kind}": 2})) == []


def test_nothing_is_remembered_of_a_check_that_did_not_look() -> None:
    assert oddity_shares([]) is None
    assert oddity_shares(judged(profile(None, IngestionCounts()))["schema_consistency"]) is None


def rescaled(name: str, factor: float, rows: int = 1000, share: float = 1.0, seed: int = 7):
    found = columns(rows, seed)
    values = found[name].values.copy()
    values[: round(share * rows)] *= factor
    return found | {name: NumericColumn(values)}


def jumps(found, **changes):
    results = judged(profile(found), **changes)["scale_consistency"]
    return {result.column: result for result in results if result.status == "breach" and result.column}


@pytest.mark.parametrize("name", ["price", "shift"])
@pytest.mark.parametrize("power", [-3, -1, 1, 3, *nightly(-6, -2, 2, 6)])
def test_a_jump_of_scale_is_found_at_its_power(name: str, power: int) -> None:
    found = jumps(rescaled(name, 10.0**power))
    assert list(found) == [name]
    assert found[name].value == pytest.approx(power, abs=0.1)
    size = f"{10 ** abs(power):,} times as {'large' if power > 0 else 'small'} as in the baseline"
    assert f"`{name}` is {size}: its mean is" in found[name].message


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7])
@pytest.mark.parametrize("power", [1, 2, 3])
def test_a_part_of_the_files_that_jumped_upwards_is_found(share: float, power: int) -> None:
    found = jumps(rescaled("price", 10.0**power, rows=4000, share=share))
    assert list(found) == ["price"]
    told = float(found["price"].message.split("in the rows")[0].split("in ")[1].split("%")[0]) / 100
    assert told == pytest.approx(share, rel=0.2)


def spoiled(name: str, change):
    found = columns(1000, 7)
    return found | {name: NumericColumn(change(found[name].values.copy()))}


def one_gone_wild(values):
    values[0] = 1e9
    return values


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("price", lambda v: v * 2),
        ("price", lambda v: v * 4),
        ("price", lambda v: v * 1.609),
        ("price", lambda v: v + 720),  # the mean is ten times as large, the deviation is not
        ("price", lambda v: 80 + (v - 80) * 10),  # the deviation is, the mean is not
        ("price", one_gone_wild),
        ("shift", one_gone_wild),
        ("shift", lambda v: v * 3),
        ("shift", lambda v: v + 30),
        ("flag", np.ones_like),
        ("price", lambda v: np.where(np.arange(len(v)) % 2, v, v + 400)),
        ("price", lambda v: np.full_like(v, np.nan)),
        ("price", lambda v: np.full_like(v, np.inf)),
        ("price", lambda v: np.full_like(v, 80_000.0)),
    ],
)
def test_other_changes_are_no_jumps_of_scale(name: str, change) -> None:
    assert jumps(spoiled(name, change)) == {}


def test_zeros_stay_zeros() -> None:
    kept = spoiled("rain", lambda v: v * 100)
    assert list(jumps(kept)) == ["rain"]
    filled = spoiled("rain", lambda v: np.where(v == 0, 2.0, v * 100))
    assert jumps(filled) == {}


@SOME
@given(seed=st.integers(0, 10**6), rows=st.integers(30, 3000), factor=st.floats(0.2, 5))
def test_factors_far_from_powers_of_ten_are_no_jumps(seed: int, rows: int, factor: float) -> None:
    assert jumps(rescaled("price", factor, rows=rows, seed=seed)) == {}


def test_how_near_a_power_of_ten_is_declared() -> None:
    spec = declared(f"{SPEC}  scale_consistency: {{agreement: 0.3}}\n")
    assert jumps(rescaled("price", 16.0)) == {}
    assert list(jumps(rescaled("price", 16.0), spec=spec)) == ["price"]
    assert "scale_consistency" not in judged(spec=declared(f"{SPEC}  scale_consistency: null\n"))


def test_scale_says_what_it_measured() -> None:
    found = judged()["scale_consistency"]
    assert [(result.status, result.message) for result in found] == [
        ("ok", "4 of 4 numeric columns have the scale of the baseline")
    ]
    few = judged(profile(columns(20)))["scale_consistency"]
    assert [result.status for result in few] == ["unknown"]
    gone = judged(profile(spoiled("price", lambda v: np.full_like(v, np.nan))))["scale_consistency"]
    assert gone[0].message == "3 of 3 numeric columns have the scale of the baseline; 1 could not be measured"


def constant(name: str, rows: int, value: float = 1.0, code: int = 0):
    found = columns(rows, 3)
    if name == "make":
        return found | {name: CategoricalColumn(np.full(rows, code, np.int32), ("Ford", "Opel", "Fiat", "Lada"))}
    return found | {name: NumericColumn(np.full(rows, value))}


@pytest.mark.parametrize(
    ("name", "value", "code", "words"),
    [("price", 80.0, 0, "80"), ("price", -999.0, 0, "-999"), ("make", 0, 1, "'Opel'"), ("make", 0, 3, "'Lada'")],
)
def test_a_column_that_no_longer_varies_is_found(name: str, value: float, code: int, words: str) -> None:
    whole, column = judged(profile(constant(name, 500, value, code)))["constant_columns"]
    assert whole.message == "4 of 5 columns that varied in the baseline vary here"
    assert (whole.status, column.status, column.column) == ("breach", "breach", name)
    assert column.message.startswith(f"`{name}` is {words} in all 500 rows, where ")


def test_a_rare_flag_that_does_not_come_is_no_constant() -> None:
    whole, column = judged(profile(constant("flag", 120, 0.0)))["constant_columns"]
    assert (whole.status, column.status) == ("ok", "ok")
    assert column.message.endswith("chance does that in so few rows")
    assert judged(profile(constant("flag", 2000, 0.0)))["constant_columns"][0].status == "breach"


def test_a_column_without_values_is_not_constant_but_unknown() -> None:
    empty = spoiled("price", lambda v: np.full_like(v, np.nan))
    (found,) = judged(profile(empty))["constant_columns"]
    assert found.message.endswith("; 1 have fewer than 100 values here")
    (few,) = judged(profile(constant("price", 99)))["constant_columns"]
    assert (few.status, few.message) == ("unknown", "no column has 100 values to tell a constant by")
    spec = declared(f"{SPEC}  constant_columns: {{minimum_rows: 50}}\n")
    assert judged(profile(constant("price", 99)), spec=spec)["constant_columns"][0].status == "breach"
