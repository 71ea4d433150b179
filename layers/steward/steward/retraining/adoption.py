"""A model that was trained elsewhere: its reference rows say what it is like."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.performance.outcomes import Outcomes, no_outcomes
from steward.profiles import Baseline, Scope
from steward.records.frames import chunk_of
from steward.retraining.judged import group_outcomes_of, outcomes_of
from steward.retraining.portions import by_window
from steward.spec.model import ModelSpec


def adopt(rows: pd.DataFrame, spec: ModelSpec) -> Baseline:
    """The baseline of all reference rows, with the scores, predictions and labels that they came with.

    Args:
        rows: in order of time.
        spec: names the columns.

    Raises:
        IncomparableProfiles: a column holds something else than declared.
    """
    baseline = Baseline.of(by_window(rows, spec), Scope.of(spec), holdout=_holdout(rows, spec))
    known = _known(rows, spec)
    if known is None:
        return baseline
    groups = group_outcomes_of(_scores(known, spec), known, spec, chunk_of(known, spec), baseline.bins)
    return baseline.model_copy(update={"holdout_groups": groups})


def _holdout(rows: pd.DataFrame, spec: ModelSpec) -> Outcomes | None:
    known = _known(rows, spec)
    return no_outcomes(spec) if known is None else outcomes_of(_scores(known, spec), known, spec)


def _known(rows: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame | None:
    """The rows that have both a label and what the model said; None where no row can have them."""
    said = _said(spec)
    if not said or not {*said, spec.columns.label} <= set(rows.columns):
        return None
    return rows[rows[[*said, spec.columns.label]].notna().all(axis=1)]


def _scores(known: pd.DataFrame, spec: ModelSpec) -> NDArray[np.float64]:
    """As `recipe.score` gives them."""
    scores = known[_said(spec)].to_numpy(dtype=np.float64)
    return scores if spec.task == "multiclass_classification" else scores[:, 0]


def _said(spec: ModelSpec) -> list[str]:
    roles = spec.columns
    return [roles.prediction] if spec.task == "regression" and roles.prediction else list(roles.outputs.values())
