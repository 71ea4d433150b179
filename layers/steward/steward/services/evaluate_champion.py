"""Evaluates the champion on labels that arrived since its release."""

from collections.abc import Iterator
from functools import partial

import pandas as pd
from pydantic import ConfigDict

from steward.baselines.baseline import Baseline
from steward.documents import InputHidingModel
from steward.errors import ObjectChanged, ObjectMissing, TrainingImpossible, UntrustedArtifact
from steward.events import ChampionTested, ChampionTestRequested, Event, ObjectRef
from steward.outbox import OutboxEntry, announce
from steward.performance.metrics import metric_values
from steward.repositories import models, training_data
from steward.repositories.first_versions import first_version
from steward.retraining import artifact, recipe
from steward.retraining.scored_outcomes import outcomes_of
from steward.retraining.versions import VersionManifest
from steward.runtime import Runtime
from steward.services.holdout_contest import Contender, constant_scores, contest_of
from steward.services.serving_footprint import measure_footprint
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.validation.contest import judge
from steward.validation.evaluation import Evaluation
from steward.validation.gates import GATES
from steward.validation.holdout_gain import FEWEST_BLOCKS


class _NotMeasurable(InputHidingModel):
    """Why there is nothing to judge by."""

    model_config = ConfigDict(frozen=True)

    reason: str
    rows: int = 0


def evaluate_champion(runtime: Runtime, request: ChampionTestRequested) -> Iterator[Event]:
    """Judge the champion by the gates, against a constant, on labelled rows newer than its holdout.

    A redelivered request finds the evidence, and tells of it again.
    """
    spec, _ = models.current_spec(runtime.data, request.model)
    version = models.routing(runtime.data, spec.model).champion
    if version is None:
        yield from _announce_test(runtime, request, None, _NotMeasurable(reason="there is no champion yet"), None)
        return
    key = keys.champion_test(spec.model, version, _identity(request))
    found = runtime.data.find(key)
    if found:
        yield from _announce_test(runtime, request, version, Evaluation.model_validate_json(found.body), found.stored)
        return
    try:
        judged = _evaluate(runtime, spec, models.manifest(runtime.data, spec.model, version), request)
    except (TrainingImpossible, ObjectMissing, ObjectChanged, UntrustedArtifact) as error:
        judged = _NotMeasurable(reason=str(error))
    stored = None
    if isinstance(judged, Evaluation):
        stored = runtime.data.create_if_absent(key, judged.model_dump_json().encode())
    yield from _announce_test(runtime, request, version, judged, stored)


def _evaluate(
    runtime: Runtime, spec: ModelSpec, manifest: VersionManifest, request: ChampionTestRequested
) -> Evaluation | _NotMeasurable:
    if manifest.artifact is None or manifest.recipe is None:
        return _NotMeasurable(reason=f"{manifest.version} was trained elsewhere, and Steward cannot score with it")
    frozen, rows = training_data.snapshot(runtime.data, spec, request.as_of)
    time = rows[spec.columns.time]
    since = pd.Timestamp(manifest.holdout_until)
    fresh = rows[(time >= since) & (time < pd.Timestamp(request.as_of))]
    blocks = fresh[spec.columns.time].dt.floor(spec.validation.block).nunique()
    if blocks < FEWEST_BLOCKS:
        return _NotMeasurable(
            reason=f"{len(fresh):,} labelled rows are newer than {manifest.version}, in {blocks} blocks of time; "
            f"{FEWEST_BLOCKS} are needed",
            rows=len(fresh),
        )
    under = runtime.data.load(manifest.spec, models.SpecRevision).spec
    body = runtime.data.get_verified(manifest.artifact)
    predict = partial(recipe.score, artifact.load(body), under)
    scores = predict(fresh)
    constant = constant_scores(manifest.constant, scores)
    routing = models.routing(runtime.data, spec.model)
    first = first_version(runtime.data, spec, routing, fresh, manifest.holdout_until)
    contest = contest_of(
        spec,
        fresh,
        Contender(manifest.version, manifest.holdout_until, scores, predict),
        Contender(None, None, constant),
        holdout_start=manifest.holdout_until,
        features=manifest.features,
        baseline=Baseline.from_json(runtime.data.get_verified(manifest.baseline)),
        first=None if first and first.version == manifest.version else first,
        fitted_under=under,
        footprint=measure_footprint(runtime, spec, body, fresh),
    )
    listed = keys.champion_test(spec.model, manifest.version, f"{_identity(request)}.dataset")
    dataset = runtime.data.create_if_absent(listed, frozen.model_dump_json().encode())
    return Evaluation(
        model=spec.model,
        version=manifest.version,
        champion=None,
        run=manifest.run,
        as_of=request.as_of,
        dataset=dataset,
        holdout_start=manifest.holdout_until,
        holdout_rows=len(fresh),
        metrics=dict(contest.metrics),
        intervals=dict(contest.intervals),
        champion_metrics=metric_values(outcomes_of(constant, fresh, spec), spec.business_value),
        gates=judge(GATES, contest, spec.validation),
    )


def _identity(request: ChampionTestRequested) -> str:
    return f"{request.as_of:%Y%m%dT%H%M%SZ}-{request.event_id[:8]}"


def _announce_test(
    runtime: Runtime,
    request: ChampionTestRequested,
    version: str | None,
    judged: Evaluation | _NotMeasurable,
    stored: ObjectRef | None,
) -> Iterator[Event]:
    event = ChampionTested(
        **runtime.caused_by(request),
        version=version,
        passed=judged.passed if isinstance(judged, Evaluation) else None,
        rows=judged.holdout_rows if isinstance(judged, Evaluation) else judged.rows,
        summary=judged.summary if isinstance(judged, Evaluation) else f"not measured: {judged.reason}",
        evaluation=stored,
    )
    evidence = (stored,) if stored else ()
    entry = OutboxEntry(event, "champion_tested", version or request.model, event.summary, evidence)
    return announce(runtime, entry)
