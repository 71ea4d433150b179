"""The bars of a drifted column hold all rows of both sides, and say where the window differs."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from steward.baselines.baseline import Baseline
from steward.monitoring.check import Distribution
from steward.monitoring.distributions import MOST_BARS, MOST_COLUMNS, drifted_distributions
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.results import MetricResult
from steward.spec.document import read_spec
from steward.spec.windows import Window

SPEC = read_spec("""\
model: lemons
owner: quality@example.com
task: binary_classification
columns: {id: sale, time: sold_at, score: risk, label: lemon}
features: {age: numeric, doors: numeric, make: categorical}
""")
MAKES = tuple(f"make-{number:02}" for number in range(15))
WINDOW = Window(datetime(2024, 3, 4, tzinfo=UTC), timedelta(hours=1))


def portion(rows: int, *, moved: float = 0.0, empty: int = 0, makes: tuple[str, ...] = MAKES) -> ProfileInput:
    random = np.random.default_rng(0)
    absent = np.arange(rows) < empty
    columns = {
        "age": NumericColumn(np.where(absent, np.nan, random.normal(8 + moved, 2, rows)), absent),
        "doors": NumericColumn(random.choice([3.0, 5.0], rows, p=[0.25, 0.75])),
        "make": CategoricalColumn((np.arange(rows) % len(makes)).astype(np.int32), makes),
        "risk": NumericColumn(random.random(rows)),
    }
    return ProfileInput(Chunk(rows, columns))


BASELINE = Baseline.of([(WINDOW, portion(3000))], ProfilingConfig.of(SPEC), holdout=None)


def drawn(window: ProfileInput, *columns: str) -> dict[str, Distribution]:
    found = [
        MetricResult(monitor="feature_drift", column=name, statistic="s", effect=9.0 - at, status="drift", message="")
        for at, name in enumerate(columns)
    ]
    profile = Profile.of(window, BASELINE.bins, SPEC.columns)
    distributions = drifted_distributions(BASELINE, profile, found)
    assert [one.column for one in distributions] == list(columns)
    return {one.column: one for one in distributions}


def test_the_bars_of_numbers_are_intervals_that_hold_all_rows() -> None:
    bars = drawn(portion(1000, moved=4.0), "age")["age"].bars
    assert MOST_BARS / 2 <= len(bars) <= MOST_BARS + 1
    assert sum(bar.baseline for bar in bars) == pytest.approx(1)
    assert sum(bar.window for bar in bars) == pytest.approx(1)
    assert bars[0].label.startswith("below ")
    assert bars[-1].label.endswith(" and more")
    assert bars[0].baseline > bars[0].window  # what moved up has left the low end
    assert bars[-1].baseline < bars[-1].window


def test_a_frequent_value_has_a_bar_and_empty_cells_have_one() -> None:
    bars = drawn(portion(1000, empty=300), "age", "doors")
    shares = {bar.label: bar.baseline for bar in bars["doors"].bars}
    assert shares == {"3": pytest.approx(0.25, abs=0.03), "5": pytest.approx(0.75, abs=0.03)}
    empty = bars["age"].bars[-1]
    assert (empty.label, empty.baseline, empty.window) == ("empty", 0.0, 0.3)
    assert sum(bar.window for bar in bars["age"].bars) == pytest.approx(1)


def test_of_many_categories_the_frequent_ones_have_bars_and_those_not_known_before_one() -> None:
    bars = drawn(portion(1000, makes=("make-00", "Mars")), "make")["make"].bars
    assert len(bars) == MOST_BARS + 2
    assert (bars[0].label, bars[0].window) == ("make-00", 0.5)
    assert bars[-2].label == "5 others"
    assert (bars[-1].label, bars[-1].baseline, bars[-1].window) == ("not known before", 0.0, 0.5)


def test_columns_that_did_not_drift_and_segments_are_left_out() -> None:
    calm = MetricResult(monitor="feature_drift", column="age", statistic="s", status="ok", message="")
    of_segment = calm.model_copy(update={"status": "drift", "segment": "make=Fiat"})
    profile = Profile.of(portion(100), BASELINE.bins, SPEC.columns)
    assert drifted_distributions(BASELINE, profile, [calm, of_segment]) == []
    assert MOST_COLUMNS == 12
