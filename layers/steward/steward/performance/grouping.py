"""Splits the outcomes of rows by the groups that a baseline defines."""

from collections.abc import Callable

import numpy as np

from steward.array_types import RowIndices
from steward.performance.groups import Confusion, GroupOutcomes
from steward.performance.outcomes import Outcomes
from steward.profiles.model_bins import Bins, SegmentBins
from steward.profiles.profile_input import groups_of
from steward.records.columns import Chunk
from steward.spec.expressions import columns_of


def columns_looked_at(bins: Bins) -> set[str]:
    """The columns that say which groups a row is in."""
    segments = (*bins.segments.values(), *bins.protected.values())
    by_value = {segment.column for segment in segments if segment.column is not None}
    return by_value.union(*(columns_of(segment.where) for segment in segments if segment.where is not None))


def outcomes_by_group(chunk: Chunk, bins: Bins, outcomes: Callable[[RowIndices], Outcomes]) -> GroupOutcomes:
    """Count what became of the rows of each group.

    A row is in the groups that it is in when it is profiled, so drift and performance of a group speak of the same
    rows. A segment or an attribute whose column the chunk lacks is left out, and so are all attributes where nothing
    is decided.

    Args:
        chunk: the rows, with the columns that `columns_looked_at` names.
        bins: of the version's baseline, which fixed the groups.
        outcomes: of some of the rows.
    """
    decision = bins.decision
    return GroupOutcomes(
        segments={
            name: {group: outcomes(rows) for group, rows in split.items()}
            for name, segment in bins.segments.items()
            if (split := _split(chunk, segment))
        },
        protected={
            name: {
                group: Confusion.of(outcomes(rows), decision.favourable, decision.positive)
                for group, rows in split.items()
            }
            for name, attribute in bins.protected.items()
            if decision and (split := _split(chunk, attribute))
        },
    )


def segment_rows(chunk: Chunk, bins: Bins) -> dict[str, RowIndices]:
    """The rows of each group of each segment, by what results call it.

    Args:
        chunk: the rows, with the columns that `columns_looked_at` names.
        bins: of the version's baseline, which fixed the groups.
    """
    return {
        segment.label(name, group): rows
        for name, segment in bins.segments.items()
        for group, rows in _split(chunk, segment).items()
        if len(rows)
    }


def _split(chunk: Chunk, segment: SegmentBins) -> dict[str, RowIndices]:
    """The rows of each group, also of those that have none; empty where nothing says which group a row is in."""
    codes = groups_of(chunk, segment)
    if codes is None:
        return {}
    return {group: np.flatnonzero(codes == at) for at, group in enumerate(segment.groups)}
