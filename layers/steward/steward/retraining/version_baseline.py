"""The baseline of a fitted version: what its training rows are like, and how it does on its holdout."""

from steward.baselines.baseline import Baseline
from steward.profiles.profiling_config import ProfilingConfig
from steward.retraining import recipe
from steward.retraining.conditional_fitting import with_conditional
from steward.retraining.dataset import negative_label
from steward.retraining.fitting import FittedVersion
from steward.retraining.importance import permutation_importances
from steward.retraining.leakage_check import with_leakage
from steward.retraining.profile_inputs import by_window, profile_input, scored_columns
from steward.retraining.scored_outcomes import group_outcomes_of, outcomes_of
from steward.retraining.version_attributions import ReferenceAttributions
from steward.spec.model import ModelSpec


def baseline_of(
    spec: ModelSpec, fitted: FittedVersion, attributed: ReferenceAttributions | None = None, *, weighed: bool = True
) -> tuple[dict[str, float], Baseline]:
    """The importance of each feature, and the baseline.

    Args:
        spec: the declaration.
        fitted: the version; what is judged is the artifact that the holdout is unknown to.
        weighed: whether importances are measured, by which statistics of all features together weigh them.
        attributed: what the features contributed in its reference; None where that is not watched.
    """
    model, training, holdout = fitted.judged, fitted.training, fitted.holdout
    scores = recipe.score(model, spec, holdout)
    importances = permutation_importances(model, spec, holdout) if weighed else {}
    held = profile_input(holdout, spec, scored_columns(scores, spec, negative_label(holdout, spec)))
    baseline = Baseline.of(
        by_window(training, spec),
        ProfilingConfig.of(spec),
        held=held,
        holdout=outcomes_of(scores, holdout, spec),
        importances=importances,
        attributions=(attributed.sums, attributed.spread) if attributed else None,
    )
    baseline = with_conditional(baseline, held, scores, holdout, spec)
    baseline = with_leakage(baseline, training, spec)
    groups = group_outcomes_of(scores, holdout, spec, held.chunk, baseline.bins)
    return importances, baseline.model_copy(update={"holdout_groups": groups})
