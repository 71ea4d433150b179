"""Amounts, durations and dates in text are compared as what they look like, or said not to be."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from arro3.core import Array, DataType, Table
from scipy import stats

from steward import compare
from steward.offline.suggestion import suggest
from steward.records.amounts import amounts_of
from steward.records.duration_text import durations_of
from steward.records.quantities import quantity_of
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec

ROWS = 400
BEFORE = np.random.default_rng(1).lognormal(6, 1, ROWS).round(2)
AFTER = np.random.default_rng(2).lognormal(7, 1, ROWS).round(2)
KS = stats.ks_2samp(BEFORE, AFTER).statistic

WAYS = {
    "$1,234.50": lambda v: f"${v:,.2f}",
    "1,234.50": lambda v: f"{v:,.2f}",
    "1.234,50": lambda v: f"{v:,.2f}".translate(str.maketrans(",.", ".,")),
    "1'234.50 CHF": lambda v: f"{v:,.2f} CHF".replace(",", "'"),
    "1\u202f234,50 €": lambda v: f"{v:,.2f} €".replace(",", "\u202f").replace(".", ","),
    "EUR 1234.50": lambda v: f"EUR {v:.2f}",
    "1234.50 EUR": lambda v: f"{v:.2f} EUR",
    "1234,50 kr": lambda v: f"{v:.2f} kr".replace(".", ","),
    "R$ 1.234,50": lambda v: "R$ " + f"{v:,.2f}".translate(str.maketrans(",.", ".,")),
    "1234.50 %": lambda v: f"{v:.2f} %",
    "1.23450K": lambda v: f"{v / 1000:.5f}K",
    "plain": lambda v: f"{v:.2f}",
    "timedelta": lambda v: timedelta(seconds=v),
    "0:20:34.50": lambda v: str(timedelta(seconds=v)),
    "0 days 00:20:34.50": lambda v: str(pd.Timedelta(seconds=v)),
    "PT1234.50S": lambda v: f"PT{v:.2f}S",
    "20m 34.5s": lambda v: f"{int(v // 60)}m {v % 60:.2f}s",
}


def table(cells: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"price": cells, "x": np.arange(len(cells)) % 7.0})


@pytest.mark.parametrize("way", WAYS)
def test_amounts_and_durations_are_the_numbers_that_were_written(way):
    cells = [str(WAYS[way](v)) for v in BEFORE]
    found = quantity_of(cells)
    assert not isinstance(found, str)
    values = [found.number(cell) if found else float(cell) for cell in cells]
    assert np.allclose(values, BEFORE, rtol=0, atol=0.006)


@pytest.mark.parametrize("way", ["$1,234.50", "1.234,50", "1234.50 EUR", "timedelta", "PT1234.50S", "plain"])
def test_amounts_and_durations_are_compared_as_numbers(way):
    found = compare(table([WAYS[way](v) for v in BEFORE]), table([WAYS[way](v) for v in AFTER]))
    assert "price" in found.drift.columns
    (drift,) = [one for one in found.results if one.column == "price" and one.statistic == "kolmogorov_smirnov"]
    assert drift.value == pytest.approx(KS, abs=0.02)
    assert not any("names rows" in note for note in found.notes)


def test_arrow_durations_of_any_unit_are_seconds():
    def arrow(values: np.ndarray, unit: str, per_second: int) -> Table:
        numbers = Array.from_numpy((values * per_second).astype(np.int64))
        return Table.from_pydict({"wait": numbers.cast(DataType.duration(unit)), "x": Array.from_numpy(values * 0 + 1)})

    for unit, per_second in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        found = compare(arrow(BEFORE, unit, per_second), arrow(BEFORE, "ms", 10**3))
        assert not found.drift.detected, unit
    assert "wait" in compare(arrow(BEFORE, "ms", 10**3), arrow(AFTER, "us", 10**6)).drift.columns


@pytest.mark.parametrize(
    ("cells", "number"),
    [
        (["(1,234.50)", "$7.25"], -1234.5),
        (["-$1,234.50", "$7.25"], -1234.5),
        (["1.234,50-", "7,25"], -1234.5),
        (["1,234", "1,234,567"], 1234.0),
        (["1.234", "12,5"], 1234.0),
        (["1,234", "0.5"], 1234.0),
        (["1.5M", "2M"], 1.5e6),
        (["12.5 %", "3%"], 12.5),
        (["\u22125 €", "3 €"], -5.0),
        (["1 days 02:03:04.5", "0 days 00:00:00"], 93_784.5),
        (["-1 day, 23:59:59", "0:00:01"], -1.0),
        (["P1DT2H3M4.5S", "PT0S"], 93_784.5),
        (["1d 2h 3m 4.5s", "5 min"], 93_784.5),
        (["350 ms", "1s"], 0.35),
        (["100:00:00", "00:00:01"], 360_000.0),
    ],
)
def test_the_number_of_a_cell_follows_from_its_column(cells, number):
    found = quantity_of(cells)
    assert found is not None
    assert not isinstance(found, str)
    assert found.number(cells[0]) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("missing", ["", "NA", "NULL", "\\N", "<NA>", "#N/A"])
def test_numbers_with_gaps_are_numbers_however_the_gaps_are_spelt(missing):
    before, after = (
        {"wait": [f"{at % 90 + more}.125" if at % 3 else missing for at in range(900)]} for more in (0, 90)
    )
    found = compare(pd.DataFrame(before), pd.DataFrame(after))
    assert "wait" in found.drift.columns


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["1,234", "2,500"], "the comma may separate thousands or decimals"),
        (["$1.234", "$2.500"], "the point may separate thousands or decimals"),
        (["$5.50", "€5.50"], r"several units \(\$, €\)"),
        (["12.5 %", "0.3"], "several units"),
        (["1,23,456", "7,25,000"], "separators of more than one kind"),
    ],
)
def test_amounts_that_can_be_read_in_two_ways_are_not_compared_and_said_to_be_amounts(cells, why):
    with pytest.raises(AssertionError, match=why):
        raise AssertionError(amounts_of(cells))
    found = compare(table(cells * 60), table(cells * 60))
    (result,) = [one for one in found.results if one.column == "price"]
    assert (result.status, result.message.startswith("`price` looks like amounts")) == ("unknown", True)
    assert result.message.endswith("; it was not compared")
    assert not any("price" in note for note in found.notes), "said once"
    assert "# price is left out: it looks like amounts" in suggest(table(cells * 60))


@pytest.mark.parametrize("cells", [["red", "blue"], ["A-12", "B-7"], ["1.2.3", "1.2.4"], ["10.0.0.1"], ["12 Main St"]])
def test_other_text_is_no_quantity(cells):
    assert quantity_of(cells) is None
    assert durations_of(cells) is None


DAYS = pd.date_range("2023-01-01", periods=ROWS, freq="D")


@pytest.mark.parametrize("way", ["%m/%d/%Y", "%d.%m.%Y", "%b %d, %Y %I:%M %p"])
def test_dates_in_text_are_compared_as_times_and_declared_by_a_format_that_works(way):
    def frame(days: pd.DatetimeIndex) -> pd.DataFrame:
        return pd.DataFrame({"bought": days.strftime(way), "returned": days.strftime(way), "x": np.arange(ROWS) % 7.0})

    found = compare(frame(DAYS), frame(DAYS + pd.Timedelta(days=2000)))
    assert f"`bought` is read by the format {way}" in found.notes
    assert not any("not compared" in note for note in found.notes)
    spec = read_spec(suggest(frame(DAYS)))
    assert {name: feature.format for name, feature in spec.features.items() if feature.type == "datetime"} == {
        "bought": way, "returned": way
    }  # fmt: skip


def test_event_times_in_text_get_a_format_too():
    spec = read_spec(suggest(pd.DataFrame({"sold_at": DAYS.strftime("%d.%m.%Y"), "x": np.arange(ROWS) % 7.0})))
    assert (spec.columns.time, spec.columns.time_format) == ("sold_at", "%d.%m.%Y")


def test_dates_that_two_formats_read_are_not_compared_and_the_formats_are_named():
    frame = table([f"{1 + at % 12:02}/{1 + at % 9:02}/2024" for at in range(ROWS)])
    found = compare(frame, frame)
    (result,) = [one for one in found.results if one.column == "price"]
    assert (result.status, result.message) == (
        "unknown",
        (
            "`price` looks like dates with slashes that several formats read (%m/%d/%Y, %d/%m/%Y); "
            "declare the one that is meant as `format`, or write ISO 8601; it was not compared"
        ),
    )
    assert not any("price" in note for note in found.notes), "said once"
    assert "# price is left out: it looks like dates with slashes that several" in suggest(frame)


def test_columns_of_another_spelling_than_the_reference_s_or_the_declaration_s_are_named_by_what_they_look_like():
    dollars, euros = (table([f"{sign}{v:.2f}" for v in BEFORE]) for sign in "$€")
    (changed,) = [one for one in compare(dollars, euros).results if one.column == "price"]
    assert changed.status == "unknown"
    assert (
        "has changed its type: 400 of its 400 cells are not numeric (it looks like amounts in €: write"
        in changed.message
    )
    spec = ModelSpec.model_validate(
        {"model": "m", "owner": "o", "task": "binary_classification",
         "columns": {"id": "id", "time": "at", "score": "p"},
         "features": {"price": "numeric", "bought": "datetime", "y": "numeric"}}
    )  # fmt: skip
    frame = dollars.assign(bought=DAYS.strftime("%m/%d/%Y"), y=1.0)
    messages = {one.column: one.message for one in compare(frame, frame, spec=spec).results}
    assert "cells are not numeric (it looks like amounts in $: write" in messages["price"]
    assert '(dates with slashes); declare the format of bought: "%m/%d/%Y"' in messages["bought"]


def test_codes_with_dashes_are_no_dates():
    frame = table([f"{at % 90 + 10}-{at % 77 + 10}-{at % 8999 + 1000}" for at in range(ROWS)])
    assert not any("dates" in note for note in compare(frame, frame).notes)
