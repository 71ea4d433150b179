"""Drift of the scores of rare events, and of scores near 1, beside what all scores would show."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import ks_2samp

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.profiles.bins import BEYOND, NumericBins
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import Chunk, NumericColumn
from steward.spec.columns import Columns
from steward.spec.monitors import Monitors
from steward.spec.windows import Window

NAMES = Columns(id="id", time="time", score="score")
WEEK = timedelta(days=7)
ROWS, WINDOW = 16_000, 4_000
WATCHED = DriftScope(Monitors())


def scores(rate, factor, rows, generator, mirrored):
    odds = factor * rate / (1 - rate) * np.exp(generator.normal(0, 1.2, rows))
    return 1 / (1 + odds) if mirrored else odds / (1 + odds)


def chunk(values) -> Chunk:
    return Chunk(len(values), {"score": NumericColumn(values)})


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rate", [1e-1, 1e-2, 1e-3, 1e-4, 1e-5])
def test_scores_that_change_are_seen_to_drift_whatever_the_rate_of_events(rate, mirrored):
    generator = np.random.default_rng(27)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    reference = scores(rate, 1, ROWS, generator, mirrored)
    parts = [(Window(start + at * WEEK, WEEK), chunk(part)) for at, part in enumerate(np.split(reference, 8))]
    scope = ProfilingConfig({}, names=NAMES)
    baseline = Baseline.of(parts, scope, holdout=None)
    for factor, status in ((1, "ok"), (0.5, "drift"), (1.5, "drift"), (4, "drift")):
        values = scores(rate, factor, WINDOW, generator, mirrored)
        profile = Profile.of(ProfileInput(chunk(values)), baseline.bins, NAMES)
        results = {
            result.statistic: result
            for result in evaluate_drift(baseline, profile, WATCHED)
            if result.monitor == "score_drift"
        }
        found = results["kolmogorov_smirnov"]
        assert found.value == pytest.approx(ks_2samp(reference, values).statistic, abs=0.002)
        assert (found.status, factor) == (status, factor)


def test_the_bins_of_a_score_are_never_more_than_a_byte_can_name():
    generator = np.random.default_rng(1)
    for atoms in (1, 50, 100, 112, 150, 223):
        values = np.concatenate([np.repeat(np.arange(atoms) / 224, 1000), generator.random(12_000)])
        assert len(NumericBins.of_scores(np.sort(values), 1 / 3).edges) + 1 < BEYOND
