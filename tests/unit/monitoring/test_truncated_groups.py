"""A column with more values than are watched by name says so, and what became of the rest."""

import numpy as np
import pytest

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.monitoring.truncated_groups import truncated_groups
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.spec.features import CategoricalFeature, NumericFeature
from steward.spec.monitors import Monitors
from steward.spec.quality import Segment
from tests.benchmarks.study.steward import windows_of

VALUES = 315
AIRPORTS = tuple(f"A{at:03d}" for at in range(VALUES))
FEATURES = {"airport": CategoricalFeature(type="categorical"), "delay": NumericFeature(type="numeric")}


def chunk(generator, rows=4000, airports=AIRPORTS, shift=None):
    weights = 1 / np.arange(1, len(airports) + 1)
    codes = generator.choice(len(airports), p=weights / weights.sum(), size=rows).astype(np.int32)
    codes[: len(airports)] = np.arange(len(airports))
    delay = generator.normal(size=rows)
    for airport, by in (shift or {}).items():
        delay += by * (codes == airports.index(airport))
    return Chunk(rows, {"airport": CategoricalColumn(codes, airports), "delay": NumericColumn(delay)})


def baseline(generator, airports=AIRPORTS, watched=20):
    scope = ProfilingConfig(
        FEATURES,
        segments=[Segment(name="place", column="airport"), Segment(name="far", where="airport == 'A003'")],
        segment_values=watched,
        protected=["airport"],
    )
    return Baseline.of(windows_of(chunk(generator, airports=airports) for _ in range(4)), scope, holdout=None)


def test_a_capped_column_is_told_of_with_the_share_of_the_rest():
    generator = np.random.default_rng(0)
    known = baseline(generator)
    window = Profile.of(chunk(generator), known.bins)
    (found,) = truncated_groups(known, known.bins.segments, window.segments, "segment_drift")
    share = window.segments["place"]["other"].rows / window.rows
    assert found.message == (
        "`airport` has 315 values in the baseline; the 20 most frequent are watched one by one, the other 295 together "
        f"with any new ones as `other`: {share:.0%} of the window's rows (maximum_segment_values sets how many)"
    )
    assert (found.monitor, found.segment, found.statistic) == ("segment_drift", "place=other", "distinct_values")
    assert (found.value, found.threshold, found.status) == (315, 20, "measured")
    (protected,) = truncated_groups(known, known.bins.protected, window.decisions, "fairness")
    assert (protected.monitor, protected.segment) == ("fairness", "airport=other")
    (empty,) = truncated_groups(known, known.bins.segments, Profile.empty(known.bins).segments, "segment_drift")
    assert "the window has no row that says which" in empty.message


@pytest.mark.parametrize("airports", [AIRPORTS[:20], (*AIRPORTS[:20], "other")])
def test_a_column_whose_values_are_all_watched_is_not(airports):
    generator = np.random.default_rng(1)
    known = baseline(generator, airports)
    window = Profile.of(chunk(generator, airports=airports), known.bins)
    assert truncated_groups(known, known.bins.segments, window.segments, "segment_drift") == []
    assert truncated_groups(known, known.bins.protected, window.decisions, "fairness") == []


def test_the_worst_drifted_segments_are_named_first():
    generator = np.random.default_rng(2)
    known = baseline(generator, AIRPORTS[:4])
    watched = DriftScope(Monitors(), FEATURES)

    def judged(**shift):
        profile = Profile.of(chunk(generator, airports=AIRPORTS[:4], shift=shift), known.bins)
        return [result for result in evaluate_drift(known, profile, watched) if result.monitor == "segment_drift"]

    worst, *results = judged(A002=2.0, A001=0.8)
    assert worst.statistic == "worst_segment"
    assert worst.segment == "place=A002"
    assert worst.status == "measured"
    assert worst.message.startswith("worst of 5 groups: place=A002 (`delay`); place=A001 (`delay`)")
    assert {result.segment for result in results if result.status == "drift"} == {"place=A002", "place=A001"}
    unmoved = judged()[0]
    assert unmoved.message == "no segment has drifted (5 groups compared)"
    assert unmoved.status == "measured"
    few = evaluate_drift(known, Profile.of(chunk(generator, 10, AIRPORTS[:4]), known.bins), watched)
    few = next(result for result in few if result.statistic == "worst_segment")
    assert few.status == "unknown"
    assert "no group has enough rows" in few.message
