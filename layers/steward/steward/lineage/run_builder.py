"""Builds the events of runs: ids, jobs and datasets by their names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from steward.lineage.openlineage import (
    EventType,
    InputDataset,
    LineageJob,
    LineageRun,
    OutputDataset,
    RunEvent,
    run_id,
)
from steward.lineage.openlineage_facets import (
    DatasetVersionFacet,
    DataSourceFacet,
    Facet,
    Facets,
    JobTypeFacet,
    NominalTimeFacet,
    Owner,
    OwnershipFacet,
    ParentFacet,
    ParentJob,
    ParentRun,
    ProcessingEngineFacet,
    SchemaFacet,
    SchemaField,
    facets,
)
from steward.release import read_release
from steward.retraining.manifest import DatasetColumn

JobKind = Literal["ingestion", "training", "validation", "release", "retraining"]


@dataclass(frozen=True, slots=True)
class RunBuilder:
    """What all events of one fact share.

    Attributes:
        namespace: of the jobs: the deployment.
        bucket: that holds the datasets.
        model: which.
        owner: of the model; empty where it is not known.
        told_at: when the fact happened, by the wall clock.
        as_of: the moment that it speaks for.
    """

    namespace: str
    bucket: str
    model: str
    owner: str
    told_at: datetime
    as_of: datetime

    def whole(
        self,
        kind: JobKind,
        identity: str,
        ended: EventType,
        *,
        parent: str = "",
        inputs: Sequence[InputDataset] = (),
        outputs: Sequence[OutputDataset] = (),
        more: Sequence[Facet] = (),
    ) -> Iterator[RunEvent]:
        """A run's start, which the specification asks for, and its end."""
        yield self.event(kind, identity, "START", parent=parent)
        ends = self.event(kind, identity, ended, parent=parent, more=more)
        yield ends.model_copy(update={"inputs": list(inputs), "outputs": list(outputs)})

    def event(
        self, kind: JobKind, identity: str, event_type: EventType, *, parent: str = "", more: Sequence[Facet] = ()
    ) -> RunEvent:
        """One event of a run.

        Args:
            kind: of its job.
            identity: what its id follows from.
            event_type: that it started, or how it ended.
            parent: the run of a retraining that it is a part of; empty for none.
            more: facets of the run.
        """
        part_of = ParentFacet(
            run=ParentRun(run_id=run_id(self.namespace, self.model, "retraining", parent)),
            job=ParentJob(namespace=self.namespace, name=f"{self.model}.retraining"),
        )
        return RunEvent(
            event_type=event_type,
            event_time=self.told_at,
            run=LineageRun(
                run_id=run_id(self.namespace, self.model, kind, identity),
                facets=facets(
                    NominalTimeFacet(start=self.as_of),
                    ProcessingEngineFacet(version=read_release().version),
                    part_of if parent else None,
                    *more,
                ),
            ),
            job=LineageJob(
                namespace=self.namespace,
                name=f"{self.model}.{kind}",
                facets=facets(
                    JobTypeFacet(job_type=kind.upper()),
                    OwnershipFacet(owners=[Owner(name=self.owner)]) if self.owner else None,
                ),
            ),
        )

    @property
    def datasets(self) -> str:
        """The namespace of the datasets."""
        return f"s3://{self.bucket}"

    def _facets(
        self, name: str, version: str, columns: Sequence[DatasetColumn], more: Sequence[Facet | None]
    ) -> Facets:
        shown = [SchemaField(name=one.name, type=one.type) for one in columns]
        return facets(
            DataSourceFacet(name=self.bucket, uri=f"{self.datasets}/{name}"),
            DatasetVersionFacet(version=version),
            SchemaFacet(fields=shown) if shown else None,
            *more,
        )

    def input_of(
        self, name: str, version: str, *, columns: Sequence[DatasetColumn] = (), of_input: Facets | None = None
    ) -> InputDataset:
        """A dataset that is read, by its key or prefix, and which state of it."""
        found = self._facets(name, version, columns, ())
        return InputDataset(namespace=self.datasets, name=name, facets=found, of_input=of_input or {})

    def output_of(
        self,
        name: str,
        version: str,
        *,
        columns: Sequence[DatasetColumn] = (),
        more: Sequence[Facet | None] = (),
        of_output: Facets | None = None,
    ) -> OutputDataset:
        """A dataset that is written, by its key or prefix, and which state of it."""
        found = self._facets(name, version, columns, more)
        return OutputDataset(namespace=self.datasets, name=name, facets=found, of_output=of_output or {})
