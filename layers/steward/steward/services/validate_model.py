"""Validates a version against the champion on unseen rows and stores evaluation and card."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from steward.baselines.baseline import Baseline
from steward.errors import ObjectChanged, ObjectMissing, TrainingImpossible, UntrustedArtifact
from steward.events import Event, ObjectRef, TrainingCompleted, ValidationCompleted
from steward.governance.card import ModelCard
from steward.governance.card_sections import card_markdown
from steward.outbox import OutboxEntry, announce
from steward.performance.metrics import metric_intervals, metric_values
from steward.repositories import models, training_data
from steward.repositories.first_versions import first_version
from steward.repositories.run_attempts import AttemptKilled, Attempts
from steward.repositories.safeguards import guarded_spec, guardrails_digest
from steward.retraining import artifact, recipe
from steward.retraining.dataset_split import held_out
from steward.retraining.manifest import DatasetManifest
from steward.retraining.policy import RetrainingState
from steward.retraining.run_cost import lambda_dollars
from steward.retraining.runs import Run
from steward.retraining.scored_outcomes import outcomes_of
from steward.retraining.versions import VersionManifest
from steward.runtime import Runtime
from steward.services.fail_run import fail_run
from steward.services.holdout_contest import Contender, constant_scores, contest_of
from steward.services.serving_footprint import measure_footprint
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.validation.contest import Contest, Predict, judge
from steward.validation.evaluation import Evaluation
from steward.validation.gates import ADOPTION_GATES, GATES
from steward.validation.promotion_chance import run_chance


def validate_model(runtime: Runtime, completed: TrainingCompleted) -> Iterator[Event]:
    """Judge a version. A redelivered event finds the judgement and tells of it again.

    A validation that was killed ends the run.
    """
    declared, _ = models.current_spec(runtime.data, completed.model)
    spec = guarded_spec(runtime.data, declared)
    run = runtime.data.load(keys.run(completed.model, completed.run), Run)
    if run.ended and run.evaluation is None:
        yield from fail_run(runtime, completed, completed.run, "validation", run.outcome)
        return
    began = runtime.now()
    attempts = Attempts(runtime, completed.model, completed.run, "validation", runtime.message)
    try:
        if run.evaluation is None:
            attempts.begin(run)
        stored = run.evaluation or _evaluate(runtime, spec, completed, attempts)
    except (TrainingImpossible, ObjectMissing, ObjectChanged, UntrustedArtifact, AttemptKilled) as error:
        yield from fail_run(runtime, completed, completed.run, "validation", str(error))
        return
    evaluation = runtime.data.load(stored, Evaluation)
    dollars = lambda_dollars(runtime.now() - began, runtime.settings.megabytes)
    runtime.data.update(
        keys.run(completed.model, completed.run),
        Run,
        lambda present: (present or run).advance("validated", dollars=dollars, evaluation=stored),
    )
    event = ValidationCompleted(
        **runtime.caused_by(completed),
        run=completed.run,
        version=completed.version,
        passed=evaluation.passed,
        summary=evaluation.summary,
        evaluation=stored,
    )
    evidence = (stored, completed.manifest)
    entry = OutboxEntry(event, "validation_completed", completed.version, evaluation.verdict, evidence)
    yield from announce(runtime, entry)


def _evaluate(runtime: Runtime, spec: ModelSpec, completed: TrainingCompleted, attempts: Attempts) -> ObjectRef:
    manifest = runtime.data.load(completed.manifest, VersionManifest)
    routing = models.routing(runtime.data, spec.model)
    champion = routing.champion
    incumbent = models.manifest(runtime.data, spec.model, champion) if champion else None
    if manifest.recipe is None:
        return _adoption(runtime, spec, completed, manifest, champion)
    frozen = runtime.data.load(manifest.dataset, DatasetManifest)
    holdout = held_out(training_data.load(runtime.data, spec, frozen, since=frozen.holdout_start), frozen, spec)
    attempts.work(makes=keys.version(spec.model, manifest.version, "card.json"))
    judged = _judged_artifact(runtime, manifest)
    challenger = partial(recipe.score, artifact.load(judged), spec)
    opponent = _champion(runtime, incumbent)
    scores = challenger(holdout)
    opposing = opponent(holdout) if opponent else constant_scores(manifest.constant, scores)
    contest = contest_of(
        spec,
        holdout,
        Contender(None, manifest.judged_until or manifest.trained_until, scores, challenger),
        Contender(champion, incumbent.trained_until if incumbent else None, opposing, opponent),
        holdout_start=frozen.holdout_start,
        features=manifest.features,
        baseline=Baseline.from_json(runtime.data.get_verified(manifest.baseline)),
        first=first_version(runtime.data, spec, routing, holdout, frozen.holdout_start),
        fitted_under=runtime.data.load(manifest.spec, models.SpecRevision).spec,
        footprint=measure_footprint(runtime, spec, judged, holdout),
        run_chance=_run_chance(runtime, spec, completed),
    )
    return _store_evaluation(
        runtime,
        spec,
        manifest,
        Evaluation(
            model=spec.model,
            version=manifest.version,
            champion=champion,
            run=completed.run,
            as_of=completed.as_of,
            dataset=manifest.dataset,
            holdout_start=frozen.holdout_start,
            holdout_rows=len(holdout),
            metrics=dict(contest.metrics),
            intervals=dict(contest.intervals),
            champion_metrics=metric_values(outcomes_of(opposing, holdout, spec), spec.business_value),
            gates=judge(GATES, contest, spec.validation),
            guardrails=guardrails_digest(spec),
        ),
    )


def _judged_artifact(runtime: Runtime, manifest: VersionManifest) -> bytes:
    """What is judged: of a version that was refitted on the holdout the artifact that was not."""
    judged = manifest.judged or manifest.artifact
    if judged is None:
        raise TrainingImpossible(f"version {manifest.version} has no artifact to judge")
    return runtime.data.get_verified(judged)


def _champion(runtime: Runtime, incumbent: VersionManifest | None) -> Predict | None:
    """The champion as it serves, to be asked of rows."""
    if incumbent is None or incumbent.artifact is None:
        return None
    trained_under = runtime.data.load(incumbent.spec, models.SpecRevision).spec
    return partial(recipe.score, artifact.load(runtime.data.get_verified(incumbent.artifact)), trained_under)


def _run_chance(runtime: Runtime, spec: ModelSpec, completed: TrainingCompleted) -> float | None:
    """The run's part of the chance of promoting by luck that the runs of a year share; None where they share none."""
    yearly = spec.validation.chance_a_year
    if yearly is None:
        return None
    memory = runtime.data.load_if_present(keys.retraining_state(spec.model), RetrainingState) or RetrainingState()
    return run_chance(yearly, memory.runs_before(completed.run), completed.as_of)


def _adoption(
    runtime: Runtime, spec: ModelSpec, completed: TrainingCompleted, manifest: VersionManifest, champion: str | None
) -> ObjectRef:
    """The evidence of a version that was trained elsewhere: what its reference rows say, and that no more is known."""
    baseline = Baseline.from_json(runtime.data.get_verified(manifest.baseline))
    contest = Contest(
        labels=np.empty(0),
        times=np.empty(0, "datetime64[us]"),
        challenger=np.empty(0),
        champion=np.empty(0),
        champion_version=champion,
        champion_saw_until=None,
        challenger_saw_until=manifest.trained_until,
        holdout_start=manifest.trained_until,
        features=manifest.features,
        declared_features=list(spec.features),
        metrics=metric_values(baseline.holdout, spec.business_value) if baseline.holdout else {},
        guardrails=spec.guardrails,
        leakage=baseline.leakage,
        maximum_auc=spec.monitors.label_leakage.maximum_auc if spec.monitors.label_leakage else None,
    )
    known = baseline.holdout
    metrics = metric_values(known, spec.business_value) if known else {}
    intervals = metric_intervals(known, spec.business_value) if known else {}
    return _store_evaluation(
        runtime,
        spec,
        manifest,
        Evaluation(
            model=spec.model,
            version=manifest.version,
            champion=champion,
            run=completed.run,
            as_of=completed.as_of,
            dataset=manifest.dataset,
            holdout_start=manifest.training_start,
            holdout_rows=manifest.holdout_rows,
            metrics=metrics,
            intervals=intervals,
            champion_metrics={},
            gates=judge(ADOPTION_GATES, contest, spec.validation),
            guardrails=guardrails_digest(spec),
        ),
    )


def _store_evaluation(
    runtime: Runtime, spec: ModelSpec, manifest: VersionManifest, evaluation: Evaluation
) -> ObjectRef:
    """Store the evidence and the card."""
    card = ModelCard.of(spec, manifest, evaluation)
    put = runtime.data.create_if_absent
    put(keys.version(spec.model, manifest.version, "card.json"), card.model_dump_json(indent=1).encode())
    put(keys.version(spec.model, manifest.version, "card.md"), card_markdown(card).encode(), "text/markdown")
    return put(keys.version(spec.model, manifest.version, "evaluation.json"), evaluation.model_dump_json().encode())
