"""What the facets of OpenLineage events say of columns, rows and gates."""

from collections.abc import Mapping, Sequence
from typing import Any

from steward.lineage.openlineage_facets import (
    ColumnLineageFacet,
    ColumnMetrics,
    DataQualityMetricsFacet,
    InputStatisticsFacet,
    TestExecution,
    derived,
)
from steward.retraining.manifest import DatasetColumn, DatasetManifest, DatasetObject, columns_of
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation, GateResult

_KEYS = frozenset({"id", "time"})


def columns_of_kind(spec: ModelSpec, kind: str) -> list[DatasetColumn]:
    """The declared columns of predictions, labels, reference rows or what else is uploaded, outputs included."""
    found = [one for one in columns_of(spec) if holds(kind, one)]
    return found + (columns_said(spec) if kind in {"predictions", "reference", "shadows"} else [])


def columns_said(spec: ModelSpec) -> list[DatasetColumn]:
    """The columns of what the model says: scores, and the decision where it has a column."""
    decided = [spec.columns.prediction] if spec.columns.prediction else []
    return [
        *(DatasetColumn(name=name, role="attribute", type="numeric") for name in spec.columns.outputs.values()),
        *(DatasetColumn(name=name, role="attribute", type="categorical") for name in decided),
    ]


def holds(kind: str, column: DatasetColumn) -> bool:
    """Whether files of a kind have a column, by its role."""
    match kind.rpartition("/")[2]:
        case "labels":
            return column.role in _KEYS or column.role == "label"
        case "reference":
            return True
        case "telemetry":
            return column.role == "time"
        case _:
            return column.role != "label"


def objects_by_kind(dataset: DatasetManifest) -> dict[str, list[DatasetObject]]:
    """The objects of each kind."""
    found: dict[str, list[DatasetObject]] = {}
    for one in dataset.objects:
        found.setdefault(one.kind, []).append(one)
    return found


def statistics_of(objects: Sequence[DatasetObject]) -> InputStatisticsFacet:
    """How many objects are read, and rows where all of them say so."""
    known = [one.rows for one in objects if one.rows is not None]
    return InputStatisticsFacet(rows=sum(known) if len(known) == len(objects) else None, files=len(objects))


def copied(namespace: str, sources: Mapping[str, Sequence[str]]) -> ColumnLineageFacet | None:
    """The facet of columns that are taken as they are; None without columns.

    Args:
        namespace: of the datasets.
        sources: the datasets that each column is in.
    """
    if not sources:
        return None
    fields = {
        column: derived([column], namespace, {name: [column] for name in read}, "IDENTITY").fields[column]
        for column, read in sources.items()
    }
    return ColumnLineageFacet(fields=fields)


def metrics_of(profile: Mapping[str, Any]) -> DataQualityMetricsFacet:
    """What is known of the rows of a training set.

    Args:
        profile: a stored `DatasetProfile`, whose own model needs NumPy.
    """
    return DataQualityMetricsFacet(
        rows=profile["rows"],
        columns={
            name: ColumnMetrics(
                nulls=of.get("missing"),
                distinct=of.get("distinct"),
                minimum=of.get("minimum"),
                maximum=of.get("maximum"),
            )
            for name, of in profile["columns"].items()
        },
    )


def tests_of(evaluation: Evaluation) -> list[TestExecution]:
    """The gates of an evaluation, as tests."""
    return [_test(gate) for gate in evaluation.gates]


def _test(gate: GateResult) -> TestExecution:
    return TestExecution(
        name=gate.gate,
        status="pass" if gate.passed else "fail",
        description=gate.message,
        expected=None if gate.required is None else f"more than {gate.required:g}",
        actual=None if gate.value is None else f"{gate.value:g}",
    )
