"""Dataset manifest: an immutable, content-addressed list of exact objects."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef
from steward.spec.data_description import DataDescription
from steward.spec.model import ModelSpec
from steward.spec.split import SplitPolicy

_LABELS = {"regression": "numeric"}


class DatasetObject(TolerantModel):
    """One object of records, or of rows that count in place of those of other objects.

    Attributes:
        rows: how many it holds; None in manifests of older releases.
    """

    kind: Literal[
        "predictions",
        "labels",
        "reference",
        "corrections/predictions",
        "corrections/labels",
        "corrections/reference",
    ]
    batch: str
    stored: ObjectRef
    rows: int | None = None

    @property
    def corrects(self) -> bool:
        """Whether its rows count in place of others."""
        return self.kind.startswith("corrections/")

    @property
    def withdraws(self) -> bool:
        """Whether it only says which rows do not count."""
        return self.corrects and self.batch.endswith("-withdrawn")


class DatasetColumn(TolerantModel):
    """One column that a run reads: its name, what it is for, and its type as declared."""

    name: str
    role: Literal["id", "time", "label", "entity", "feature", "attribute"]
    type: str


class DatasetManifest(VersionedModel):
    """What a run reads, fixed before it reads.

    Attributes:
        environment: of the deployment whose records these are.
        start: rows before this moment of event time are left out; None takes all.
        holdout_start: rows from here on are kept out of training, to judge with.
        end: rows from here on are left out.
        reference_until: rows before this moment are of the reference; None where the span does not ask.
        split: how the rows are divided into training, calibration and holdout.
        filters: conditions that every row meets that is fitted on or calibrated with.
        columns: the schema of the rows; empty in manifests of older releases, as all that follows.
        corrections: batches of corrections whose rows count in place of others, or which withdraw some.
        erasures: those that were carried out before the objects were listed: no object has rows of their subjects.
        profile: a summary of the rows, as `DatasetProfile`.
        data: origin, licence, purpose and collection, as declared when the dataset was fixed.
    """

    schema_version: Literal[1] = 1
    model: str
    environment: str = "production"
    start: AwareDatetime | None
    holdout_start: AwareDatetime
    end: AwareDatetime
    objects: tuple[DatasetObject, ...]
    reference_until: AwareDatetime | None = None
    split: SplitPolicy = SplitPolicy()
    filters: tuple[str, ...] = ()
    columns: tuple[DatasetColumn, ...] = ()
    corrections: tuple[str, ...] = ()
    erasures: tuple[str, ...] = ()
    profile: ObjectRef | None = None
    data: DataDescription | None = None

    @property
    def dataset(self) -> str:
        """The id, which follows from the content."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()[:16]

    @classmethod
    def of(
        cls,
        spec: ModelSpec,
        objects: Sequence[DatasetObject],
        newest: datetime,
        environment: str,
        newest_reference: datetime | None = None,
    ) -> Self:
        """Choose the spans, and note what the declaration says of the rows.

        Args:
            spec: the declaration.
            objects: that the labelled rows are from.
            newest: the event time of the newest of them.
            environment: of the deployment.
            newest_reference: the event time of the newest row of the reference; None without one.
        """
        policy = spec.retraining
        end = newest.replace(microsecond=0) + timedelta(seconds=1)
        return cls(
            model=spec.model,
            environment=environment,
            start=end - policy.training_span if policy.training_span and policy.chosen_span == "trailing" else None,
            holdout_start=end - policy.holdout_span,
            end=end,
            objects=tuple(sorted(objects, key=lambda item: item.stored.key)),
            reference_until=newest_reference + timedelta(microseconds=1)
            if newest_reference and policy.chosen_span in {"reference_and_recent", "auto"}
            else None,
            split=policy.split_plan,
            filters=tuple(policy.filters),
            columns=tuple(columns_of(spec)),
            corrections=tuple(sorted({item.batch for item in objects if item.corrects})),
            data=spec.data,
        )


def columns_of(spec: ModelSpec) -> Iterator[DatasetColumn]:
    """The columns of labelled rows, with their roles and types."""
    roles = spec.columns
    yield DatasetColumn(name=roles.id, role="id", type="text")
    yield DatasetColumn(name=roles.time, role="time", type="datetime")
    if spec.task != "text_generation":
        yield DatasetColumn(name=roles.label, role="label", type=_LABELS.get(spec.task, "categorical"))
    if roles.entity is not None and spec.column(roles.entity) is None:
        yield DatasetColumn(name=roles.entity, role="entity", type="categorical")
    for name, feature in spec.features.items():
        yield DatasetColumn(name=name, role="feature", type=feature.type)
    for name, attribute in spec.attributes.items():
        yield DatasetColumn(name=name, role="attribute", type=attribute.type)
