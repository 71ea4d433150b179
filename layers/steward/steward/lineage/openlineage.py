"""OpenLineage run events, as pydantic models.

Source: the OpenLineage specification 2-0-2 (https://openlineage.io/spec/2-0-2/OpenLineage.json). `openlineage-python`
reads what is written here, which `make nightly` proves in an environment of its own; why it is not a dependency is in
decision 0118.
"""

import uuid
from typing import Literal

from pydantic import AwareDatetime, Field

from steward.lineage.openlineage_facets import Facets, LineagePart, producer

SPECIFICATION = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_IDS = uuid.UUID("6f1e0a52-1c1b-5c0e-9a55-2f5d9a3b7c41")
"""The namespace of the run ids that are derived from Steward's own."""

EventType = Literal["START", "COMPLETE", "ABORT", "FAIL"]


def run_id(namespace: str, *parts: str) -> str:
    """The UUID of a run, which follows from ids: a replay makes the same.

    >>> run_id("steward", "loans", "training", "r1") == run_id("steward", "loans", "training", "r1")
    True
    """
    return str(uuid.uuid5(_IDS, "/".join((namespace, *parts))))


class LineageRun(LineagePart):
    """One run of a job."""

    run_id: str = Field(alias="runId")
    facets: Facets = {}


class LineageJob(LineagePart):
    """A job: what runs again and again under one name."""

    namespace: str
    name: str
    facets: Facets = {}


class LineageDataset(LineagePart):
    """A dataset that a run reads or writes."""

    namespace: str
    name: str
    facets: Facets = {}


class InputDataset(LineageDataset):
    """One that it reads."""

    of_input: Facets = Field(default={}, alias="inputFacets")


class OutputDataset(LineageDataset):
    """One that it writes."""

    of_output: Facets = Field(default={}, alias="outputFacets")


class RunEvent(LineagePart):
    """That a run started, or how it ended."""

    event_type: EventType = Field(alias="eventType")
    event_time: AwareDatetime = Field(alias="eventTime")
    run: LineageRun
    job: LineageJob
    inputs: list[InputDataset] = []
    outputs: list[OutputDataset] = []

    def to_json(self) -> bytes:
        """The event as OpenLineage's consumers read it."""
        content = self.model_dump_json(by_alias=True, exclude_none=True)
        return f'{content[:-1]},"producer":"{producer()}","schemaURL":"{SPECIFICATION}"}}'.encode()
