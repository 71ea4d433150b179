"""The columns of a model that are profiled, and their bins from reference data."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from steward.errors import IncomparableProfiles
from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins, ordered_finite
from steward.profiles.derived_features import (
    DERIVED_FEATURES,
    Composite,
    TextBins,
    TimeBins,
    derive,
    part_names,
    separator,
)
from steward.profiles.embeddings import EmbeddingBins
from steward.profiles.model_bins import OTHER, Bins, DecisionRule, SegmentBins
from steward.profiles.profile_input import ProfileInput, role_outputs
from steward.records.canonical import canonical_label
from steward.records.columns import CategoricalColumn, Column, EmbeddingColumn, NumericColumn, TextColumn, TimeColumn
from steward.spec.columns import Columns
from steward.spec.features import Feature
from steward.spec.quality import Segment

if TYPE_CHECKING:
    from steward.spec.model import ModelSpec

_CATEGORICAL_FEATURES = ("weekday", "hour")
_TYPES: Mapping[str, type[Column]] = {
    "numeric": NumericColumn,
    "categorical": CategoricalColumn,
    "boolean": CategoricalColumn,
    "datetime": TimeColumn,
    "text": TextColumn,
    "embedding": EmbeddingColumn,
}


@dataclass(frozen=True, slots=True)
class ProfilingConfig:
    """What of a model's records is profiled.

    Attributes:
        features: declared features, by name.
        outputs: declared outputs, beside scores and predictions.
        names: the user's names of the columns with a role; None where the data have no scores or predictions.
        segments: what is watched on its own.
        segment_values: values of a segment's column that are watched by name.
        protected: attributes whose groups must be treated alike.
        decision: of a classifier.
    """

    features: Mapping[str, Feature]
    outputs: Mapping[str, Feature] = field(default_factory=dict)
    names: Columns | None = None
    segments: Sequence[Segment] = ()
    segment_values: int = 20
    protected: Sequence[str] = ()
    decision: DecisionRule | None = None

    @classmethod
    def of(cls, spec: "ModelSpec") -> Self:
        """What a declaration asks for."""
        return cls(
            features=spec.features,
            outputs=spec.outputs,
            names=spec.columns,
            segments=spec.segments,
            segment_values=spec.maximum_segment_values,
            protected=spec.fairness.protected if spec.fairness else (),
            decision=_decision(spec),
        )

    def bins(
        self,
        reference: Sequence[ProfileInput],
        held: Sequence[ProfileInput],
        importances: Mapping[str, float] | None = None,
    ) -> Bins:
        """The bins that fit reference data.

        Args:
            reference: rows with the features.
            held: rows with the outputs; one role or output that they lack has no part.
            importances: of the features; the most important ones come first in samples.

        Raises:
            IncomparableProfiles: a column's type is not the declared one, or two parts have one name.
        """
        composites = self._composites(self.features, reference) | self._composites(self.outputs, held)
        segments = {segment.name: self._segment(segment, reference) for segment in self.segments}
        protected = {name: self._segment(Segment(name="attribute", column=name), reference) for name in self.protected}
        weights = importances or {}
        return Bins(
            features=self._features(composites, reference),
            outputs=self._outputs(composites, held),
            composites=composites,
            segments=segments,
            protected=protected,
            decision=self.decision,
            leading=tuple(
                part
                for name in sorted(weights, key=lambda name: -weights[name])
                if name in self.features
                for part in part_names(name, self.features[name].type, self._declared)
            ),
        )

    @property
    def _declared(self) -> dict[str, Feature]:
        return {**self.features, **self.outputs}

    def _composites(self, declared: Mapping[str, Feature], portions: Sequence[ProfileInput]) -> dict[str, Composite]:
        makers: Mapping[str, Callable[[Sequence[Any], str], Composite]] = {
            "datetime": lambda _, dots: TimeBins(separator=dots),
            "text": TextBins.of,
            "embedding": EmbeddingBins.of,
        }
        return {
            name: makers[feature.type](
                _columns_of(name, feature, [portion.chunk.columns for portion in portions]),
                separator(name, DERIVED_FEATURES[feature.type], self._declared),
            )
            for name, feature in declared.items()
            if feature.type in makers
        }

    def distinct(self, reference: Sequence[ProfileInput]) -> dict[str, int]:
        """How many values each column has that segments or protected attributes go by; `other` is none of its own."""
        columns = [segment.column for segment in self.segments if segment.column] + list(self.protected)
        found = {name: self._counts(name, reference) for name in dict.fromkeys(columns)}
        return {
            name: sum(1 for value, count in counts.items() if count and value != OTHER)
            for name, counts in found.items()
        }

    def _features(
        self, composites: Mapping[str, Composite], reference: Sequence[ProfileInput]
    ) -> dict[str, ColumnBins]:
        columns = [_parts(portion, composites, self.features, self.names) for portion in reference]
        parts = self._numeric_parts(self.features)
        return {part: _bins(part, columns, numeric=numeric) for part, numeric in parts.items()}

    def _outputs(self, composites: Mapping[str, Composite], held: Sequence[ProfileInput]) -> dict[str, ColumnBins]:
        columns = [_parts(portion, composites, self.outputs, self.names) for portion in held]
        roles = [role_outputs(portion.chunk.columns, self.names) if self.names else {} for portion in held]
        threshold = self.decision.threshold if self.decision and self.decision.positive is not None else 0.5
        bins: dict[str, ColumnBins] = {}
        for part in dict.fromkeys(part for found in roles for part in found):
            if part == "prediction":
                numeric = any(isinstance(found.get(part), NumericColumn) for found in roles)
                bins[part] = _bins(part, roles, numeric=numeric)
            else:
                given = [found[part] for found in roles if part in found]
                scores = [column.values for column in given if isinstance(column, NumericColumn)]
                bins[part] = NumericBins.of_scores(ordered_finite(scores), threshold if part == "score" else 0.5)
        present = {part for found in columns for part in found}
        declared = self._numeric_parts(self.outputs, taken=bins)
        return bins | {
            part: _bins(part, columns, numeric=numeric) for part, numeric in declared.items() if part in present
        }

    def _numeric_parts(self, declared: Mapping[str, Feature], taken: Iterable[str] = ()) -> dict[str, bool]:
        """The parts of declared columns, and whether each is numeric.

        Raises:
            IncomparableProfiles: two have one name.
        """
        parts: dict[str, bool] = {}
        seen = set(taken)
        for name, feature in declared.items():
            for part in part_names(name, feature.type, self._declared):
                if part in seen:
                    msg = f"two columns are profiled as {part}; rename the one that is called so"
                    raise IncomparableProfiles(msg)
                seen.add(part)
                derived = part.removeprefix(name).lstrip(".")
                parts[part] = feature.type == "numeric" or (part != name and derived not in _CATEGORICAL_FEATURES)
        return parts

    def _segment(self, segment: Segment, reference: Sequence[ProfileInput]) -> SegmentBins:
        if segment.column is None:
            return SegmentBins(where=segment.where)
        counts = self._counts(segment.column, reference)
        frequent = sorted((name for name in counts if counts[name]), key=lambda name: (-counts[name], name))
        values = [value for value in frequent if value != OTHER][: self.segment_values]
        return SegmentBins(column=segment.column, values=tuple(values))

    @staticmethod
    def _counts(name: str, reference: Sequence[ProfileInput]) -> dict[str, int]:
        columns = [portion.chunk.columns.get(name) for portion in reference]
        return _category_counts([column for column in columns if isinstance(column, CategoricalColumn)])


def _decision(spec: "ModelSpec") -> DecisionRule | None:
    favourable = spec.fairness.favourable if spec.fairness else None
    match spec.task:
        case "binary_classification":
            positive = canonical_label(spec.positive_label)
            return DecisionRule(
                threshold=spec.threshold,
                positive=positive,
                favourable=positive if favourable is None else canonical_label(favourable),
            )
        case "multiclass_classification" if favourable is not None:
            return DecisionRule(threshold=spec.threshold, positive=None, favourable=favourable)
        case _:
            return None


def _columns_of(name: str, feature: Feature, chunks: Sequence[Mapping[str, Column]]) -> list[Column]:
    columns = [chunk[name] for chunk in chunks if name in chunk]
    if all(isinstance(column, _TYPES[feature.type]) for column in columns):
        return columns
    msg = f"feature {name} is declared {feature.type}, and the reference holds something else; mend the declaration"
    raise IncomparableProfiles(msg)


def _parts(
    portion: ProfileInput, composites: Mapping[str, Composite], declared: Mapping[str, Feature], names: Columns | None
) -> dict[str, Column]:
    """The columns of some declared features or outputs, the composite ones as their parts."""
    columns = {name: column for name, column in portion.chunk.columns.items() if name in declared}
    mine = {name: composites[name] for name in columns if name in composites}
    return columns | derive(columns, mine, portion.event_times(names))


def _bins(part: str, chunks: Sequence[Mapping[str, Column]], *, numeric: bool) -> ColumnBins:
    columns = [chunk[part] for chunk in chunks if part in chunk]
    if numeric:
        numbers = [column.values for column in columns if isinstance(column, NumericColumn)]
        if len(numbers) == len(columns):
            return NumericBins.of(ordered_finite(numbers))
    else:
        texts = [column for column in columns if isinstance(column, CategoricalColumn)]
        if len(texts) == len(columns):
            return CategoricalBins.of(_category_counts(texts))
    declared = "numeric" if numeric else "categorical"
    msg = f"feature {part} is declared {declared}, and the reference holds something else; mend the declaration"
    raise IncomparableProfiles(msg)


def _category_counts(columns: Sequence[CategoricalColumn]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for column in columns:
        found = np.bincount(column.codes + np.int32(1), minlength=len(column.categories) + 1).tolist()
        for name, count in zip(column.categories, found[1:], strict=True):
            counts[name] = counts.get(name, 0) + count
    return counts
