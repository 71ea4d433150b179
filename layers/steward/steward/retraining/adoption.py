"""Baseline of a model that was trained elsewhere, from its reference rows."""

import numpy as np
import pandas as pd

from steward.baselines.baseline import Baseline
from steward.performance.outcomes import no_outcomes
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.frame_rows import chunk_of
from steward.retraining.conditional_fitting import with_conditional
from steward.retraining.leakage_check import with_leakage
from steward.retraining.profile_inputs import by_window, profile_input
from steward.retraining.scored_outcomes import group_outcomes_of, outcomes_of
from steward.spec.model import ModelSpec


def adopt(rows: pd.DataFrame, spec: ModelSpec) -> Baseline:
    """The baseline of all reference rows, with the scores, predictions and labels that they came with.

    Args:
        rows: in order of time.
        spec: names the columns.

    Raises:
        IncomparableProfiles: a column holds something else than declared.
    """
    known = _labelled_predictions(rows, spec)
    if known is None:
        baseline = Baseline.of(by_window(rows, spec), ProfilingConfig.of(spec), holdout=no_outcomes(spec))
        return with_leakage(baseline, rows, spec)
    said = known[_output_columns(spec)].to_numpy(dtype=np.float64)
    scores = said if spec.task == "multiclass_classification" else said[:, 0]
    baseline = Baseline.of(by_window(rows, spec), ProfilingConfig.of(spec), holdout=outcomes_of(scores, known, spec))
    groups = group_outcomes_of(scores, known, spec, chunk_of(known, spec), baseline.bins)
    baseline = baseline.model_copy(update={"holdout_groups": groups})
    baseline = with_conditional(baseline, profile_input(known, spec), scores, known, spec)
    return with_leakage(baseline, rows, spec)


def _output_columns(spec: ModelSpec) -> list[str]:
    """The columns of what the model said that its labels are held against."""
    roles = spec.columns
    return [roles.prediction] if spec.task == "regression" and roles.prediction else list(roles.outputs.values())


def _labelled_predictions(rows: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame | None:
    """The rows that have both a label and what the model said; None where a column is missing."""
    wanted = [*_output_columns(spec), spec.columns.label]
    if len(wanted) == 1 or not set(wanted) <= set(rows.columns):
        return None
    return rows[rows[wanted].notna().all(axis=1)]
