"""All bins of a model, as fixed by a baseline."""

import hashlib
from functools import cached_property
from typing import Literal, Self

from pydantic import model_validator

from steward.documents import TolerantModel
from steward.profiles.bins import ColumnBins
from steward.profiles.derived_features import Composite

SAMPLED = 64
"""Parts that a sampled row is coded by, at most."""

SAMPLED_OUTPUTS = 16
"""How many of them may be outputs."""

OTHER = "other"
"""The group of all values of a segment's column that are not watched by name."""

MET = "true"
"""The one group of a segment that is a condition."""

Side = Literal["features", "outputs"]


class SegmentBins(TolerantModel):
    """The groups of one segment: those of a column's values, or the rows that meet a condition.

    Attributes:
        column: the user's name of a categorical column.
        where: the condition, as declared.
        values: the column's values that are watched by name, the most frequent first.
    """

    column: str | None = None
    where: str | None = None
    values: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The names that the segment's profiles are kept under."""
        return (*(value for value in self.values if value != OTHER), OTHER) if self.where is None else (MET,)

    def label(self, name: str, group: str) -> str:
        """What results call a group of the segment of this name: `region=north`, or the name alone of a condition."""
        return name if self.where is not None else f"{name}={group}"


class DecisionRule(TolerantModel):
    """What the model decides on, and which decision is good to get.

    Attributes:
        threshold: from this score on, the positive class is decided.
        positive: the positive class of two; None where there are several.
        favourable: the class that is good to get.
    """

    threshold: float
    positive: str | None
    favourable: str


class Bins(TolerantModel):
    """The bins of every part of a record.

    Attributes:
        features: by part: `age`, or `comment.words` for a derived feature of text.
        outputs: by part: `score`, `scores.<class>`, `prediction`, and declared outputs or their derived features.
        composites: what the derived features of text, datetime and embedding columns are derived by, by column.
        segments: by name.
        protected: the watched values of each protected attribute.
        decision: of a classifier, for fairness.
        leading: features that come first where a sampled row has no room for all, the most important first.
    """

    features: dict[str, ColumnBins]
    outputs: dict[str, ColumnBins] = {}
    composites: dict[str, Composite] = {}
    segments: dict[str, SegmentBins] = {}
    protected: dict[str, SegmentBins] = {}
    decision: DecisionRule | None = None
    leading: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Names these bins by their content, and by the order of their parts; 24 hexadecimal digits of SHA-256."""
        parts = (self.features, self.outputs, self.composites, self.segments, self.protected)
        content = f"{[list(part) for part in parts]}{self.canonical_json()}"
        return hashlib.sha256(content.encode()).hexdigest()[:24]

    def with_digest(self, digest: str) -> Self:
        """These bins, read together with their digest: computing it takes longer than reading a profile."""
        vars(self)["digest"] = digest  # where `cached_property` keeps it
        return self

    @cached_property
    def sampled(self) -> tuple[tuple[Side, str], ...]:
        """The parts that a sampled row is coded by: at most 64, features in their order, then outputs."""
        outputs = list(self.outputs)[:SAMPLED_OUTPUTS]
        room = SAMPLED - len(outputs)
        chosen = set(
            list(dict.fromkeys((*(name for name in self.leading if name in self.features), *self.features)))[:room]
        )
        return (
            *(("features", name) for name in self.features if name in chosen),
            *(("outputs", name) for name in outputs),
        )

    @property
    def sampled_bins(self) -> tuple[ColumnBins, ...]:
        """The bins of the sampled parts, in the order of the codes."""
        sides = {"features": self.features, "outputs": self.outputs}
        return tuple(sides[side][name] for side, name in self.sampled)

    @model_validator(mode="after")
    def _segments_have_groups(self) -> Self:
        for name, segment in (*self.segments.items(), *self.protected.items()):
            if (segment.column is None) == (segment.where is None):
                raise ValueError(f"segment {name} needs either a column or a condition")
        return self
