"""The gate that holds the calibration of a version to a limit, to the champion's and to the first version's."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from steward.performance.intervals import Estimate
from steward.performance.paired_calibration import RowCalibration, bounded_error, bounded_rise
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest
from steward.validation.evaluation import GateFinding, GateResult
from steward.validation.holdout_gain import FEWEST_BLOCKS, blocks_of


class Calibrated:
    """The expected calibration error is not proved to be above a limit, or to have risen by more than a margin.

    The rise is measured against the champion, and against the first approved version too, so that small rises cannot
    add up. The comparisons share the declared confidence (Bonferroni).
    """

    name = "calibration"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Nothing is asked without a limit."""
        if policy.calibration is None:
            return None
        blocks = blocks_of(contest, policy)
        if len(np.unique(blocks)) < FEWEST_BLOCKS:
            message = (
                f"not measured: the holdout spans fewer than {FEWEST_BLOCKS} blocks; lengthen retraining.holdout_span, "
                "or shorten validation.block"
            )
            return GateResult(gate=self.name, passed=False, message=message)
        findings = list(_compare(contest, policy, blocks))
        beyond = [finding for finding in findings if not finding.passed]
        said = "; ".join(finding.message for finding in beyond or findings)
        remedy = (
            ". Train on more recent rows or by a recipe that is calibrated, or allow more by validation.calibration"
            if beyond
            else ""
        )
        return GateResult(gate=self.name, passed=not beyond, message=f"{said}{remedy}", findings=findings)


def _compare(contest: Contest, policy: ValidationPolicy, blocks: NDArray[np.int64]) -> Iterator[GateFinding]:
    asked = policy.calibration
    if asked is None:
        return
    first = contest.first if contest.first and contest.first.version != contest.champion_version else None
    mine = RowCalibration.of(contest.labels, contest.challenger)
    others = []
    if asked.maximum_rise is not None and contest.champion_version is not None:
        others.append((f"champion {contest.champion_version}", contest.champion))
    if asked.maximum_rise is not None and first is not None and first.scores is not None:
        others.append((f"the first approved version {first.version}", first.scores))
    comparisons = len(others) + (asked.maximum_error is not None)
    confidence = 1 - (1 - policy.confidence) / max(1, comparisons)
    if asked.maximum_error is not None:
        found = bounded_error(mine, blocks, confidence)
        yield _finding("error", "the expected calibration error is", found, asked.maximum_error)
    for opponent, scores in others:
        other = RowCalibration.of(contest.labels, scores)
        rise = bounded_rise(mine, other, blocks, confidence)
        said = f"against {opponent}, whose expected calibration error is {other.error:.4f}, it rises by"
        yield _finding(f"rise against {opponent}", said, rise, asked.maximum_rise or 0.0)
    if asked.maximum_rise is not None and first is not None and first.scores is None:
        message = f"not compared with the first approved version: {first.unavailable}"
        yield GateFinding(name=f"rise against {first.version}", passed=True, message=message, limit=asked.maximum_rise)


def _finding(name: str, said: str, found: Estimate, limit: float) -> GateFinding:
    passed = found.low <= limit
    beyond = "surely more than" if not passed else "not surely more than" if found.value > limit else "within"
    return GateFinding(
        name=name,
        passed=passed,
        message=f"{said} {found.value:.4f} ({found.low:.4f} to {found.high:.4f}), {beyond} the {limit:g} allowed",
        value=found.value,
        low=found.low,
        high=found.high,
        limit=limit,
        rows=found.rows,
    )
