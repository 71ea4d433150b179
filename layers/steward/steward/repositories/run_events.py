"""What Steward does, as OpenLineage run events: one fact of the bus in, the events of its runs out.

Jobs are called MODEL.ingestion, MODEL.training, MODEL.validation and MODEL.release; training, validation and release
are parts of a run of MODEL.retraining. Datasets are named by the key, or the prefix, that they lie under, so that the
runs of a model are one graph.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from steward.events import (
    ROUNDED_IDS,
    BatchIngested,
    BatchRejected,
    DataCorrected,
    Event,
    ReleaseChanged,
    RunFailed,
    TrainingCompleted,
    TrainingRequested,
    ValidationCompleted,
)
from steward.lineage.openlineage import EventType, RunEvent
from steward.lineage.openlineage_facets import (
    DataQualityMetricsFacet,
    ErrorMessageFacet,
    InputStatisticsFacet,
    OutputStatisticsFacet,
    TestRunFacet,
    derived,
    facets,
)
from steward.lineage.run_builder import RunBuilder
from steward.lineage.run_facets import (
    columns_of_kind,
    columns_said,
    copied,
    holds,
    objects_by_kind,
    statistics_of,
    tests_of,
)
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.store import keys
from steward.validation.evaluation import Evaluation

_NOT_DONE: Final = frozenset({"refused", "held", "awaiting_approval", "stopped"})
"""The stages at which no other version answers than before."""
_LAST: Final = frozenset({"champion", "refused"})
"""The stages that end a retraining."""


@dataclass(frozen=True, slots=True)
class LineageFacts:
    """What is stored of the fact that an event tells of; None where it is not known, or not asked for.

    Attributes:
        namespace: of the jobs: the deployment.
        bucket: that holds the datasets.
        metrics: of the rows of the training set.
    """

    namespace: str
    bucket: str
    spec: ModelSpec | None = None
    manifest: VersionManifest | None = None
    dataset: DatasetManifest | None = None
    metrics: DataQualityMetricsFacet | None = None
    evaluation: Evaluation | None = None

    def known(self, **found: Any) -> "LineageFacts":
        """The same, with more that is known."""
        return replace(self, **found)


def run_events(cause: Event, facts: LineageFacts) -> list[RunEvent]:
    """The events of a fact, in the order of time; none for facts that no run starts or ends with."""
    owner = facts.spec.owner if facts.spec else ""
    build = RunBuilder(facts.namespace, facts.bucket, cause.model, owner, cause.occurred_at, cause.as_of)
    return list(_Runs(cause, facts, build).events())


@dataclass(frozen=True, slots=True)
class _Runs:
    """The events of the runs that one fact starts or ends."""

    cause: Event
    facts: LineageFacts
    build: RunBuilder

    def events(self) -> Iterator[RunEvent]:
        """In the order of time."""
        match self.cause:
            case BatchIngested() | DataCorrected():
                yield from self._ingestion(self.cause)
            case BatchRejected() if self.cause.code != ROUNDED_IDS:  # the other rows of their file are taken in
                source = self.build.input_of(self.cause.source, self.cause.batch)
                error = ErrorMessageFacet(message=self.cause.message)
                yield from self.build.whole("ingestion", self.cause.batch, "FAIL", inputs=[source], more=[error])
            case TrainingRequested():
                yield self.build.event("retraining", self.cause.run, "START")
                yield self.build.event("training", self.cause.run, "START", parent=self.cause.run)
            case TrainingCompleted():
                yield self.build.event("retraining", self.cause.run, "START")
                yield from self._training(self.cause)
                yield self.build.event("validation", self.cause.run, "START", parent=self.cause.run)
            case ValidationCompleted():
                yield self.build.event("retraining", self.cause.run, "START")
                yield from self._validation(self.cause)
            case RunFailed():
                yield self.build.event("retraining", self.cause.run, "START")
                error = ErrorMessageFacet(message=self.cause.message)
                yield from self.build.whole(
                    self.cause.stage, self.cause.run, "FAIL", parent=self.cause.run, more=[error]
                )
                yield self.build.event("retraining", self.cause.run, "FAIL", more=[error])
            case ReleaseChanged():
                yield self.build.event("retraining", self.cause.run, "START")
                yield from self._release(self.cause)
                if self.cause.stage in _LAST:
                    yield self.build.event("retraining", self.cause.run, "COMPLETE")

    def _ingestion(self, cause: BatchIngested | DataCorrected) -> Iterator[RunEvent]:
        kind = keys.corrections_of(cause.kind) if isinstance(cause, DataCorrected) else cause.kind
        columns = columns_of_kind(self.facts.spec, cause.kind) if self.facts.spec else []
        read = InputStatisticsFacet(rows=cause.rows + cause.rejected_rows, files=1)
        source = self.build.input_of(cause.source, cause.batch, columns=columns, of_input=facets(read))
        sources = {one.name: [cause.source] for one in columns}
        records = self.build.output_of(
            keys.partitions(kind, cause.model).rstrip("/"),
            cause.batch,
            columns=columns,
            more=[copied(self.build.datasets, sources)],
            of_output=facets(OutputStatisticsFacet(rows=cause.rows)),
        )
        yield from self.build.whole("ingestion", cause.batch, "COMPLETE", inputs=[source], outputs=[records])

    def _training(self, cause: TrainingCompleted) -> Iterator[RunEvent]:
        manifest, dataset = self.facts.manifest, self.facts.dataset
        objects = objects_by_kind(dataset) if dataset else {}
        columns = dataset.columns if dataset else ()
        inputs = [
            self.build.input_of(
                keys.partitions(kind, cause.model).rstrip("/"), cause.dataset, of_input=facets(statistics_of(found))
            )
            for kind, found in objects.items()
        ]
        if manifest:
            inputs.append(self.build.input_of(manifest.spec.key, manifest.spec.version_id))
        sources = {
            one.name: [keys.partitions(kind, cause.model).rstrip("/") for kind in objects if holds(kind, one)]
            for one in columns
        }
        training_set = keys.folder(keys.dataset(cause.model, cause.dataset))
        frozen = self.build.output_of(
            training_set,
            cause.dataset,
            columns=columns,
            more=[self.facts.metrics, copied(self.build.datasets, sources)],
            of_output=facets(OutputStatisticsFacet(files=len(dataset.objects))) if dataset else {},
        )
        says = columns_said(self.facts.spec) if self.facts.spec else []
        features = {training_set: manifest.features if manifest else []}
        made = self.build.output_of(
            self._version(cause.version),
            cause.version,
            columns=says,
            more=[derived([one.name for one in says], self.build.datasets, features)],
        )
        yield from self.build.whole(
            "training", cause.run, "COMPLETE", parent=cause.run, inputs=inputs, outputs=[frozen, made]
        )

    def _validation(self, cause: ValidationCompleted) -> Iterator[RunEvent]:
        evaluation = self.facts.evaluation
        inputs = [self.build.input_of(self._version(cause.version), cause.version)]
        if evaluation:
            read = InputStatisticsFacet(rows=evaluation.holdout_rows)
            dataset = keys.dataset_of(evaluation.dataset.key)
            inputs.append(self.build.input_of(keys.folder(evaluation.dataset.key), dataset, of_input=facets(read)))
            if evaluation.champion and evaluation.champion != cause.version:
                inputs.append(self.build.input_of(self._version(evaluation.champion), evaluation.champion))
        outputs = [self.build.output_of(cause.evaluation.key, cause.evaluation.version_id)]
        gates = [TestRunFacet(tests=tests_of(evaluation))] if evaluation else []
        yield from self.build.whole(
            "validation", cause.run, "COMPLETE", parent=cause.run, inputs=inputs, outputs=outputs, more=gates
        )

    def _release(self, cause: ReleaseChanged) -> Iterator[RunEvent]:
        judged = keys.version(cause.model, cause.version, "evaluation.json")
        inputs = [
            self.build.input_of(self._version(cause.version), cause.version),
            self.build.input_of(judged, cause.version),
        ]
        done = cause.stage not in _NOT_DONE
        outputs = [self.build.output_of(keys.routing(cause.model), cause.event_id)] if done else []
        more = [] if done else [ErrorMessageFacet(message=f"{cause.stage}: {cause.summary}")]
        ended: EventType = "COMPLETE" if done else "ABORT"
        yield from self.build.whole(
            "release", cause.event_id, ended, parent=cause.run, inputs=inputs, outputs=outputs, more=more
        )

    def _version(self, version: str) -> str:
        return keys.folder(keys.version(self.cause.model, version, "manifest.json"))
