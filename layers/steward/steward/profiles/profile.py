"""The profile: a mergeable summary of records over a baseline's bins."""

from collections.abc import Iterator
from typing import Literal, Self

import numpy as np
from pydantic import ConfigDict, NonNegativeInt, ValidationError

from steward.documents import VersionedModel, first_problem
from steward.errors import IncomparableProfiles
from steward.profiles.accumulators import ColumnAccumulators
from steward.profiles.attribution_sums import AttributionSums
from steward.profiles.embeddings import EmbeddingBins, EmbeddingSums
from steward.profiles.entities import EntityCounts
from steward.profiles.grid import Scratch
from steward.profiles.ingestion_counts import IngestionCounts
from steward.profiles.merge_by_key import merge_by_key, merge_groups_by_key
from steward.profiles.model_bins import Bins
from steward.profiles.profile_input import ProfileColumns, ProfileInput
from steward.profiles.sample import ROWS, Sample, SampleAccumulator, part_codes
from steward.profiles.segments import Decisions, SegmentAccumulators, SegmentProfile
from steward.profiles.serving_metrics import ServingMetrics
from steward.profiles.summaries import Summary, empty, misfits
from steward.records.columns import Chunk, EmbeddingColumn, NumericColumn
from steward.spec.columns import Columns


class Profile(VersionedModel):
    """Mergeable profile of records; adding two profiles gives the profile of both.

    Attributes:
        bins: the digest of the bins; profiles of other bins do not add.
        batches: the ids of the batches merged in, sorted; empty while a batch is still being read.
        rows: how many records.
        features: a summary per part of the features, in the order of the bins.
        outputs: a summary per part of the outputs: `score`, `scores.<class>`, `prediction`, declared outputs.
        operation: how the model was served, by what its records say.
        telemetry: the same by what telemetry says; its requests are none of the rows.
        attributions: what each feature contributed, of the records that say so.
        embeddings: sums per column of embeddings, features and outputs alike.
        segments: by segment and group, profiles of some of the rows.
        decisions: by protected attribute and group, what was decided.
        intake: what became of the rows on their way in.
        entities: how often rows of one entity come.
        sample: some of the rows, coded by the bins.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    schema_version: Literal[2] = 2
    bins: str
    batches: tuple[str, ...] = ()
    rows: NonNegativeInt
    features: dict[str, Summary]
    outputs: dict[str, Summary]
    operation: ServingMetrics
    telemetry: ServingMetrics = ServingMetrics()
    attributions: AttributionSums
    embeddings: dict[str, EmbeddingSums]
    segments: dict[str, dict[str, SegmentProfile]]
    decisions: dict[str, dict[str, Decisions]]
    intake: IngestionCounts
    entities: EntityCounts = EntityCounts()
    sample: Sample

    @classmethod
    def empty(cls, bins: Bins, sample_rows: int = ROWS) -> Self:
        """The identity of `+` over these bins."""
        features = {name: empty(column) for name, column in bins.features.items()}
        outputs = {name: empty(column) for name, column in bins.outputs.items()}
        nobody = SegmentProfile(rows=0, features=features, outputs=outputs)
        return cls(
            bins=bins.digest,
            rows=0,
            features=features,
            outputs=outputs,
            operation=ServingMetrics(),
            attributions=AttributionSums.empty(),
            embeddings={
                name: EmbeddingSums.empty(column)
                for name, column in bins.composites.items()
                if isinstance(column, EmbeddingBins)
            },
            segments={name: dict.fromkeys(segment.groups, nobody) for name, segment in bins.segments.items()},
            decisions={name: dict.fromkeys(segment.groups, Decisions()) for name, segment in bins.protected.items()},
            intake=IngestionCounts(),
            sample=Sample(size=sample_rows, parts=len(bins.sampled)),
        )

    @classmethod
    def of(cls, records: ProfileInput | Chunk, bins: Bins, names: Columns | None = None) -> "Profile":
        """Profile some records.

        Args:
            records: whole, or with ids, event times and the like; a column that they lack is left out of account (its
                summary has no rows).
            bins: the bins of the baseline to compare with.
            names: the user's names of the columns with a role; without them scores, predictions, latency and the like
                are left out of account.

        Raises:
            IncomparableProfiles: a column is of another type than in the baseline.
        """
        gathering = ProfileBuilder(bins, names)
        gathering.add(records)
        return gathering.profile()

    def of_batch(self, batch: str) -> Self:
        """The same records, known as this batch (the id of one object version)."""
        return self.model_copy(update={"batches": (batch,)})

    def with_intake(self, intake: IngestionCounts) -> Self:
        """The same records, and what else is known of their way in."""
        return self.model_copy(update={"intake": self.intake + intake})

    def with_telemetry(self, telemetry: ServingMetrics) -> Self:
        """The same records, and what telemetry says of the serving meanwhile."""
        return self.model_copy(update={"telemetry": self.telemetry + telemetry})

    def __add__(self, other: "Profile") -> "Profile":
        """The profile of both, which must share bins and have no batch in common."""
        if self.bins != other.bins:
            raise IncomparableProfiles(_of_others(self.bins, other.bins))
        shared = set(self.batches) & set(other.batches)
        if shared:
            msg = f"batch {', '.join(sorted(shared)[:3])} is in both profiles; adding them would count it twice"
            raise IncomparableProfiles(msg)
        return Profile(
            bins=self.bins,
            batches=tuple(sorted(self.batches + other.batches)),
            rows=self.rows + other.rows,
            features=merge_by_key(self.features, other.features),
            outputs=merge_by_key(self.outputs, other.outputs),
            operation=self.operation + other.operation,
            telemetry=self.telemetry + other.telemetry,
            attributions=self.attributions + other.attributions,
            embeddings=merge_by_key(self.embeddings, other.embeddings),
            segments=merge_groups_by_key(self.segments, other.segments),
            decisions=merge_groups_by_key(self.decisions, other.decisions),
            intake=self.intake + other.intake,
            entities=self.entities + other.entities,
            sample=self.sample + other.sample,
        )

    def fitting(self, bins: Bins) -> Self:
        """The profile itself, once it is known to be over these bins.

        Raises:
            IncomparableProfiles: it is over others, or damaged.
        """
        if self.bins != bins.digest:
            raise IncomparableProfiles(_of_others(self.bins, bins.digest))
        damaged = next(self._misfits(bins), None)
        if damaged is not None:
            raise IncomparableProfiles(f"the profile is damaged at {damaged}; rebuild it from the batch's records")
        return self

    def _misfits(self, bins: Bins) -> Iterator[str]:
        """The parts that cannot be over these bins."""
        embedded = {name for name, column in bins.composites.items() if isinstance(column, EmbeddingBins)}
        yield from misfits(self.features, bins.features)
        yield from misfits(self.outputs, bins.outputs)
        yield from self.embeddings.keys() ^ embedded
        if self.sample.parts != len(bins.sampled):
            yield "sample"
        for groups, segments in ((self.segments, bins.segments), (self.decisions, bins.protected)):
            yield from groups.keys() ^ segments.keys()
            for name, segment in segments.items():
                yield from groups[name].keys() ^ set(segment.groups)
        for profiles in self.segments.values():
            for profile in profiles.values():
                yield from misfits(profile.features, bins.features)
                yield from misfits(profile.outputs, bins.outputs)

    def to_json(self) -> bytes:
        """Compact JSON; equal profiles give equal bytes."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            IncomparableProfiles: it is no profile.
        """
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            raise IncomparableProfiles(_refusal(error)) from error


class ProfileBuilder:
    """Takes in records in bounded memory, and gives the profile of all that it took.

    Args:
        bins: of the baseline to compare with.
        names: the user's names of the columns with a role; without them scores, predictions, latency and the like are
            left out of account.
        sample_rows: rows that the sample keeps.
    """

    def __init__(self, bins: Bins, names: Columns | None = None, sample_rows: int = ROWS) -> None:
        self._bins = bins
        self._names = names
        scratch = Scratch()
        self._rows = 0
        self._features = ColumnAccumulators(bins.features, scratch)
        self._outputs = ColumnAccumulators(bins.outputs, scratch)
        self._segments = SegmentAccumulators(bins, scratch)
        self._sample = SampleAccumulator(len(bins.sampled), sample_rows)
        self._embeddings = {
            name: EmbeddingSums.empty(column)
            for name, column in bins.composites.items()
            if isinstance(column, EmbeddingBins)
        }
        self._operation = ServingMetrics()
        self._attributions = AttributionSums.empty()
        self._intake = IngestionCounts()
        self._entities = EntityCounts()

    def add(self, records: ProfileInput | Chunk) -> None:
        """Take in some records; a column that they lack is left out of account.

        Raises:
            IncomparableProfiles: a column is of another type than in the baseline.
        """
        portion = records if isinstance(records, ProfileInput) else ProfileInput(records, first=self._rows)
        parts = ProfileColumns.of(portion, self._bins, self._names)
        self._features.add(parts.features)
        self._outputs.add(parts.outputs)
        self._segments.add(portion, parts, portion.entity(self._names))
        self._sample.add(portion, lambda rows: part_codes(parts, self._bins, rows))
        self._add_embeddings(portion)
        if self._names:
            self._add_roles(portion, self._names)
        self._intake += IngestionCounts.of(portion.chunk.rows, portion.event_times(self._names), portion.arrival)
        self._entities += EntityCounts.of(portion.entity(self._names))
        self._rows += portion.chunk.rows

    def profile(self) -> Profile:
        """Of all records taken in so far."""
        return Profile(
            bins=self._bins.digest,
            rows=self._rows,
            features=self._features.summaries(),
            outputs=self._outputs.summaries(),
            operation=self._operation,
            attributions=self._attributions,
            embeddings=self._embeddings,
            segments=self._segments.profiles(),
            decisions=self._segments.decisions(),
            intake=self._intake,
            entities=self._entities,
            sample=self._sample.sample(),
        )

    def _add_embeddings(self, portion: ProfileInput) -> None:
        for name, sums in self._embeddings.items():
            column, bins = portion.chunk.columns.get(name), self._bins.composites[name]
            if isinstance(column, EmbeddingColumn) and isinstance(bins, EmbeddingBins):
                self._embeddings[name] = sums + EmbeddingSums.of(column, bins)

    def _add_roles(self, portion: ProfileInput, names: Columns) -> None:
        columns = portion.chunk.columns
        self._operation += ServingMetrics.of(portion.chunk.rows, columns, names.operation)
        found = {feature: columns[column] for feature, column in names.attributions.items() if column in columns}
        values = {name: column.values for name, column in found.items() if isinstance(column, NumericColumn)}
        if len(values) < len(found):
            msg = (
                f"attributions {', '.join(sorted(found.keys() - values.keys()))} are no numbers; write them as numbers"
            )
            raise IncomparableProfiles(msg)
        if values and portion.chunk.rows:
            self._attributions += AttributionSums.of(np.column_stack(list(values.values())), list(values))


def _of_others(one: str, other: str) -> str:
    return (
        f"profiles over bins {one} and {other} cannot be added: they are of different versions, or of different "
        "revisions of a declaration; profile the records again over one"
    )


def _refusal(error: ValidationError) -> str:
    first = error.errors()[0]
    if first["loc"] == ("schema_version",):
        return (
            f"a profile of schema version {first['input']}, where this Steward reads another; "
            "rebuild it from the batch's records"
        )
    return f"not a profile: {first_problem(error)}; rebuild it from the batch's records"
