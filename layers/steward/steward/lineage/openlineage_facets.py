"""The facets that Steward fills of OpenLineage's, each under the schema that it names.

Source: https://openlineage.io/spec/facets, at the versions that `openlineage-python` 1.54.0 has.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from pydantic import AwareDatetime, ConfigDict, Field, SerializeAsAny, SerializerFunctionWrapHandler, model_serializer

from steward.documents import InputHidingModel
from steward.release import read_release

_FACETS = "https://openlineage.io/spec/facets"


def producer() -> str:
    """What the events name as their producer: the release of Steward."""
    return f"urn:steward:{read_release().version}"


class LineagePart(InputHidingModel):
    """A part of an event; its fields are named as the specification has them."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)


class Facet(LineagePart):
    """Base of facets: each names its producer and its schema.

    Attributes:
        NAME: its key among the facets.
        SCHEMA: version and name of its schema.
    """

    NAME: ClassVar[str]
    SCHEMA: ClassVar[str]

    @model_serializer(mode="wrap")
    def _with_schema(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        version, name = self.SCHEMA.split("/")
        schema = f"{_FACETS}/{version}/{name}.json#/$defs/{name}"
        return {"_producer": producer(), "_schemaURL": schema, **serialize(self)}


Facets = dict[str, SerializeAsAny[Facet]]


def facets(*given: Facet | None) -> Facets:
    """Facets by their keys; None is left out."""
    return {one.NAME: one for one in given if one is not None}


class ParentJob(LineagePart):
    """The job of the run that a run is a part of."""

    namespace: str
    name: str


class ParentRun(LineagePart):
    """The run that a run is a part of."""

    run_id: str = Field(alias="runId")


class ParentFacet(Facet):
    """What a run is a part of."""

    NAME = "parent"
    SCHEMA = "1-2-0/ParentRunFacet"

    run: ParentRun
    job: ParentJob


class NominalTimeFacet(Facet):
    """The event time that a run speaks for."""

    NAME = "nominalTime"
    SCHEMA = "1-0-1/NominalTimeRunFacet"

    start: AwareDatetime = Field(alias="nominalStartTime")
    end: AwareDatetime | None = Field(default=None, alias="nominalEndTime")


class ErrorMessageFacet(Facet):
    """Why a run failed."""

    NAME = "errorMessage"
    SCHEMA = "1-0-1/ErrorMessageRunFacet"

    message: str
    language: str = Field(default="PYTHON", alias="programmingLanguage")


class ProcessingEngineFacet(Facet):
    """What carried a run out."""

    NAME = "processing_engine"
    SCHEMA = "1-1-1/ProcessingEngineRunFacet"

    version: str
    name: str = "steward"


class TestExecution(LineagePart):
    """One gate, as a test.

    Attributes:
        description: what it found, in words.
    """

    name: str
    status: Literal["pass", "fail", "skip"]
    severity: Literal["error", "warn"] = "error"
    type: str = "gate"
    description: str
    expected: str | None = None
    actual: str | None = None


class TestRunFacet(Facet):
    """The gates of a validation."""

    NAME = "test"
    SCHEMA = "1-0-1/TestRunFacet"

    tests: list[TestExecution]


class JobTypeFacet(Facet):
    """What kind of job it is."""

    NAME = "jobType"
    SCHEMA = "2-0-4/JobTypeJobFacet"

    processing: Literal["BATCH"] = Field(default="BATCH", alias="processingType")
    integration: str = "STEWARD"
    job_type: str = Field(alias="jobType")


class Owner(LineagePart):
    """Who owns a job."""

    name: str


class OwnershipFacet(Facet):
    """Who owns the model."""

    NAME = "ownership"
    SCHEMA = "1-0-1/OwnershipJobFacet"

    owners: list[Owner]


class SchemaField(LineagePart):
    """One column."""

    name: str
    type: str


class SchemaFacet(Facet):
    """The columns of a dataset."""

    NAME = "schema"
    SCHEMA = "1-2-0/SchemaDatasetFacet"

    fields: list[SchemaField]


class DataSourceFacet(Facet):
    """Where a dataset is."""

    NAME = "dataSource"
    SCHEMA = "1-0-1/DatasourceDatasetFacet"

    name: str
    uri: str


class DatasetVersionFacet(Facet):
    """Which state of a dataset is meant."""

    NAME = "version"
    SCHEMA = "1-0-1/DatasetVersionDatasetFacet"

    version: str = Field(alias="datasetVersion")


class ColumnMetrics(LineagePart):
    """What is known of a column's cells."""

    nulls: int | None = Field(default=None, alias="nullCount")
    distinct: int | None = Field(default=None, alias="distinctCount")
    minimum: float | None = Field(default=None, alias="min")
    maximum: float | None = Field(default=None, alias="max")


class DataQualityMetricsFacet(Facet):
    """How many rows a dataset has, and what is known of its columns."""

    NAME = "dataQualityMetrics"
    SCHEMA = "1-0-1/DataQualityMetricsDatasetFacet"

    rows: int = Field(alias="rowCount")
    columns: dict[str, ColumnMetrics] = Field(default_factory=dict, alias="columnMetrics")


class Transformation(LineagePart):
    """How a column follows from another."""

    type: Literal["DIRECT", "INDIRECT"] = "DIRECT"
    subtype: str


class InputField(LineagePart):
    """A column that another follows from."""

    namespace: str
    name: str
    field: str
    transformations: list[Transformation]


class InputFields(LineagePart):
    """The columns that one follows from."""

    input_fields: list[InputField] = Field(alias="inputFields")


class ColumnLineageFacet(Facet):
    """Which columns the columns of an output follow from."""

    NAME = "columnLineage"
    SCHEMA = "1-2-0/ColumnLineageDatasetFacet"

    fields: dict[str, InputFields]


class InputStatisticsFacet(Facet):
    """How much a run read."""

    NAME = "inputStatistics"
    SCHEMA = "1-0-0/InputStatisticsInputDatasetFacet"

    rows: int | None = Field(default=None, alias="rowCount")
    files: int | None = Field(default=None, alias="fileCount")


class OutputStatisticsFacet(Facet):
    """How much a run wrote."""

    NAME = "outputStatistics"
    SCHEMA = "1-0-2/OutputStatisticsOutputDatasetFacet"

    rows: int | None = Field(default=None, alias="rowCount")
    files: int | None = Field(default=None, alias="fileCount")


def derived(
    columns: Iterable[str], namespace: str, sources: Mapping[str, Iterable[str]], subtype: str = "TRANSFORMATION"
) -> ColumnLineageFacet:
    """The facet of columns that all follow from the same ones.

    Args:
        columns: of the output.
        namespace: of the datasets that they follow from.
        sources: the columns of each dataset, by its name.
        subtype: IDENTITY, TRANSFORMATION or AGGREGATION.
    """
    how = [Transformation(subtype=subtype)]
    found = [
        InputField(namespace=namespace, name=name, field=field, transformations=how)
        for name, read in sources.items()
        for field in read
    ]
    return ColumnLineageFacet(fields={column: InputFields(input_fields=found) for column in columns})
