"""Profiles of some of the rows: by the values of a column, or where a condition is met."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, NonNegativeInt

from steward.documents import TolerantModel
from steward.profiles.accumulators import ColumnAccumulators
from steward.profiles.entities import EntityCounts
from steward.profiles.grid import Scratch
from steward.profiles.merge_by_key import merge_by_key
from steward.profiles.model_bins import Bins, SegmentBins
from steward.profiles.profile_input import Groups, ProfileColumns, ProfileInput, decision_masks, groups_of
from steward.profiles.summaries import Summary
from steward.records.columns import Column


class SegmentProfile(TolerantModel):
    """What is known of the rows of one group of a segment.

    Attributes:
        rows: how many.
        features: a summary per part, as in the profile of all rows.
        outputs: likewise.
        entities: how often rows of one entity come.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    rows: NonNegativeInt
    features: dict[str, Summary]
    outputs: dict[str, Summary]
    entities: EntityCounts = EntityCounts()

    def __add__(self, other: "SegmentProfile") -> "SegmentProfile":
        return SegmentProfile(
            rows=self.rows + other.rows,
            features=merge_by_key(self.features, other.features),
            outputs=merge_by_key(self.outputs, other.outputs),
            entities=self.entities + other.entities,
        )


class Decisions(TolerantModel):
    """What was decided on the rows of one group of a protected attribute.

    Attributes:
        rows: how many.
        decided: those with a decision.
        favourable: those that got the favourable one.
    """

    rows: NonNegativeInt = 0
    decided: NonNegativeInt = 0
    favourable: NonNegativeInt = 0

    @property
    def share(self) -> float:
        """Favourable decisions among all; NaN where there is none."""
        return self.favourable / self.decided if self.decided else float("nan")

    def __add__(self, other: "Decisions") -> "Decisions":
        return Decisions(
            rows=self.rows + other.rows,
            decided=self.decided + other.decided,
            favourable=self.favourable + other.favourable,
        )


class SegmentAccumulators:
    """The groups of all segments so far."""

    def __init__(self, bins: Bins, scratch: Scratch) -> None:
        self._bins = bins
        self._groups = {
            (name, group): _GroupAccumulator(bins, scratch)
            for name, segment in bins.segments.items()
            for group in segment.groups
        }
        self._decisions = {
            name: np.zeros((3, len(attribute.groups)), np.int64) for name, attribute in bins.protected.items()
        }

    def add(self, portion: ProfileInput, parts: ProfileColumns, entities: Column | None = None) -> None:
        """Take in some rows; a segment whose column is not there is left out of account."""
        for name, segment in self._bins.segments.items():
            groups = groups_of(portion.chunk, segment)
            for at, rows in _split(groups, segment) if groups is not None else ():
                mine = entities.take(rows) if entities is not None else None
                self._groups[name, segment.groups[at]].add(parts.take(rows), len(rows), mine)
        decision = self._bins.decision
        for name, counts in self._decisions.items():
            attribute = self._bins.protected[name]
            groups = groups_of(portion.chunk, attribute)
            if groups is None:
                continue
            known = decision_masks(parts.outputs, decision) if decision else None
            masks = (np.ones(len(groups), np.bool_), *(known or (np.zeros(len(groups), np.bool_),) * 2))
            counts += [np.bincount(groups[mask & (groups >= 0)], minlength=counts.shape[1]) for mask in masks]

    def profiles(self) -> dict[str, dict[str, SegmentProfile]]:
        """What was counted, by segment and group."""
        return {
            name: {group: self._groups[name, group].profile() for group in segment.groups}
            for name, segment in self._bins.segments.items()
        }

    def decisions(self) -> dict[str, dict[str, Decisions]]:
        """What was decided, by protected attribute and group."""
        return {
            name: {
                group: Decisions(rows=rows, decided=decided, favourable=favourable)
                for group, (rows, decided, favourable) in zip(
                    attribute.groups, self._decisions[name].T.tolist(), strict=True
                )
            }
            for name, attribute in self._bins.protected.items()
        }


class _GroupAccumulator:
    def __init__(self, bins: Bins, scratch: Scratch) -> None:
        self._rows = 0
        self._entities = EntityCounts()
        self._features = ColumnAccumulators(bins.features, scratch)
        self._outputs = ColumnAccumulators(bins.outputs, scratch)

    def add(self, parts: ProfileColumns, rows: int, entities: Column | None) -> None:
        self._rows += rows
        self._entities += EntityCounts.of(entities)
        self._features.add(parts.features)
        self._outputs.add(parts.outputs)

    def profile(self) -> SegmentProfile:
        return SegmentProfile(
            rows=self._rows,
            features=self._features.summaries(),
            outputs=self._outputs.summaries(),
            entities=self._entities,
        )


def _split(groups: Groups, segment: SegmentBins) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """The positions of the rows of each group that has any, in one pass of sorting."""
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(len(segment.groups) + 1))
    for at, (begin, end) in enumerate(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)):
        if end > begin:
            yield at, order[begin:end]
