"""Fits a version: chooses its span, fits the recipe for the gates to judge, and refits it on all rows where asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.errors import TrainingImpossible
from steward.retraining import recipe
from steward.retraining.dataset import suffices, targets
from steward.retraining.dataset_split import split
from steward.retraining.manifest import DatasetManifest
from steward.retraining.recipe import Fitted
from steward.retraining.scored_outcomes import row_losses
from steward.retraining.split_evidence import SplitEvidence
from steward.retraining.training_span import SpanFacts, choose_span, select_rows
from steward.retraining.versions import SpanChoice
from steward.spec.model import ModelSpec
from steward.spec.policies import Recipe, SpanName


class Fit(Protocol):
    """Fits a recipe, as `recipe.fit`."""

    def __call__(
        self,
        declared: Recipe,
        spec: ModelSpec,
        rows: pd.DataFrame,
        target: recipe.Target,
        weights: NDArray[np.float64] | None = None,
        /,
    ) -> Fitted:
        """The fitted pipeline."""
        ...


@dataclass(frozen=True, slots=True)
class FittedVersion:
    """A version as it was fitted.

    Attributes:
        judged: fitted without the holdout; the gates judge it.
        released: what serves: the same, or the recipe refitted on the holdout too.
        training: the rows that the judged one was fitted on.
        calibration: rows kept out of the fit to calibrate with; none unless the split has a share for them.
        holdout: those it is judged by.
        span: which rows these are, and why.
        evidence: that the parts have nothing in common.
    """

    judged: Fitted
    released: Fitted
    training: pd.DataFrame
    calibration: pd.DataFrame
    holdout: pd.DataFrame
    span: SpanChoice
    evidence: SplitEvidence

    @property
    def refitted(self) -> bool:
        """Whether what serves is not what was judged."""
        return self.released is not self.judged


def fit_version(
    spec: ModelSpec,
    rows: pd.DataFrame,
    manifest: DatasetManifest,
    *,
    since: datetime | None = None,
    examine: Callable[[SplitEvidence], object] = SplitEvidence.require,
    fit: Fit = recipe.fit,
) -> FittedVersion:
    """Fit a version on the rows of a dataset.

    Args:
        spec: the declaration.
        rows: all labelled rows of the dataset.
        manifest: its spans.
        since: when the trouble began that the run is about; None where no alert says.
        examine: is given the evidence of the split before anything is fitted, and raises where it does not suffice.
        fit: fits a recipe; a backtest gives one that remembers.

    Raises:
        TrainingImpossible: the rows are too few, their parts are not apart, or the recipe cannot be fitted.
    """
    parts = split(rows, manifest, spec)
    evidence = SplitEvidence.of(parts, manifest, spec)
    examine(evidence)
    training, holdout = parts.training, parts.holdout
    facts = SpanFacts.of(spec.retraining, since, manifest.reference_until)

    def loss(span: SpanName, before: pd.DataFrame, after: pd.DataFrame) -> float:
        model, _ = _fit(spec, span, before, facts, fit)
        return float(row_losses(recipe.score(model, spec, after), after, spec).mean())

    choice = choose_span(spec, training, facts, lambda part: suffices(part, spec), loss)
    judged, fitted_on = _fit(spec, choice.span, training, facts, fit)
    released = judged
    if spec.retraining.refit:
        released, _ = _fit(spec, choice.span, pd.concat([training, holdout]), facts, fit)
    return FittedVersion(judged, released, fitted_on, parts.calibration, holdout, choice, evidence)


def _fit(
    spec: ModelSpec, span: SpanName, rows: pd.DataFrame, facts: SpanFacts, fit: Fit
) -> tuple[Fitted, pd.DataFrame]:
    declared = spec.retraining.recipe
    if declared is None:
        raise TrainingImpossible("the declaration has no recipe to train by")
    chosen, weights = select_rows(span, rows, rows[spec.columns.time], facts)
    return fit(declared, spec, chosen, targets(chosen, spec), weights), chosen
