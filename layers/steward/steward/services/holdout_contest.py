"""Sets up the contest of two versions on a holdout, for the gates to judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.baselines.baseline import Baseline
from steward.fairness.group_fairness import GroupTreatment
from steward.performance.entity_figures import entities_of
from steward.performance.grouping import outcomes_by_group, segment_rows
from steward.performance.metrics import metric_intervals, metric_values
from steward.profiles.segments import Decisions
from steward.records.columns import Chunk
from steward.records.frame_rows import chunk_of
from steward.retraining.dataset import truth
from steward.retraining.scored_outcomes import outcomes_of
from steward.spec.model import ModelSpec
from steward.validation.contest import Contest, FirstVersion, HoldoutTreatment, Predict, Probe
from steward.validation.footprint import Footprint
from steward.validation.schema_gate import output_problem


@dataclass(frozen=True, slots=True)
class Contender:
    """One side of a contest: a version, up to when it saw labels, and what it says of the holdout and of other rows."""

    version: str | None
    saw_until: datetime | None
    scores: NDArray[np.float64]
    predict: Predict | None = None


def contest_of(
    spec: ModelSpec,
    holdout: pd.DataFrame,
    challenger: Contender,
    champion: Contender,
    *,
    holdout_start: datetime,
    features: Sequence[str],
    baseline: Baseline,
    first: FirstVersion | None = None,
    fitted_under: ModelSpec | None = None,
    footprint: Footprint | None = None,
    run_chance: float | None = None,
) -> Contest:
    """What the gates look at.

    Args:
        spec: the declaration in force.
        holdout: rows that neither was fitted on.
        challenger: the new version.
        champion: the version in charge, or a constant.
        holdout_start: the first moment of the holdout.
        features: the challenger's, in its order.
        baseline: the challenger's: how well each feature tells the label by itself, and the groups of segments.
        first: the first approved version, where the declaration asks for a comparison with it.
        fitted_under: the declaration that the challenger was fitted under; the one in force when None.
        footprint: what the challenger took where it was asked to score, where that was measured.
        run_chance: by which this run may promote a version that is no better, where the runs of a year share one.
    """
    labels, asked = truth(holdout, spec), spec.validation
    guards = spec.guardrails
    segmented = asked.segment_margin is not None or (guards and any(one.every_segment for one in guards.floors))
    by_group = segmented or asked.fairness is not None or (guards is not None and guards.fairness is not None)
    chunk = chunk_of(holdout, spec) if by_group else Chunk(0, {})
    usable = not output_problem(labels, challenger.scores)
    outcomes = outcomes_of(challenger.scores, holdout, spec) if usable else None
    return Contest(
        labels=labels,
        times=holdout[spec.columns.time].dt.tz_localize(None).to_numpy(),
        entities=entities_of(holdout, spec),
        challenger=challenger.scores,
        champion=champion.scores,
        champion_version=champion.version,
        champion_saw_until=champion.saw_until,
        challenger_saw_until=challenger.saw_until or holdout_start,
        holdout_start=holdout_start,
        features=features,
        declared_features=list(spec.features),
        leakage=baseline.leakage,
        maximum_auc=spec.monitors.label_leakage.maximum_auc if spec.monitors.label_leakage else None,
        metrics=metric_values(outcomes, spec.business_value) if outcomes else {},
        intervals=metric_intervals(outcomes, spec.business_value) if outcomes else {},
        first=first,
        probe=Probe(spec, holdout, challenger.predict, champion.predict) if challenger.predict else None,
        segments=segment_rows(chunk, baseline.bins) if segmented else {},
        treatment=_treatment(spec, holdout, chunk, baseline, challenger.scores, champion.scores) if usable else None,
        footprint=footprint,
        declared_types=_types(spec),
        fitted_types=_types(fitted_under or spec),
        run_chance=run_chance,
        guardrails=guards,
    )


def _types(spec: ModelSpec) -> dict[str, str]:
    return {name: feature.type for name, feature in spec.features.items()}


def _treatment(
    spec: ModelSpec, holdout: pd.DataFrame, chunk: Chunk, baseline: Baseline, *scores: NDArray[np.float64]
) -> HoldoutTreatment | None:
    """What both decide of each protected group, by their scores; None where the declaration has no limits for them."""
    guarded = spec.guardrails is not None and spec.guardrails.fairness is not None
    if spec.fairness is None or (spec.validation.fairness is None and not guarded):
        return None
    bins = baseline.bins.model_copy(update={"segments": {}})

    def treat(scores: NDArray[np.float64]) -> GroupTreatment:
        met = outcomes_by_group(chunk, bins, lambda at: outcomes_of(scores[at], holdout.iloc[at], spec)).protected
        decisions = {
            name: {
                group: Decisions(
                    rows=found.labelled,
                    decided=found.labelled,
                    favourable=found.true_positives + found.false_positives,
                )
                for group, found in groups.items()
            }
            for name, groups in met.items()
        }
        return GroupTreatment(decisions, met)

    challenger, champion = map(treat, scores)
    return HoldoutTreatment(spec, bins.protected, challenger, champion)


def constant_scores(constant: Sequence[float], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a model that knows nothing would say in place of a version's scores, in the same shape."""
    return np.tile(constant, (len(scores), 1)) if scores.ndim > 1 else np.full(len(scores), constant[0])
