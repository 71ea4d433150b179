"""A version meets the champion on rows that neither has seen; the gates decide; evidence and card are stored."""

import numpy as np

from steward.errors import ObjectChanged, ObjectMissing, TrainingImpossible, UntrustedArtifact
from steward.events import Event, StoredObject, TrainingCompleted, ValidationCompleted
from steward.governance.card import ModelCard
from steward.performance.metrics import metric_values
from steward.performance.outcomes import Outcomes
from steward.retraining import artifact, recipe
from steward.retraining.dataset import held_out, is_positive
from steward.retraining.manifest import DatasetManifest
from steward.retraining.runs import Run
from steward.retraining.versions import VersionManifest
from steward.runtime import Runtime
from steward.spec.model import ModelSpec
from steward.stations import labelled, registry
from steward.stations.failure import run_failed
from steward.store import keys
from steward.validation.evaluation import Evaluation
from steward.validation.gates import GATES, Contest


def validate_model(runtime: Runtime, completed: TrainingCompleted) -> Event:
    """Judge a version. A redelivered event finds the judgement and tells of it again."""
    spec, _ = registry.current_spec(runtime.data, completed.model)
    run = Run.model_validate_json(runtime.data.get(keys.run(completed.model, completed.run)).body)
    try:
        stored = run.evaluation or _judge(runtime, spec, completed)
    except (TrainingImpossible, ObjectMissing, ObjectChanged, UntrustedArtifact) as error:
        return run_failed(runtime, completed, completed.run, "validation", str(error))
    evaluation = Evaluation.model_validate_json(runtime.data.verified(stored))
    runtime.data.swap(
        keys.run(completed.model, completed.run),
        Run,
        lambda present: (present or run).advanced("validated", evaluation=stored),
    )
    event = ValidationCompleted(
        occurred_at=runtime.now(),
        model=completed.model,
        as_of=completed.as_of,
        correlation_id=completed.correlation_id,
        run=completed.run,
        version=completed.version,
        passed=evaluation.passed,
        summary=evaluation.summary,
        evaluation=stored,
    )
    runtime.record(event, "validation_completed", completed.version, evaluation.summary, (stored, completed.manifest))
    return event


def _judge(runtime: Runtime, spec: ModelSpec, completed: TrainingCompleted) -> StoredObject:
    manifest = VersionManifest.model_validate_json(runtime.data.verified(completed.manifest))
    champion = registry.routing(runtime.data, spec.model).champion
    incumbent = registry.manifest(runtime.data, spec.model, champion) if champion else None
    frozen = DatasetManifest.model_validate_json(runtime.data.verified(manifest.dataset))
    holdout = held_out(labelled.read(runtime.data, spec, frozen, since=frozen.holdout_start), frozen, spec)
    positive = is_positive(holdout, spec).to_numpy()
    model = artifact.load(runtime.data.verified(manifest.artifact))
    challenger = recipe.score(model, spec, holdout)
    if incumbent:
        trained_under = registry.SpecRevision.model_validate_json(runtime.data.verified(incumbent.spec)).spec
        opposing = recipe.score(artifact.load(runtime.data.verified(incumbent.artifact)), trained_under, holdout)
    else:
        opposing = np.full(len(holdout), manifest.training_positive_share)
    contest = Contest(
        positive=positive,
        times=holdout[spec.columns.time].dt.tz_localize(None).to_numpy(),
        challenger=challenger,
        champion=opposing,
        champion_version=champion,
        champion_saw_until=incumbent.trained_until if incumbent else None,
        challenger_saw_until=manifest.trained_until,
        holdout_start=frozen.holdout_start,
        features=manifest.features,
        declared_features=list(spec.features),
    )
    evaluation = Evaluation(
        model=spec.model,
        version=manifest.version,
        champion=champion,
        run=completed.run,
        as_of=completed.as_of,
        dataset=manifest.dataset,
        holdout_start=frozen.holdout_start,
        holdout_rows=len(holdout),
        metrics=metric_values(Outcomes.of(challenger, positive, challenger >= spec.threshold)),
        champion_metrics=metric_values(Outcomes.of(opposing, positive, opposing >= spec.threshold)),
        gates=[gate.evaluate(contest, spec.validation) for gate in GATES],
    )
    card = ModelCard.of(spec, manifest, evaluation)
    put = runtime.data.ensure
    put(keys.version(spec.model, manifest.version, "card.json"), card.model_dump_json(indent=1).encode())
    put(keys.version(spec.model, manifest.version, "card.md"), card.markdown().encode(), "text/markdown")
    return put(keys.version(spec.model, manifest.version, "evaluation.json"), evaluation.model_dump_json().encode())
