"""The holdout that `suggest` writes has the classes that a training will ask for, wherever in the year they lie."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import TrainingImpossible
from steward.offline.hints import Hints
from steward.offline.holdout import FEWEST_OF_A_CLASS, choose_holdout
from steward.offline.labelled_rows import LabelledRows
from steward.offline.suggestion import suggest
from steward.records.columns import CategoricalColumn, NumericColumn, TimeColumn
from steward.retraining.dataset_split import split
from steward.retraining.manifest import DatasetManifest
from steward.spec.document import read_spec
from steward.spec.durations import parse_duration

START = np.datetime64("2021-01-01", "us")
DAY = 24 * 3600 * 10**6


def labelled(times: np.ndarray, codes: np.ndarray, categories: tuple[str, ...] = ("no", "yes")) -> LabelledRows:
    rows = LabelledRows()
    rows.add(CategoricalColumn(codes.astype(np.int32), categories), TimeColumn(times))
    return rows


def spread(rows: int, days: float, share: float) -> LabelledRows:
    """The rarer class spread evenly over the time."""
    times = START + (np.linspace(0, days, rows) * DAY).astype("m8[us]")
    codes = np.diff(np.floor(np.arange(rows + 1) * share)) > 0
    return labelled(times, codes)


@pytest.mark.parametrize(
    ("rows", "days", "share", "held", "block"),
    [
        (14_000, 243, 0.3, "4w", "1d"),
        (50_000, 365, 0.2, "8w", "1d"),
        (13_014, 181, 0.05, "4w", "1d"),
        (50_000, 365, 0.002, "13w", "1d"),
        (5_000, 40, 0.5, "1w", "1d"),
        (20_000, 10, 0.5, "1d", "1h"),
        (600, 3650, 0.5, "104w", "13w"),
        (891, 891, 0.4, "13w", "1d"),
    ],
)
def test_it_has_the_rarest_class_and_several_blocks(
    rows: int, days: float, share: float, held: str, block: str
) -> None:
    found = choose_holdout(spread(rows, days, share))
    assert (found.span, found.block, found.suffices) == (held, block, True)


@given(st.integers(2, 3_000), st.floats(0, 3650), st.floats(0, 0.5), st.integers(0, 2**32))
def test_its_counts_are_those_of_the_rows(rows: int, days: float, share: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = START + np.sort((rng.random(rows) * days * DAY).astype(np.int64)).astype("m8[us]")
    codes = rng.random(rows) < share
    found = choose_holdout(labelled(times, codes))
    length = parse_duration(found.span)
    newest = times > times.max() - np.timedelta64(length)
    hour = np.timedelta64(1, "h")
    surely = times >= times.max() - np.timedelta64(length) + 2 * hour
    assert np.count_nonzero(surely) <= found.rows <= np.count_nonzero(newest)
    assert length >= 3 * parse_duration(found.block)
    assert found.seldom[1] <= found.held
    in_scarce = codes if found.scarce == "yes" else ~codes
    assert found.held + found.before == np.count_nonzero(in_scarce)


@given(st.integers(1, 6), st.randoms(use_true_random=False))
def test_chunks_and_their_order_change_nothing(chunks: int, random: object) -> None:
    rng = np.random.default_rng(3)
    times, codes = START + (rng.random(500) * 300 * DAY).astype("m8[us]"), rng.random(500) < 0.3
    parts = np.array_split(np.arange(500), chunks)
    random.shuffle(parts)  # type: ignore[attr-defined]
    rows = LabelledRows()
    for part in parts:
        rows.add(CategoricalColumn(codes[part].astype(np.int32), ("no", "yes")), TimeColumn(times[part]))
    assert rows == labelled(times, codes)


def test_rows_without_a_label_or_a_time_do_not_count() -> None:
    times = np.array(["2021-01-01T00:10", "2021-01-01T00:50", "NaT", "2021-01-01T05"], "M8[us]")
    assert labelled(times, np.array([0, -1, 1, 0])).totals == {"no": 2}
    amounts = LabelledRows()
    amounts.add(NumericColumn(np.array([1.0, np.nan, 2.0, np.inf]), np.zeros(4, bool)), TimeColumn(times))
    assert amounts.totals == {"": 1}


# A label that comes in winter only; the reference ends in summer.


def weather(days: int = 900, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    when = pd.date_range("2012-01-01", periods=days, freq="D", tz=UTC)
    winter = 0.5 + 0.5 * np.cos(2 * np.pi * when.day_of_year.to_numpy() / 365)
    rain = rng.random(days) < 0.75 * winter**2
    return pd.DataFrame(
        {
            "id": [f"d{n}" for n in range(days)],
            "date": when,
            "temperature": 20 - 15 * winter + rng.normal(0, 2, days),
            "wind": rng.gamma(2, 2, days),
            "weather": np.where(rain, "rain", "sun"),
        }
    )


def declared(frame: pd.DataFrame) -> str:
    return suggest(frame, hints=Hints(label="weather"))


def part_of(frame: pd.DataFrame, text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training rows and the holdout, split as a run splits them."""
    spec = read_spec(text)
    newest = frame.loc[frame[spec.columns.label].notna(), spec.columns.time].max()
    manifest = DatasetManifest.of(spec, [], newest.to_pydatetime().astimezone(UTC), "production")
    parts = split(frame, manifest, spec)
    return parts.training, parts.holdout


@pytest.mark.parametrize("days", [560, 640, 730, 900, 1461])
@pytest.mark.parametrize("order", ["sorted", "reversed", "shuffled"])
def test_a_seasonal_label_has_enough_of_each_class_in_both_parts(days: int, order: str) -> None:
    frame = weather(days)
    given_rows = {"sorted": frame, "reversed": frame[::-1], "shuffled": frame.sample(frac=1, random_state=1)}[order]
    text = declared(given_rows)
    if "TO DO" not in text:
        part_of(frame, text)
    else:
        with pytest.raises(TrainingImpossible):
            part_of(frame, text)


def test_a_holdout_as_long_is_long_enough_in_every_season() -> None:
    frame, rain = weather(900), weather(900)["weather"] == "rain"
    days = read_spec(declared(frame)).retraining.holdout_span // timedelta(days=1)
    assert rain.rolling(days).sum().min() >= FEWEST_OF_A_CLASS
    assert rain.rolling(days // 2).sum().min() < FEWEST_OF_A_CLASS


@pytest.mark.parametrize("task", ["multiclass", "regression", "unlabelled tail", "boolean", "numbers"])
def test_every_kind_of_label_is_counted_where_it_lies(task: str) -> None:
    frame = weather(900)
    rain = frame["weather"] == "rain"
    match task:
        case "multiclass":
            frame.loc[frame["wind"].between(2, 4) & ~rain, "weather"] = "fog"
        case "regression":
            frame["weather"] = np.where(rain, 1, 0) * frame["wind"] + frame["temperature"]
        case "unlabelled tail":
            frame.loc[frame.index[-120:], "weather"] = None
        case "boolean":
            frame["weather"] = rain
        case _:
            frame["weather"] = rain.astype(float)
    text = declared(frame)
    assert "TO DO" not in text, text
    labels = frame["weather"].astype(object)
    if task in {"boolean", "numbers"}:
        labels = labels.map(lambda label: str(int(label)))  # the canonical form
    known = frame.assign(weather=labels)[frame["weather"].notna()]
    part_of(known, text)


def test_a_class_that_ended_is_asked_about() -> None:
    frame = weather(900)
    frame.loc[frame.index[450:], "weather"] = "sun"
    (todo,) = [line for line in declared(frame).splitlines() if line.startswith("# TO DO")]
    assert "class rain of the label has" in todo
    assert f"needs {FEWEST_OF_A_CLASS} in each part" in todo


def test_a_season_without_enough_of_a_class_is_said_where_no_length_avoids_it() -> None:
    frame = weather(420)
    frame = frame[frame["date"] >= datetime(2012, 6, 1, tzinfo=UTC)]
    text = declared(frame)
    (line,) = [line for line in text.splitlines() if line.strip().startswith("holdout_span")]
    if "TO DO" not in text:
        assert "training then waits for more labels" in line
    assert parse_duration(line.split("#")[0].split(":")[1].strip()) <= timedelta(days=175)
