"""A hundred small steps do not add up to a large one: by the metric, by segments, by calibration, by fairness."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.fairness.group_fairness import GroupTreatment
from steward.performance.groups import Confusion
from steward.profiles.model_bins import SegmentBins
from steward.profiles.segments import Decisions
from steward.spec.gate_settings import CalibrationBounds
from steward.spec.monitors import FairnessMonitor
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest, FirstVersion, HoldoutTreatment, judge
from steward.validation.gates import GATES
from tests.unit import examples

from .test_gates import CHANCE, ROWS, contest

STEPS = 100
FEW = np.arange(0, ROWS, 10)
SEGMENTS = {"make=Fiat": FEW, "make=Ford": np.setdiff1d(np.arange(ROWS), FEW)}
HARMLESS = ValidationPolicy(minimum_gain=-0.5, first_version_margin=10.0)
"""No step loses so much on average, and all of them together do not either: only the guardrail in question speaks."""

SPEC = """\
model: loans
owner: bank@example.com
task: binary_classification
columns: {id: id, time: at, score: risk, label: repaid}
features: {income: numeric}
attributes: {sex: categorical}
fairness: {protected: [sex]}
"""


def walk(policy: ValidationPolicy, rivals: Any) -> tuple[int, list[str], Contest | None]:
    """How many steps are approved, each against the one before it; the gates that refuse the next, and that contest."""
    for step in range(STEPS):
        rival = rivals(step)
        refused = [result.gate for result in judge(GATES, rival, policy) if not result.passed]
        if refused:
            return step, refused, rival
    return STEPS, [], None


def forgetting(step: int) -> NDArray[np.float64]:
    """A version that knows a little less of one segment with each step."""
    scores = CHANCE.copy()
    scores[FEW] = 0.5 + (scores[FEW] - 0.5) * (1 - 2 * step / STEPS)
    return scores


def overconfident(step: int) -> NDArray[np.float64]:
    """A version whose scores are a little more extreme with each step."""
    odds = np.log(CHANCE / (1 - CHANCE)) * (1 + 2 * step / STEPS)
    return 1 / (1 + np.exp(-odds))


def compare_scores(scores: Any) -> Any:
    first = FirstVersion("v0", scores(0), {})
    return lambda step: contest(challenger=scores(step + 1), champion=scores(step), first=first, segments=SEGMENTS)


def test_a_segment_that_loses_a_little_each_time_is_stopped_by_the_first_version() -> None:
    champion_alone = HARMLESS.model_copy(update={"segment_margin": 0.1})
    steps, refused, _ = walk(champion_alone, compare_scores(forgetting))
    assert refused == ["segments_not_worse_than_first"]
    assert 5 < steps < STEPS
    gone = FirstVersion("v0", None, {}, "v0 cannot be loaded")
    without = walk(champion_alone, lambda step: contest(
        challenger=forgetting(step + 1), champion=forgetting(step), first=gone, segments=SEGMENTS))  # fmt: skip
    assert without[:2] == (STEPS, []), "each step by itself is within the margin"


def test_calibration_that_worsens_a_little_each_time_is_stopped_by_the_first_version_and_by_the_limit() -> None:
    rises = HARMLESS.model_copy(update={"calibration": CalibrationBounds(maximum_rise=0.03)})
    steps, refused, rival = walk(rises, compare_scores(overconfident))
    assert refused == ["calibration"]
    assert 5 < steps < STEPS
    assert rival
    (result,) = [one for one in judge(GATES, rival, rises) if one.gate == "calibration"]
    assert [finding.passed for finding in result.findings] == [True, False], "not the champion: the first version"
    assert "against the first approved version v0" in result.message
    limit = HARMLESS.model_copy(update={"calibration": CalibrationBounds(maximum_error=0.03)})
    steps, refused, _ = walk(limit, compare_scores(overconfident))
    assert (5 < steps < STEPS, refused) == (True, ["calibration"])


def test_groups_that_are_treated_a_little_less_alike_each_time_are_stopped_by_the_limit() -> None:
    def treated(step: int) -> GroupTreatment:
        favourable = {"f": 500 - 3 * step, "m": 500}
        decisions = {name: Decisions(rows=1000, decided=1000, favourable=count) for name, count in favourable.items()}
        met = {
            name: Confusion(true_positives=count, false_positives=0, true_negatives=1000 - count, false_negatives=0)
            for name, count in favourable.items()
        }
        return GroupTreatment({"sex": decisions}, {"sex": met})

    def rivals(step: int) -> Contest:
        bins = {"sex": SegmentBins(column="sex", values=("f", "m"))}
        both = HoldoutTreatment(examples.spec(SPEC), bins, treated(step + 1), treated(step))
        return contest(treatment=both)

    fair = HARMLESS.model_copy(update={"fairness": FairnessMonitor()})
    steps, refused, rival = walk(fair, rivals)
    assert refused == ["fairness"]
    assert 100 / 3 < steps < STEPS, "from a third of a hundred steps on the ratio is below 0.8, later surely"
    assert rival
    (result,) = [one for one in judge(GATES, rival, fair) if one.gate == "fairness"]
    assert "disparate impact of `sex` is 0." in result.message
    assert "surely below the limit of 0.8" in result.message
    assert "holdouts. Train on other rows" in result.message
