"""What a check says of segments and protected attributes, whatever is switched on."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from steward.evidence.window_evidence import WindowEvidence
from steward.evidence.window_outcomes import WindowOutcomes
from steward.monitoring.evaluate import evaluate
from steward.performance.groups import GroupOutcomes
from steward.performance.label_join import join
from steward.profiles.profile import Profile
from steward.retraining.adoption import adopt
from steward.retraining.profile_inputs import profile_input
from steward.spec.windows import Window
from tests.unit import examples

SPEC = """\
model: lemons
owner: quality@example.com
task: binary_classification
columns: {id: sale, time: sold_at, score: risk, label: lemon}
features: {age: numeric}
attributes: {town: categorical}
segments: [town]
maximum_segment_values: 5
fairness: {protected: [town], favourable: '0'}
"""
WINDOW = Window(examples.START, timedelta(days=1))


def rows(count, seed, towns=30):
    random = np.random.default_rng(seed)
    risk = random.random(count)
    return pd.DataFrame(
        {
            "sale": pd.Series([f"s{seed}-{at}" for at in range(count)], dtype=object),
            "sold_at": pd.Timestamp(examples.START) + pd.to_timedelta(np.arange(count), unit="s"),
            "version": "v1",
            "age": random.gamma(4, 2, count),
            "risk": risk,
            "town": [f"t{at:02d}" for at in np.minimum(random.geometric(0.2, count), towns)],
            "lemon": np.where(random.random(count) < risk, "1", "0"),
        }
    )


def evidence(text, *, labelled=True, count=2000):
    spec = examples.spec(text)
    before, after = rows(4000, 0), rows(count, 1)
    baseline = adopt(before.drop(columns="version"), spec)
    outcomes, groups = join(after.drop(columns="lemon"), after[["sale", "lemon"]], spec, "v1", baseline.bins)
    realised = WindowOutcomes(
        version="v1", window=WINDOW.id, prediction_batches=[], label_batches=[], outcomes=outcomes, groups=groups
    )
    profile = Profile.of(profile_input(after, spec), baseline.bins, spec.columns)
    return WindowEvidence(spec, WINDOW, baseline, profile, realised if labelled else None)


def capped(text):
    return [
        (result.monitor, result.segment) for result in evaluate(evidence(text)) if result.statistic == "distinct_values"
    ]


def test_a_capped_column_is_told_of_in_the_check():
    assert capped(SPEC) == [("segment_drift", "town=other"), ("fairness", "town=other")]
    drift_off = SPEC + "monitors: {segment_drift: null, fairness: null}\n"
    assert capped(drift_off) == [("segment_performance", "town=other")]
    assert capped(SPEC.replace("maximum_segment_values: 5", "maximum_segment_values: 50")) == []


def test_everything_of_segments_is_judged_and_the_same_evidence_gives_the_same_results():
    known = evidence(SPEC)
    results = evaluate(known)
    assert results == evaluate(known)
    worst = {result.monitor: result.status for result in results if result.statistic == "worst_segment"}
    assert worst == {"segment_drift": "measured", "segment_performance": "measured"}
    judged = {result.segment for result in results if result.monitor == "segment_performance"}
    assert {f"town={group}" for group in known.baseline.bins.segments["town"].groups} <= judged
    assert {result.status for result in results if result.monitor in ("segment_performance", "fairness")} == {
        "measured", "ok",
    }  # fmt: skip


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("labelled", [True, False])
def test_hardly_any_rows_leave_all_of_it_unknown(count, labelled):
    results = evaluate(evidence(SPEC, labelled=labelled, count=count))
    found = [result for result in results if result.monitor in ("segment_performance", "fairness", "segment_drift")]
    assert {result.status for result in found if result.statistic != "distinct_values"} == {"unknown"}


def test_without_segments_and_attributes_nothing_is_said_of_them():
    plain = SPEC[: SPEC.index("segments:")]
    monitors = {result.monitor for result in evaluate(evidence(plain))}
    assert monitors.isdisjoint({"segment_drift", "segment_performance", "fairness"})


def test_outcomes_stored_before_groups_were_counted_are_read_and_said_to_be_unknown():
    known = evidence(SPEC)
    old = WindowOutcomes.model_validate_json(known.realised.model_dump_json(exclude={"groups"}))
    assert old.groups == GroupOutcomes()
    results = evaluate(WindowEvidence(known.spec, WINDOW, known.baseline, known.profile, old))
    found = [result for result in results if result.monitor == "segment_performance" and result.value is None]
    assert {result.status for result in found} == {"unknown"}
    assert any("labels were joined before it was watched" in result.message for result in found)
