"""Input of a profile: some records of one batch, and the columns that are profiled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from steward.profiles.derived_features import derive
from steward.profiles.model_bins import OTHER, Bins, DecisionRule, SegmentBins
from steward.records.canonical import canonical_category
from steward.records.columns import CategoricalColumn, Chunk, Column, Mask, NumericColumn, TimeColumn
from steward.records.conditions import evaluate
from steward.spec.columns import Columns

Groups = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ProfileInput:
    """Records with the columns that a profile uses besides their values.

    Attributes:
        chunk: their columns, under the user's names.
        ids: str, shape (rows,); without them a sample goes by position.
        times: event times in UTC, shape (rows,); without them the chunk's own column of times counts, if it has one.
        arrival: when they were uploaded, timezone-aware.
        first: the position of the first row in its batch; only where there are no ids.
        entities: says of whom each row is; without it the chunk's own column of entities counts, if it has one.
    """

    chunk: Chunk
    ids: NDArray[np.object_] | None = None
    times: NDArray[np.datetime64] | None = None
    arrival: datetime | None = None
    first: int = 0
    entities: Column | None = None

    def event_times(self, names: Columns | None) -> NDArray[np.datetime64] | None:
        """Event times, shape (rows,), from wherever they are."""
        if self.times is not None or names is None:
            return self.times
        column = self.chunk.columns.get(names.time)
        return column.values if isinstance(column, TimeColumn) else None

    def entity(self, names: Columns | None) -> Column | None:
        """What says of whom each row is, from wherever it is."""
        if self.entities is not None or names is None or names.entity is None:
            return self.entities
        return self.chunk.columns.get(names.entity)


@dataclass(frozen=True, slots=True)
class ProfileColumns:
    """The columns of a portion by the names of the bins' parts."""

    features: Mapping[str, Column]
    outputs: Mapping[str, Column]

    @classmethod
    def of(cls, portion: ProfileInput, bins: Bins, names: Columns | None) -> "ProfileColumns":
        """Derive what the bins have parts for.

        Args:
            portion: the records.
            bins: of the baseline.
            names: the user's names of the columns with a role; without them there are no scores or predictions.
        """
        columns = portion.chunk.columns
        derived = derive(columns, bins.composites, portion.event_times(names))
        outputs = role_outputs(columns, names) if names else {}
        return cls(
            features={
                name: found for name in bins.features if (found := derived.get(name, columns.get(name))) is not None
            },
            outputs={
                name: found
                for name in bins.outputs
                if (found := outputs.get(name, derived.get(name, columns.get(name)))) is not None
            },
        )

    def take(self, rows: NDArray[np.intp]) -> "ProfileColumns":
        """Some rows."""
        return ProfileColumns(
            {name: column.take(rows) for name, column in self.features.items()},
            {name: column.take(rows) for name, column in self.outputs.items()},
        )


def role_outputs(columns: Mapping[str, Column], names: Columns) -> dict[str, Column]:
    """Scores and predictions under the names of their parts; of several scores the likeliest class is the prediction.

    Args:
        columns: of a chunk, under the user's names.
        names: the user's names of the columns with a role.
    """
    found = {part: columns[column] for part, column in names.outputs.items() if column in columns}
    if names.prediction is not None and names.prediction in columns:
        found["prediction"] = columns[names.prediction]
    elif names.scores:
        scores = {name: columns.get(column) for name, column in names.scores.items()}
        numeric = {name: column.values for name, column in scores.items() if isinstance(column, NumericColumn)}
        if len(numeric) == len(scores):
            found["prediction"] = _likeliest(numeric)
    return found


def decision_masks(outputs: Mapping[str, Column], decision: DecisionRule) -> tuple[Mask, Mask] | None:
    """Which rows were decided, and which of them favourably, each of shape (rows,); None where nothing is known.

    Args:
        outputs: by part.
        decision: what is decided on.
    """
    prediction, score = outputs.get("prediction"), outputs.get("score")
    if isinstance(prediction, CategoricalColumn):
        good = np.array([name == decision.favourable for name in prediction.categories] + [False])
        return prediction.codes >= 0, good[prediction.codes]
    if isinstance(score, NumericColumn) and decision.positive is not None:
        known = ~np.isnan(score.values)
        positive = score.values >= decision.threshold
        return known, (positive if decision.favourable == decision.positive else ~positive) & known
    return None


def groups_of(chunk: Chunk, segment: SegmentBins) -> Groups | None:
    """The group of each row, as a position in the segment's groups, -1 where it is in none; None where none is known.

    Args:
        chunk: the records.
        segment: its groups.
    """
    if segment.where is not None:
        return np.where(evaluate(segment.where, chunk).true, 0, -1).astype(np.int32)
    column = chunk.columns.get(segment.column or "")
    if not isinstance(column, CategoricalColumn):
        return None
    places = {group: at for at, group in enumerate(segment.groups)}
    for at, group in enumerate(segment.groups):
        places.setdefault(canonical_category(group), at)
    table = np.array([*(places.get(category, places[OTHER]) for category in column.categories), -1], np.int32)
    return table[column.codes]


def _likeliest(scores: Mapping[str, NDArray[np.float64]]) -> CategoricalColumn:
    table = np.nan_to_num(np.column_stack(list(scores.values())), nan=-1.0)
    best = table.argmax(axis=1)
    known = table[np.arange(len(table)), best] >= 0
    return CategoricalColumn(np.where(known, best, -1).astype(np.int32), tuple(scores))
