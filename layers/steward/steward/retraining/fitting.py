"""Fits a version: chooses span and parameters, fits and calibrates for the gates to judge, and refits where asked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.errors import TrainingImpossible
from steward.performance.entity_figures import entities_of
from steward.performance.policy_metric import realised_loss
from steward.retraining import recipe
from steward.retraining.dataset import suffices, targets
from steward.retraining.dataset_split import are_newest, split
from steward.retraining.manifest import DatasetManifest
from steward.retraining.parameter_search import Fold, SearchControl, search_parameters, time_folds
from steward.retraining.probability_calibration import calibrate, summarise_calibration
from steward.retraining.recipe import Fitted
from steward.retraining.scored_outcomes import outcomes_of, row_losses
from steward.retraining.search_candidates import with_parameters
from steward.retraining.split_evidence import SplitEvidence
from steward.retraining.training_progress import FitComparison, TrainingReport, ignore_progress
from steward.retraining.training_span import SpanFacts, choose_span, select_rows
from steward.retraining.versions import CalibrationSummary, SearchResult, SpanChoice
from steward.spec.model import ModelSpec
from steward.spec.policies import SpanName
from steward.spec.recipe import Recipe


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
        search: which parameters were tried; None where none were to be.
        calibrated: how scores became probabilities; None where they did not.
    """

    judged: Fitted
    released: Fitted
    training: pd.DataFrame
    calibration: pd.DataFrame
    holdout: pd.DataFrame
    span: SpanChoice
    evidence: SplitEvidence
    search: SearchResult | None = None
    calibrated: CalibrationSummary | None = None

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
    control: SearchControl | None = None,
    report: TrainingReport = ignore_progress,
    fit: Fit | None = None,
) -> FittedVersion:
    """Fit a version on the rows of a dataset.

    Args:
        spec: the declaration.
        rows: all labelled rows of the dataset.
        manifest: its spans.
        since: when the trouble began that the run is about; None where no alert says.
        examine: is given the evidence of the split before anything is fitted, and raises where it does not suffice.
        control: of the search for parameters; all combinations are tried, whatever it takes, where None.
        report: is told which fit is under way.
        fit: fits a recipe; a backtest gives one that remembers. `recipe.fit` where None.

    Raises:
        TrainingImpossible: the rows are too few, their parts are not apart, or the recipe cannot be fitted.
    """
    fit_recipe: Fit = fit or recipe.fit
    parts = split(rows, manifest, spec)
    evidence = SplitEvidence.of(parts, manifest, spec)
    examine(evidence)
    training, holdout = parts.training, parts.holdout
    facts = SpanFacts.of(spec.retraining, since, manifest.reference_until)
    declared = _declared(spec)

    spans = FitComparison(report, "comparing spans")

    def span_loss(span: SpanName, before: pd.DataFrame, after: pd.DataFrame) -> float:
        spans.begin_fit(span)
        model = _fit_part(declared, spec, span, before, facts, fit_recipe)
        return spans.end_fit(span, float(row_losses(recipe.score(model, spec, after), after, spec).mean()))

    choice = choose_span(spec, training, facts, lambda part: _suffices(part, spec), span_loss)

    def fit_part(tried: Recipe, before: pd.DataFrame) -> Fitted:
        return _fit_part(tried, spec, choice.span, before, facts, fit_recipe)

    search = _search(declared, spec, training, control or SearchControl(), fit_part, report=report)
    chosen = with_parameters(declared, search.parameters) if search else declared

    def fit_and_calibrate(on: pd.DataFrame) -> tuple[Fitted, pd.DataFrame]:
        model, fitted_on = _fit(chosen, spec, choice.span, on, facts, fit_recipe)
        return calibrate(model, spec, parts.calibration) if declared.calibration else model, fitted_on

    report("fitting")
    judged, fitted_on = fit_and_calibrate(training)
    released = judged
    if spec.retraining.refit:
        released, _ = fit_and_calibrate(pd.concat([training, holdout]))
    calibrated = summarise_calibration(judged, spec, parts.calibration, holdout) if declared.calibration else None
    return FittedVersion(
        judged, released, fitted_on, parts.calibration, holdout, choice, evidence, search, calibrated
    )  # fmt: skip


def fit_rows(spec: ModelSpec, rows: pd.DataFrame, fit: Fit | None = None) -> Fitted:
    """The declared recipe fitted on all of some rows, without the newest share where it calibrates by these.

    Nothing is searched.

    Raises:
        TrainingImpossible: the recipe cannot be fitted.
    """
    return _fit_part(
        _declared(spec), spec, "everything", rows, SpanFacts.of(spec.retraining, None, None), fit or recipe.fit
    )


def _declared(spec: ModelSpec) -> Recipe:
    declared = spec.retraining.recipe
    if declared is None:
        raise TrainingImpossible("the declaration has no recipe to train by")
    return declared


def _search(
    declared: Recipe,
    spec: ModelSpec,
    rows: pd.DataFrame,
    control: SearchControl,
    fit: Callable[[Recipe, pd.DataFrame], Fitted],
    *,
    report: TrainingReport,
) -> SearchResult | None:
    if declared.search is None or control.found is not None:
        return control.found

    comparison = FitComparison(report, "searching parameters")

    def loss(tried: Recipe, before: pd.DataFrame, after: pd.DataFrame) -> float:
        name = ", ".join(f"{key}={value}" for key, value in tried.parameters.items()) or "the declared ones"
        comparison.begin_fit(name)
        found = realised_loss(outcomes_of(recipe.score(fit(tried, before), spec, after), after, spec), spec)
        if found is None:
            raise TrainingImpossible(f"{spec.judged_by} is not defined on a part of the training rows")
        return comparison.end_fit(name, -found.value if found.higher_is_better else found.value)

    folds = [
        (before, _of_other_entities(before, after, spec))
        for before, after in time_folds(rows, rows[spec.columns.time], declared.search.folds)
    ]
    usable: list[Fold] = [fold for fold in folds if all(_suffices(part, spec) for part in fold)]
    return control.keep(search_parameters(declared, spec.judged_by, usable, loss, control))


def _of_other_entities(before: pd.DataFrame, after: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """The later rows; where parts are divided by entity, those of entities that the earlier rows do not have."""
    earlier, later = entities_of(before, spec), entities_of(after, spec)
    if spec.retraining.split.by != "entity" or earlier is None or later is None:
        return after
    return after[~np.isin(later, earlier)]


def _suffices(rows: pd.DataFrame, spec: ModelSpec) -> bool:
    """Whether rows are enough to fit on, to calibrate with where that is declared, and to judge by."""
    if not _declared(spec).calibration:
        return suffices(rows, spec)
    newest = _are_calibration(rows, spec)
    return suffices(rows[newest], spec) and suffices(rows[~newest], spec)


def _are_calibration(rows: pd.DataFrame, spec: ModelSpec) -> np.ndarray:
    return are_newest(rows[spec.columns.time], spec.retraining.split_plan.calibration_share or 0.0)


def _fit_part(  # noqa: PLR0917 - a recipe, what it is fitted on, and how
    declared: Recipe, spec: ModelSpec, span: SpanName, rows: pd.DataFrame, facts: SpanFacts, fit: Fit
) -> Fitted:
    """The recipe fitted on rows that have no calibration rows beside them: their newest share is kept out for it."""
    if not declared.calibration:
        return _fit(declared, spec, span, rows, facts, fit)[0]
    newest = _are_calibration(rows, spec)
    model, _ = _fit(declared, spec, span, rows[~newest], facts, fit)
    return calibrate(model, spec, rows[newest])


def _fit(  # noqa: PLR0917 - as above
    declared: Recipe, spec: ModelSpec, span: SpanName, rows: pd.DataFrame, facts: SpanFacts, fit: Fit
) -> tuple[Fitted, pd.DataFrame]:
    chosen, weights = select_rows(span, rows, rows[spec.columns.time], facts)
    return fit(declared, spec, chosen, targets(chosen, spec), weights), chosen
