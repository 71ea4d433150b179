"""A model that was trained elsewhere: its reference rows say what it is like."""

import numpy as np
import pandas as pd

from steward.performance.outcomes import Outcomes, no_outcomes
from steward.profiles import Baseline, Scope
from steward.retraining.judged import outcomes_of
from steward.retraining.leakage import with_leakage
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
    return with_leakage(Baseline.of(by_window(rows, spec), Scope.of(spec), holdout=_holdout(rows, spec)), rows, spec)


def _holdout(rows: pd.DataFrame, spec: ModelSpec) -> Outcomes | None:
    """The outcomes of the rows that have both a label and what the model said."""
    roles = spec.columns
    said = [roles.prediction] if spec.task == "regression" and roles.prediction else list(roles.outputs.values())
    if not said or not {*said, roles.label} <= set(rows.columns):
        return no_outcomes(spec)
    known = rows[rows[[*said, roles.label]].notna().all(axis=1)]
    scores = known[said].to_numpy(dtype=np.float64)
    return outcomes_of(scores if spec.task == "multiclass_classification" else scores[:, 0], known, spec)
