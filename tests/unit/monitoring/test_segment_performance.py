"""Performance by segment: the right group is named, and the rate over all groups together holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.monitoring.segment_performance import compare_segments
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.regression_outcomes import RegressionOutcomes
from steward.profiles.model_bins import SegmentBins
from tests.nightly import nightly
from tests.unit import examples
from tests.unit.performance import samples

SPEC = examples.SPEC + "segments: [make, {name: old, where: age > 10}]\n"
LIMITED = SPEC + "monitors: {segment_performance: {metric: roc_auc, tolerance: 0.05}}\n"
BINS = {"make": SegmentBins(column="make", values=("Fiat", "Ford", "Opel")), "old": SegmentBins(where="age > 10")}
GROUPS = [("make", "Fiat"), ("make", "Ford"), ("make", "Opel"), ("make", "other"), ("old", "true")]
RATE = 0.01


def by_group(sample, bad=None):
    found = {}
    for place in GROUPS:
        found.setdefault(place[0], {})[place[1]] = sample(place == bad)
    return found


def outcomes(generator, rows, *, bad=False):
    scores, labels = samples.binary(generator, rows)
    return BinaryOutcomes.of(scores, generator.permutation(labels) if bad else labels, scores >= 0.5)


def judged(window, holdout, text=LIMITED, bins=BINS):
    results = compare_segments(bins, window, holdout, examples.spec(text), RATE)
    return {(result.segment, result.statistic): result for result in results}


def statuses(found):
    return {segment: result.status for (segment, statistic), result in found.items() if statistic != "worst_segment"}


@pytest.fixture(scope="module")
def holdout():
    generator = np.random.default_rng(0)
    return by_group(lambda _: outcomes(generator, 2000))


def test_the_one_group_that_went_bad_is_in_breach_and_named_first(holdout):
    generator = np.random.default_rng(1)
    found = judged(by_group(lambda bad: outcomes(generator, 800, bad=bad), ("make", "Ford")), holdout)
    assert statuses(found) == {
        "make=Fiat": "ok", "make=Ford": "breach", "make=Opel": "ok", "make=other": "ok", "old": "ok",
    }  # fmt: skip
    ford = found["make=Ford", "roc_auc"]
    assert ford.monitor == "segment_performance"
    assert ford.column is None
    assert ford.effect == pytest.approx(ford.value - ford.baseline)
    assert ford.message.startswith("ROC AUC of make=Ford is 0.")
    assert ford.message.endswith(
        "surely beyond the tolerance of 0.05; over the 5 groups compared together, chance alone breaches a limit in at "
        "most one of 100 windows"
    )
    worst = next(iter(found.values()))
    assert (worst.statistic, worst.segment, worst.status) == ("worst_segment", "make=Ford", "measured")
    assert worst.message.startswith(f"worst: make=Ford, ROC AUC {worst.value:.3f} against {worst.baseline:.3f} on the ")
    assert "on the holdout, n = 800 (beyond chance)" in worst.message
    assert worst.message.count("(beyond chance)") == 1


def test_without_a_limit_every_group_is_measured_by_the_first_performance_monitor(holdout):
    generator = np.random.default_rng(2)
    found = judged(by_group(lambda bad: outcomes(generator, 800, bad=bad), ("old", "true")), holdout, SPEC)
    assert set(statuses(found).values()) == {"measured"}
    assert {statistic for _, statistic in found} == {"worst_segment", "accuracy"}
    assert found["old", "worst_segment"].message.startswith("worst: old, accuracy 0.")
    assert "tolerance" not in found["old", "accuracy"].message
    monitors = SPEC + "monitors: {accuracy: null}\n"
    assert ("old", "roc_auc") in judged(by_group(lambda _: outcomes(generator, 300)), holdout, monitors)


def test_groups_with_few_labels_are_unknown_and_not_compared(holdout):
    generator = np.random.default_rng(3)
    window = by_group(lambda bad: outcomes(generator, 99 if bad else 500), ("make", "Opel"))
    found = judged(window, holdout)
    assert statuses(found)["make=Opel"] == "unknown"
    assert found["make=Opel", "roc_auc"].message == (
        "ROC AUC of make=Opel cannot be compared: the window has 99 labelled rows of it, and 100 are needed"
    )
    assert "over the 4 groups compared together" in found["make=Ford", "roc_auc"].message
    fewer = LIMITED.replace("tolerance: 0.05", "tolerance: 0.05, minimum_labels: 50")
    assert statuses(judged(window, holdout, fewer))["make=Opel"] == "ok"


@pytest.mark.parametrize(
    ("window", "reason"),
    [
        (None, "the worst segment is not known: no row of the window has a label yet"),
        ({}, "the worst segment is not known: no group has 100 labels in the window and on the holdout"),
        (by_group(lambda _: BinaryOutcomes()), "the worst segment is not known: no group has 100 labels"),
        (by_group(lambda _: outcomes(np.random.default_rng(0), 2)), "the worst segment is not known: no group has"),
    ],
)
def test_a_window_with_no_or_two_labels_is_unknown(window, reason, holdout):
    found = judged(window, holdout)
    assert set(statuses(found).values()) <= {"unknown"}
    assert found[None, "worst_segment"].status == "unknown"
    assert found[None, "worst_segment"].message.startswith(reason)


def test_a_baseline_without_outcomes_by_segment_is_unknown():
    generator = np.random.default_rng(4)
    found = judged(by_group(lambda _: outcomes(generator, 500)), {})
    assert set(statuses(found).values()) == {"unknown"}
    assert "the version's baseline has no outcomes of it" in found["old", "roc_auc"].message


def test_a_segment_declared_after_the_version_was_made_is_unknown(holdout):
    generator = np.random.default_rng(5)
    window = by_group(lambda _: outcomes(generator, 500))
    found = judged(window, holdout, bins={"make": BINS["make"]})
    assert found["old", "groups"].status == "unknown"
    assert "declared after the version was made" in found["old", "groups"].message


def test_other_is_told_of_once_it_has_rows():
    generator = np.random.default_rng(6)

    def sample(empty):
        return BinaryOutcomes() if empty else outcomes(generator, 300)

    seen = judged(by_group(sample), by_group(sample, ("make", "other")))
    assert statuses(seen)["make=other"] == "unknown"
    assert "make=other" not in statuses(judged(*(by_group(sample, ("make", "other")) for _ in range(2))))


def test_one_class_in_a_group_leaves_its_area_unknown_and_the_others_judged(holdout):
    generator = np.random.default_rng(7)
    alike = BinaryOutcomes.of(np.full(200, 0.3), np.zeros(200, bool), np.zeros(200, bool))
    found = judged(by_group(lambda bad: alike if bad else outcomes(generator, 500), ("make", "Fiat")), holdout)
    assert statuses(found)["make=Fiat"] == "unknown"
    assert "none of the 200 labelled rows is of the positive class" in found["make=Fiat", "roc_auc"].message
    assert statuses(found)["make=Ford"] == "ok"


def test_other_tasks_have_their_own_metric_and_other_declarations_are_unknown():
    generator = np.random.default_rng(8)
    segments = "segments: [{name: old, where: size > 10}]\n"
    bins = {"old": SegmentBins(where="size > 10")}
    text = "model: prices\nowner: a\ntask: regression\ncolumns: {id: id, time: at, prediction: offer}\n" + (
        "features: {size: numeric}\nmonitors: {segment_performance: {metric: bias, tolerance: 0.2}}\n" + segments
    )
    before = {"old": {"true": samples.regression_outcomes(generator, 2000)}}
    predictions, labels = samples.regression(generator, 500)
    for offset in (1, -1):
        after = {"old": {"true": RegressionOutcomes.of(predictions + offset, labels)}}
        assert statuses(judged(after, before, text, bins)) == {"old": "breach"}
    many = (
        "model: animals\nowner: a\ntask: multiclass_classification\nfeatures: {size: numeric}\n"
        "columns: {id: id, time: at, scores: {bird: b, cat: c, dog: d}}\n" + segments
    )
    found = judged(
        {"old": {"true": samples.multiclass_outcomes(generator, 500)}},
        {"old": {"true": samples.multiclass_outcomes(generator, 500)}},
        many,
        bins,
    )
    assert found["old", "accuracy"].status == "measured"
    others = {"old": {"true": MulticlassOutcomes.empty(("bird", "cat"))}}
    assert statuses(judged(others, before, many, bins)) == {"old": "unknown"}


def test_a_task_without_metrics_has_none_by_segment():
    text = (
        "model: answers\nowner: a\ntask: text_generation\ncolumns: {id: id, time: at}\nfeatures: {size: numeric}\n"
        "outputs: {answer: text}\nsegments: [{name: old, where: size > 10}]\n"
    )
    assert judged(None, {}, text, {"old": SegmentBins(where="size > 10")}) == {}


@given(st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_the_more_labels_turn_out_wrong_the_worse_the_group(share, seed):
    generator = np.random.default_rng(seed)
    scores, labels = samples.binary(generator, 400)
    before = {"old": {"true": outcomes(generator, 1000)}}
    bins, order = {"old": BINS["old"]}, generator.permutation(400)
    decided = scores >= 0.5
    values = []
    for part in (share / 2, share):
        wrong = labels.copy()
        turned = order[: int(400 * part)]
        wrong[turned] = ~decided[turned]
        found = judged({"old": {"true": BinaryOutcomes.of(scores, wrong, decided)}}, before, SPEC, bins)
        values.append(found["old", "accuracy"].value)
    assert values[1] <= values[0]


@pytest.mark.parametrize(
    ("metric", "rows", "windows"),
    [("accuracy", 120, 40), *nightly(("accuracy", 120, 100), ("roc_auc", 250, 100), ("log_loss", 250, 100))],
)
def test_an_unchanged_world_seldom_alarms_even_where_nothing_is_tolerated(metric, rows, windows):
    """Twenty groups, tolerance 0: only chance decides, and both sides have it."""
    generator = np.random.default_rng(rows)
    bins = {"make": SegmentBins(column="make", values=tuple(f"m{at:02d}" for at in range(20)))}
    text = SPEC + f"monitors: {{segment_performance: {{metric: {metric}, tolerance: 0}}}}\n"
    spec, rate = examples.spec(text), 0.05
    alarms = 0
    for _ in range(windows):
        sides = [
            {"make": {group: outcomes(generator, size) for group in bins["make"].groups}} for size in (rows, 2 * rows)
        ]
        results = compare_segments(bins, *sides, spec, rate)
        alarms += any(result.status == "breach" for result in results)
    print(f"\n{metric}, {rows} labels in each of 21 groups: {alarms} false alarms in {windows} windows, stated {rate}")
    assert alarms <= windows * rate
