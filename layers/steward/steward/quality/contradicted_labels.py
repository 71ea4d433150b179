"""Detects flipped labels by the predictions that were confident of the opposite."""

from typing import NamedTuple

from steward.drift.proportion_tests import increase_p_value
from steward.evidence.window_evidence import WindowEvidence
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.outcomes import Outcomes
from steward.performance.score_cells import dense
from steward.results import MetricResult, Status

FEWEST_CONFIDENT = 30
"""Confident predictions with a label that the window, and the holdout, need."""


class _Confident(NamedTuple):
    """Labelled predictions that were confident, and those of them that the label contradicts."""

    contradicted: int
    rows: int


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """The share of confident predictions that the label contradicts, against the version's own holdout.

    In breach when the share has increased by more than the limit and Fisher's test would find as much in unchanged data
    at most at the usual rate. Flipped labels and a changed concept look alike here: the message asks for a look at the
    labels before anything is trained on them.

    Source: the counts are those of the confident joint of C. Northcutt, L. Jiang and I. Chuang (2021), Confident
    learning: estimating uncertainty in dataset labels, Journal of Artificial Intelligence Research 70, 1373-1411,
    with one declared threshold of confidence for all classes.
    """
    monitor = evidence.spec.monitors.contradicted_labels
    if monitor is None:
        return []
    here = _confident(evidence.realised.outcomes, monitor.confidence) if evidence.realised else _Confident(0, 0)
    holdout = evidence.baseline.holdout
    there = _confident(holdout, monitor.confidence) if holdout else _Confident(0, 0)
    shared = {
        "monitor": "contradicted_labels",
        "statistic": "contradicted_share",
        "threshold": monitor.maximum_increase,
        "rows": here.rows,
        "baseline_rows": there.rows,
    }
    for confident, place in ((here, "the window"), (there, "the holdout")):
        if confident.rows < FEWEST_CONFIDENT:
            message = (
                f"contradicted labels cannot be judged: {place} has {confident.rows:,} labelled predictions at a "
                f"confidence of {monitor.confidence:g} or more, and {FEWEST_CONFIDENT} are needed"
            )
            return [MetricResult.model_validate({**shared, "status": "unknown", "message": message})]
    share, before = here.contradicted / here.rows, there.contradicted / there.rows
    chance = increase_p_value(here.contradicted, here.rows, there.contradicted, there.rows)
    flipped = share - before > monitor.maximum_increase and chance <= evidence.false_alarm_rate
    status: Status = "breach" if flipped else "ok"
    message = (
        f"{share:.1%} of {here.rows:,} predictions at a confidence of {monitor.confidence:g} or more are contradicted "
        f"by their label, {before:.1%} in the holdout"
    )
    if flipped:
        message += (
            f", where an increase of {monitor.maximum_increase:.1%} is allowed; see where the labels come from before "
            "a version learns from them"
        )
    figures = {"value": share, "baseline": before, "effect": share - before, "p_value": chance}
    return [MetricResult.model_validate({**shared, **figures, "status": status, "message": message})]


def _confident(outcomes: Outcomes, confidence: float) -> _Confident:
    """The confident predictions among labelled ones; none for a task without classes."""
    match outcomes:
        case BinaryOutcomes():
            scores, positive, negative = dense(outcomes.score_bits, outcomes.positive_scores, outcomes.negative_scores)
            sure, sure_not = scores >= confidence, 1 - scores >= confidence
            contradicted = negative[sure].sum() + positive[sure_not].sum()
            return _Confident(int(contradicted), int((positive + negative)[sure | sure_not].sum()))
        case MulticlassOutcomes(confidence=decided):
            scores, right, wrong = dense(decided.score_bits, decided.positive_scores, decided.negative_scores)
            sure = scores >= confidence
            return _Confident(int(wrong[sure].sum()), int((right + wrong)[sure].sum()))
        case _:
            return _Confident(0, 0)
