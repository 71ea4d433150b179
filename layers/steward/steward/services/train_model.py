"""Makes a version: snapshots the dataset, fits the recipe or adopts the reference, and stores the result."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from steward.errors import ObjectChanged, ObjectMissing, TrainingImpossible
from steward.events import Event, ObjectRef, TrainingCompleted, TrainingRequested
from steward.outbox import OutboxEntry, announce
from steward.release import read_release
from steward.repositories import models, training_data
from steward.repositories.progress import ProgressWriter
from steward.repositories.run_attempts import LONGEST_INVOCATION, AttemptKilled, Attempts
from steward.retraining import artifact, recipe
from steward.retraining.adoption import adopt
from steward.retraining.dataset import constant
from steward.retraining.fit_estimate import require_memory_to_read, require_room
from steward.retraining.fitting import fit_version
from steward.retraining.manifest import DatasetManifest
from steward.retraining.onnx_support import onnx_obstacle
from steward.retraining.parameter_search import SearchControl
from steward.retraining.platform import describe_platform
from steward.retraining.run_cost import lambda_dollars
from steward.retraining.runs import Run
from steward.retraining.split_evidence import SplitEvidence
from steward.retraining.version_attributions import attribute_reference
from steward.retraining.version_baseline import baseline_of
from steward.retraining.versions import OnnxVerdict, SearchResult, VersionManifest, version_name
from steward.runtime import Runtime
from steward.services.fail_run import fail_run
from steward.spec.model import ModelSpec
from steward.store import keys


def train_model(runtime: Runtime, request: TrainingRequested) -> Iterator[Event]:
    """Carry a run from its request to a version; a redelivered request finds what was made and tells of it again.

    A training that was killed ends the run.
    """
    spec, spec_stored = models.current_spec(runtime.data, request.model)
    run = runtime.data.load(keys.run(request.model, request.run), Run)
    try:
        if run.manifest is None and not run.ended:
            attempts = Attempts(runtime, request.model, request.run, "training", runtime.message)
            attempts.begin(run)
            began = runtime.now()
            report = ProgressWriter(runtime, spec.model, run.run)
            frozen = _take_snapshot(runtime, spec, run, report)
            version = _version(spec, run, frozen)
            _require_room(runtime, spec, frozen, runtime.now() - began)
            attempts.work(makes=keys.version(spec.model, version, "baseline.json"))
            make = _train if spec.retraining.recipe else _adopt
            manifest, stored = make(runtime, spec, spec_stored, run, frozen)
            dollars = lambda_dollars(runtime.now() - began, runtime.settings.megabytes)
            run = _advance(runtime, run, "trained", dollars, version=manifest.version, manifest=stored)
        completed = _complete(runtime, request, run)
    except (TrainingImpossible, ObjectMissing, ObjectChanged, AttemptKilled) as error:
        completed = fail_run(runtime, request, request.run, "training", str(error))
    yield from completed


@dataclass(frozen=True, slots=True)
class _Snapshot:
    stored: ObjectRef
    manifest: DatasetManifest
    rows: pd.DataFrame
    report: ProgressWriter


def _take_snapshot(runtime: Runtime, spec: ModelSpec, run: Run, report: ProgressWriter) -> _Snapshot:
    """The run's dataset, fixed at the first attempt."""

    def on_rows(rows: int) -> None:
        report("reading rows", rows=rows)
        require_memory_to_read(spec, rows, runtime.settings.megabytes)

    if run.dataset is None:
        manifest, rows = training_data.describe_snapshot(runtime.data, spec, run.as_of, on_rows=on_rows)
        stored = runtime.data.create_if_absent(
            keys.dataset(spec.model, manifest.dataset), manifest.model_dump_json().encode()
        )
        run = _advance(runtime, run, "frozen", dataset=stored)
        if run.dataset == stored:
            return _Snapshot(stored, manifest, rows, report)
    if run.dataset is None:
        raise TrainingImpossible(run.outcome or "the run ended before its dataset was fixed")
    manifest = runtime.data.load(run.dataset, DatasetManifest)
    return _Snapshot(run.dataset, manifest, training_data.load(runtime.data, spec, manifest, on_rows=on_rows), report)


def _require_room(runtime: Runtime, spec: ModelSpec, frozen: _Snapshot, elapsed: timedelta) -> None:
    """Refuse a training that the function would be killed in.

    Raises:
        TrainingImpossible: by the estimate it takes more time or memory than is left.
    """
    time, start = frozen.rows[spec.columns.time], frozen.manifest.start
    rows = len(frozen.rows) if start is None else int((time >= pd.Timestamp(start)).sum())
    left = (LONGEST_INVOCATION - elapsed).total_seconds()
    require_room(spec, rows, seconds=left, megabytes=runtime.settings.megabytes, read=len(frozen.rows))


def _version(spec: ModelSpec, run: Run, frozen: _Snapshot) -> str:
    declared = spec.retraining.recipe
    libraries = recipe.libraries() if declared else {}
    return version_name(run.as_of, run.run, frozen.stored.sha256, declared, libraries)


def _train(
    runtime: Runtime, spec: ModelSpec, spec_stored: ObjectRef, run: Run, frozen: _Snapshot
) -> tuple[VersionManifest, ObjectRef]:
    """Fit the recipe, and judge it on the holdout for its baseline."""
    declared = spec.retraining.recipe
    if declared is None:
        raise TrainingImpossible("the declaration has no recipe to train by")
    version = _version(spec, run, frozen)
    put = runtime.data.create_if_absent

    def store_evidence(evidence: SplitEvidence) -> ObjectRef:
        return put(keys.split_evidence(spec.model, evidence.dataset), evidence.model_dump_json().encode())

    def examine(evidence: SplitEvidence) -> None:
        store_evidence(evidence)
        evidence.require()

    fitted = fit_version(
        spec,
        frozen.rows,
        frozen.manifest,
        since=run.since,
        examine=examine,
        control=_search_control(runtime, keys.version(spec.model, version, "search.json")),
        report=frozen.report,
    )
    frozen.report("judging")
    model, training, holdout = fitted.judged, fitted.training, fitted.holdout
    attributed = attribute_reference(model, spec, training, holdout) if spec.monitors.attribution_drift else None
    importances, baseline = baseline_of(spec, fitted, attributed)
    frozen.report("storing")
    time = training[spec.columns.time]
    manifest = VersionManifest(
        model=spec.model,
        version=version,
        environment=runtime.settings.environment,
        run=run.run,
        as_of=run.as_of,
        spec=spec_stored,
        dataset=frozen.stored,
        split=store_evidence(fitted.evidence),
        recipe=declared,
        libraries=recipe.libraries(),
        platform=describe_platform(),
        locks=read_release().locks,
        release=read_release().version,
        features=list(spec.features),
        importances=importances,
        baseline=put(keys.version(spec.model, version, "baseline.json"), baseline.to_json()),
        artifact=_put_artifact(runtime, spec, version, "model.skops", fitted.released),
        judged=_put_artifact(runtime, spec, version, "judged.skops", model) if fitted.refitted else None,
        judged_until=frozen.manifest.holdout_start if fitted.refitted else None,
        span=fitted.span,
        search=fitted.search,
        calibration=fitted.calibrated,
        onnx=OnnxVerdict(converts=not (obstacle := onnx_obstacle(declared)), reason=obstacle),
        background=(
            put(keys.version(spec.model, version, "background.json"), attributed.background.model_dump_json().encode())
            if attributed
            else None
        ),
        training_rows=len(training),
        constant=constant(training, spec),
        training_start=time.min().to_pydatetime(),
        trained_until=frozen.manifest.end if fitted.refitted else frozen.manifest.holdout_start,
        holdout_rows=len(holdout),
        holdout_until=frozen.manifest.end,
    )
    return manifest, put(keys.version(spec.model, version, "manifest.json"), manifest.model_dump_json().encode())


def _search_control(runtime: Runtime, key: str) -> SearchControl:
    """What a search found is stored before the version: an attempt that repeats this one makes the same artifact."""

    def keep(result: SearchResult) -> SearchResult:
        return runtime.data.load(runtime.data.create_if_absent(key, result.model_dump_json().encode()), SearchResult)

    return SearchControl(
        clock=lambda: runtime.now().timestamp(), found=runtime.data.load_if_present(key, SearchResult), keep=keep
    )


def _put_artifact(runtime: Runtime, spec: ModelSpec, version: str, part: str, model: recipe.Fitted) -> ObjectRef:
    return runtime.data.create_if_absent(
        keys.version(spec.model, version, part), artifact.dump(model), "application/zip"
    )


def _adopt(
    runtime: Runtime, spec: ModelSpec, spec_stored: ObjectRef, run: Run, frozen: _Snapshot
) -> tuple[VersionManifest, ObjectRef]:
    """Take the reference rows, with the outputs that they came with, as what the model trained elsewhere is like."""
    version = _version(spec, run, frozen)
    frozen.report("judging")
    baseline = adopt(frozen.rows, spec)
    put = runtime.data.create_if_absent
    time = frozen.rows[spec.columns.time]
    manifest = VersionManifest(
        model=spec.model,
        version=version,
        environment=runtime.settings.environment,
        run=run.run,
        as_of=run.as_of,
        spec=spec_stored,
        dataset=frozen.stored,
        recipe=None,
        libraries={},
        release=read_release().version,
        features=list(spec.features),
        importances={},
        artifact=None,
        baseline=put(keys.version(spec.model, version, "baseline.json"), baseline.to_json()),
        training_rows=len(frozen.rows),
        constant=(),
        training_start=time.min().to_pydatetime(),
        trained_until=frozen.manifest.end,
        holdout_rows=baseline.holdout.labelled if baseline.holdout else 0,
        holdout_until=frozen.manifest.end,
    )
    return manifest, put(keys.version(spec.model, version, "manifest.json"), manifest.model_dump_json().encode())


def _advance(runtime: Runtime, run: Run, stage: str, dollars: float = 0.0, **found: ObjectRef | str | None) -> Run:
    return runtime.data.update(
        keys.run(run.model, run.run),
        Run,
        lambda present: (present or run).advance(stage, dollars=dollars, **found),  # type: ignore[arg-type]
    )


def _complete(runtime: Runtime, request: TrainingRequested, run: Run) -> Iterator[Event]:
    if run.manifest is None or run.version is None or run.dataset is None:
        return fail_run(runtime, request, run.run, "training", run.outcome or "the run ended before it made a version")
    manifest = runtime.data.load(run.manifest, VersionManifest)
    event = TrainingCompleted(
        **runtime.caused_by(request),
        run=run.run,
        version=run.version,
        dataset=keys.dataset_of(run.dataset.key),
        manifest=run.manifest,
    )
    rows, kept = manifest.training_rows, manifest.holdout_rows
    summary = (
        f"{manifest.recipe.estimator} fitted on {rows:,} rows, {kept:,} kept to judge with"
        if manifest.recipe
        else f"trained elsewhere; {rows:,} reference rows adopted, {kept:,} of them labelled"
    )
    evidence = (run.manifest, run.dataset, *([manifest.split] if manifest.split else []))
    entry = OutboxEntry(event, "training_completed", run.version, summary, evidence)
    return announce(runtime, entry)
