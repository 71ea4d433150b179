"""Sets up a comparison: columns, types and limits."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from steward.offline.conversion import Converter
from steward.offline.entity_column import rows_in_groups
from steward.offline.findings import ColumnUse
from steward.offline.inference import infer_cells
from steward.offline.inferred_column import InferredColumn
from steward.offline.sampling import sample_cells
from steward.offline.tables import TableBatch
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.quantities import Quantity
from steward.spec.columns import Columns
from steward.spec.expressions import columns_of
from steward.spec.features import CategoricalFeature, DatetimeFeature, Feature, NumericFeature
from steward.spec.monitors import Monitors
from steward.spec.quality import Segment

if TYPE_CHECKING:
    from steward.spec.model import ModelSpec


@dataclass(frozen=True, slots=True)
class ComparisonSetup:
    """What is compared.

    Attributes:
        features: by name.
        outputs: scores, predictions and other outputs, under the names of their columns.
        others: columns that segments look at.
        time: the column of event times; None where there is none.
        entity: the column that says of whom each row is; None where there is none.
        time_format: how its text and digits are declared to be written.
        segments: what is compared by itself too.
        segment_values: values of a segment's column that are compared by name.
        monitors: the limits.
        quantities: how text is read as numbers, where that is not digits with a point.
        unreadable: columns whose text looks like something that cannot be read, and what.
        length: of the windows that a declaration asks for.
        uses: what each column is taken for, and why.
        groups: what shows that rows come in groups though no column says so; empty where nothing does.
        lost_entity: the declared column of entities, where the reference lacks it.
        notes: on what is left out, and why.
    """

    features: dict[str, Feature]
    outputs: dict[str, Feature] = field(default_factory=dict)
    others: dict[str, Feature] = field(default_factory=dict)
    time: str | None = None
    time_format: str | None = None
    entity: str | None = None
    segments: tuple[Segment, ...] = ()
    segment_values: int = 20
    # without validation, as the defaults of `Monitors` are: it would build a validator for each kind
    monitors: Monitors = field(default_factory=lambda: Monitors.model_construct(attribution_drift=None))
    quantities: Mapping[str, Quantity] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    length: timedelta | None = None
    uses: Mapping[str, ColumnUse] = field(default_factory=dict)
    groups: str = ""
    lost_entity: str = ""
    notes: tuple[str, ...] = ()

    @classmethod
    def from_spec(cls, spec: "ModelSpec", there: Collection[str]) -> Self:
        """What a declaration asks for, of outputs those that are there; attributions are no business of tables."""
        names = spec.columns
        roles: dict[str, Feature] = {column: NumericFeature(type="numeric") for column in names.outputs.values()}
        if names.prediction:
            regression = spec.task == "regression"
            roles[names.prediction] = (
                NumericFeature(type="numeric") if regression else CategoricalFeature(type="categorical")
            )
        return cls(
            features=dict(spec.features),
            outputs={name: feature for name, feature in roles.items() if name in there} | spec.outputs,
            others=dict(spec.attributes),
            time=names.time if names.time in there else None,
            time_format=names.time_format,
            entity=names.entity if names.entity in there else None,
            lost_entity="" if names.entity is None or names.entity in there else names.entity,
            segments=tuple(spec.segments),
            segment_values=spec.maximum_segment_values,
            monitors=spec.monitors.model_copy(update={"attribution_drift": None}),
            length=spec.window.length,
            uses={
                name: ColumnUse(type=None, role=role, reason="declared", compared=role in {"score", "prediction"})
                for role, name in _declared_roles(names).items()
                if name in there
            },
        )

    @classmethod
    def from_batches(cls, batches: Sequence[TableBatch]) -> Self:
        """What the cells of the reference tell; columns that name rows are left out."""
        cells = sample_cells(batches)
        found = infer_cells(cells)
        unreadable = {name: column.unreadable for name, column in found.items() if column.unreadable}
        time = next((name for name, column in found.items() if column.role == "time"), None)
        entity = next((name for name, column in found.items() if column.role == "entity"), None)
        moments = found[time].feature if time is not None else None
        return cls(
            features={name: column.feature for name, column in found.items() if column.compared},
            time=time,
            entity=entity,
            time_format=moments.format if isinstance(moments, DatetimeFeature) else None,
            quantities={name: column.quantity for name, column in found.items() if column.quantity},
            unreadable=unreadable,
            groups=""
            if entity
            else rows_in_groups(cells, [name for name, column in found.items() if column.role != "id"]) or "",
            uses={
                name: ColumnUse(
                    type=column.feature.type,
                    role=column.role,
                    reason=column.role_reason or column.reason,
                    compared=column.compared,
                )
                for name, column in found.items()
            },
            notes=(
                *(note for name, column in found.items() for note in _role_notes(name, column)),
                *(f"`{name}` is read as {column.quantity.name}" for name, column in found.items() if column.quantity),
                *(
                    f"`{name}` is read by the format {column.feature.format}"
                    for name, column in found.items()
                    if isinstance(column.feature, DatetimeFeature) and column.feature.format
                ),
            ),
        )

    @property
    def compared(self) -> dict[str, Feature]:
        """Everything that may drift."""
        return self.features | self.outputs

    @property
    def wanted(self) -> dict[str, Feature]:
        """Everything that is read."""
        time = DatetimeFeature(type="datetime", format=self.time_format)
        times = {} if self.time is None else {self.time: time}
        entities = {} if self.entity is None else {self.entity: CategoricalFeature(type="categorical")}
        return entities | self.compared | self.others | times

    @property
    def scope(self) -> ProfilingConfig:
        """What is profiled."""
        return ProfilingConfig(self.features, self.outputs, segments=self.segments, segment_values=self.segment_values)

    def converter(self) -> Converter:
        """What reads the columns of one of the tables."""
        return Converter(self.wanted, time=self.time, quantities=self.quantities)

    def restrict_to(self, names: Collection[str]) -> Self:
        """The same without what the reference does not hold."""
        segments = tuple(segment for segment in self.segments if _columns(segment) <= set(names))
        lost = [segment for segment in self.segments if segment not in segments]
        return replace(
            self,
            features={name: feature for name, feature in self.features.items() if name in names},
            outputs={name: feature for name, feature in self.outputs.items() if name in names},
            segments=segments,
            notes=(*self.notes, *(_missing_segment_note(segment, names) for segment in lost)),
        )


def _declared_roles(names: Columns) -> dict[str, str]:
    """The column of each role; a model of several classes has no single score."""
    roles = ("time", "id", "entity", "score", "prediction", "label", "version", "latency")
    return {role: name for role in roles if (name := getattr(names, role)) is not None}


def _role_notes(name: str, column: InferredColumn) -> Iterator[str]:
    """What a reader should know of the part that a column plays, where it is not simply compared."""
    if column.counts:
        yield f"`{name}` is not compared: {column.counts}"
    elif column.role == "time":
        yield f"`{name}` is taken as the time of each row: {column.role_reason}; declare columns.time if another is"
    elif column.role == "entity":
        yield f"`{name}` is taken for whom each row is about, and not compared: {column.role_reason}"
    elif not column.unreadable and (column.identifies or column.role == "id"):
        yield f"`{name}` is not compared, since it names rows: {column.role_reason or column.reason}"
    elif column.role == "version":
        yield f"`{name}` is not compared, since it is taken as the version: {column.role_reason}"
    elif column.role is not None:
        yield f"`{name}` is taken as the {column.role}, and compared like the rest: {column.role_reason}"
    elif column.no_time:
        yield f"`{name}` is not taken as the time of each row: {column.no_time}; declare columns.time if it is"


def _columns(segment: Segment) -> frozenset[str]:
    return frozenset({segment.column}) if segment.column else columns_of(segment.where or "")


def _missing_segment_note(segment: Segment, names: Collection[str]) -> str:
    missing = ", ".join(f"`{name}`" for name in sorted(_columns(segment).difference(names)))
    return f"the segment {segment.name} is not compared: the reference has no {missing}"
