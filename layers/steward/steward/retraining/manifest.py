"""Dataset manifest: an immutable, content-addressed list of exact objects."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, Self

from pydantic import AwareDatetime

from steward.documents import TolerantModel, VersionedModel
from steward.events import ObjectRef
from steward.spec.model import ModelSpec
from steward.spec.split import SplitPolicy


class DatasetObject(TolerantModel):
    """One object of records, or of rows that count in place of those of other objects."""

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

    @property
    def corrects(self) -> bool:
        """Whether its rows count in place of others."""
        return self.kind.startswith("corrections/")

    @property
    def withdraws(self) -> bool:
        """Whether it only says which rows do not count."""
        return self.corrects and self.batch.endswith("-withdrawn")


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
        """Choose the spans.

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
        )
