"""Measures the label leakage of each feature of a dataset."""

import pandas as pd

from steward.baselines.baseline import Baseline
from steward.profiles.profile_input import ProfileColumns
from steward.quality.single_feature_auc import single_feature_auc
from steward.retraining.dataset import truth
from steward.retraining.profile_inputs import profile_input
from steward.spec.model import ModelSpec


def with_leakage(baseline: Baseline, rows: pd.DataFrame, spec: ModelSpec) -> Baseline:
    """The baseline with what each of its features tells of the label by itself.

    Args:
        baseline: whose bins are used.
        rows: of its reference; those without a label are left out.
        spec: names the columns.
    """
    if spec.task == "text_generation" or spec.columns.label not in rows:
        return baseline
    labelled = rows[rows[spec.columns.label].notna()]
    parts = ProfileColumns.of(profile_input(labelled, spec), baseline.bins, spec.columns)
    found = single_feature_auc(parts.features, baseline.bins.features, truth(labelled, spec))
    return baseline.model_copy(update={"leakage": found})
