"""The flights of a year as Steward's checks see them: judged by the pure core, with every default left as it comes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from infra.demo import flights as source
from steward.baselines.baseline import Baseline
from steward.evidence.history import History
from steward.evidence.window_evidence import WindowEvidence
from steward.evidence.window_outcomes import WindowOutcomes
from steward.monitoring.evaluate import evaluate
from steward.monitoring.window_figures import window_figures
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.label_join import count_outcomes
from steward.performance.metrics import METRICS
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.results import MetricResult
from steward.retraining import recipe
from steward.retraining.conditional_fitting import with_conditional
from steward.retraining.dataset import negative_label, targets
from steward.retraining.leakage_check import with_leakage
from steward.retraining.profile_inputs import by_window, profile_input, scored_columns
from steward.retraining.scored_outcomes import outcomes_of
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from steward.spec.windows import Window

SPEC = """\
model: flight-delays
owner: operations@example.com
task: binary_classification
columns: {id: flight_id, time: scheduled_departure, score: probability_late, label: arrived_late}
features:
  carrier: categorical
  origin: categorical
  destination: categorical
  weekday: categorical
  distance: numeric
  hour: numeric
  temp: numeric
  dewp: numeric
  humid: numeric
  wind_dir: numeric
  wind_speed: numeric
  precip: numeric
  pressure: numeric
  visib: numeric
window: {length: 1w}
schedules: {attribute: null}
retraining:
  recipe:
    estimator: HistGradientBoostingClassifier
    parameters: {learning_rate: 0.1, max_iter: 60, max_leaf_nodes: 15, min_samples_leaf: 200, l2_regularization: 1.0}
"""
"""Names and types, the recipe of the demo, and not one limit."""

HOLDOUT = pd.Timedelta(weeks=2)


@dataclass(frozen=True)
class Judged:
    """One check: what it says, and the week whose end it came at (labels come a week late)."""

    version: str
    window: Window
    came: Window
    rows: int
    labelled_rows: int
    results: list[MetricResult]
    holdout_high: float | None


@dataclass
class Version:
    """A fitted version, with what a check needs of it."""

    name: str
    model: recipe.Fitted
    baseline: Baseline
    history: History = field(default_factory=History)


@dataclass
class Year:
    """The year as it is lived.

    Attributes:
        retrain_every: weeks from one champion to the next, fitted on all that is labelled by then; None for never.
    """

    retrain_every: int | None = None
    spec: ModelSpec = field(default_factory=lambda: read_spec(SPEC))

    def checks(self) -> Iterator[Judged]:
        """Every check in the order in which it comes; of a week whose labels came, the second."""
        flights = source.load_flights()
        flights["arrived_late"] = flights["arrived_late"].astype(str)
        weeks = [
            (Window(start.to_pydatetime(), self.spec.window.length), rows)
            for start, rows in source.weeks(flights)
            if start + self.spec.window.length <= source.YEAR_END  # the data end within the last week
        ]
        champion = self._fitted(source.reference(flights), weeks[0][0])
        before: tuple[Version, Window, pd.DataFrame] | None = None
        for number, (window, rows) in enumerate(weeks):
            if self.retrain_every and number > 1 and number % self.retrain_every == 0:
                known = flights[flights["scheduled_departure"] < pd.Timestamp(weeks[number - 1][0].start)]
                champion = self._fitted(known, window)
            yield self._judged(champion, window, window, rows, labelled=False)
            if before is not None:
                yield self._judged(before[0], before[1], window, before[2], labelled=True)
            before = champion, window, rows

    def _fitted(self, rows: pd.DataFrame, since: Window) -> Version:
        spec, declared = self.spec, self.spec.retraining.recipe
        assert declared is not None
        boundary = rows["scheduled_departure"].max() - HOLDOUT
        training, holdout = (
            rows[rows["scheduled_departure"] < boundary],
            rows[rows["scheduled_departure"] >= boundary],
        )
        model = recipe.fit(declared, spec, training, targets(training, spec))
        scores = recipe.score(model, spec, holdout)
        held = profile_input(holdout, spec, scored_columns(scores, spec, negative_label(holdout, spec)))
        baseline = Baseline.of(
            by_window(training, spec), ProfilingConfig.of(spec), held=held, holdout=outcomes_of(scores, holdout, spec)
        )
        baseline = with_leakage(with_conditional(baseline, held, scores, holdout, spec), training, spec)
        return Version(f"{since.start:%Y%m%d}", model, baseline)

    def _judged(self, version: Version, window: Window, came: Window, rows: pd.DataFrame, *, labelled: bool) -> Judged:
        spec = self.spec
        scores = recipe.score(version.model, spec, rows)
        scored = profile_input(rows, spec, scored_columns(scores, spec, "0"))
        joined = (
            rows.assign(**{str(spec.columns.score): scores})
            if labelled
            else rows.iloc[:0].assign(**{str(spec.columns.score): np.empty(0)})
        )
        outcomes = count_outcomes(joined, spec, rows=len(rows), orphans=0)
        realised = WindowOutcomes(
            version=version.name, window=window.id, prediction_batches=[], label_batches=[], outcomes=outcomes
        )
        evidence = WindowEvidence(
            spec=spec,
            window=window,
            baseline=version.baseline,
            profile=Profile.of(scored, version.baseline.bins, spec.columns),
            realised=realised if labelled else None,
            history=version.history.before(window),
            volumes=version.history.volumes,
            labelled=version.history.labelled,
        )
        results = evaluate(evidence)
        known = outcomes.labelled if labelled else 0
        version.history = version.history.with_window(window_figures(window.id, len(rows), known, results))
        bound = _holdout_high(version.baseline)
        return Judged(version.name, window, came, len(rows), known, results, bound)


def _holdout_high(baseline: Baseline) -> float | None:
    """The upper end of the interval of the holdout's own log loss."""
    assert isinstance(baseline.holdout, BinaryOutcomes)
    estimate = METRICS["binary_classification"]["log_loss"].estimate(baseline.holdout)
    return estimate.high if estimate else None
