"""The part of the expected loss that is associated with each feature."""

from steward.evidence.performance_estimate import FEWEST_ROWS
from steward.evidence.window_evidence import WindowEvidence
from steward.performance.intervals import Z95
from steward.profiles.feature_losses import FeatureLoss
from steward.results import MetricResult
from steward.spec.model import ModelSpec


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """One result a part of the features, the largest first; none without labelled rows in the baseline."""
    known = evidence.baseline.conditional
    if known is None or not evidence.spec.metrics or evidence.profile.rows < FEWEST_ROWS:
        return []
    holdout = evidence.baseline.holdout
    labelled = holdout.labelled if holdout else 0
    changes = known.features.changes(evidence.profile.features)
    return [_to_result(found, evidence.spec, labelled) for found in changes if found.rows >= FEWEST_ROWS]


def _to_result(found: FeatureLoss, spec: ModelSpec, labelled: int) -> MetricResult:
    low, high = found.change - Z95 * found.error, found.change + Z95 * found.error
    regression = spec.task == "regression"
    style = "+.3g" if regression else "+.3f"
    wrong = "" if regression else f", and {100 * found.wrong:+.1f} points of wrong decisions"
    return MetricResult(
        monitor="performance_decomposition",
        column=found.part,
        statistic="loss_with_feature",
        value=found.change,
        effect=found.change,
        low=low,
        high=high,
        rows=found.rows,
        baseline_rows=labelled,
        status="measured",
        message=f"with the move of `{found.part}` alone goes {found.change:{style}} ({low:{style}} to {high:{style}}) "
        f"of {'mean absolute error' if regression else 'log loss'}{wrong}",
    )
