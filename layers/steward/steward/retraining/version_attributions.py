"""Attributions of a version: of its reference at training, and of later windows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.attribution.attribution_drift import FEWEST_ROWS
from steward.attribution.attributions import Attributions
from steward.attribution.sampled import SampledAttributions
from steward.attribution.shapley import attribute, method_of
from steward.baselines.attribution_spread import WindowSpread
from steward.profiles.attribution_sums import AttributionSums
from steward.records.hashing import text_hashes
from steward.retraining.background import Background
from steward.retraining.profile_inputs import in_windows
from steward.retraining.recipe import Fitted, columns_of, feature_frame
from steward.spec.model import ModelSpec

WINDOW_ROWS = 300
"""Rows of a window that are attributed, at most: a mean is then known to about five percent."""

REFERENCE_ROWS = 1000
"""Rows of the holdout that the baseline's means rest on, at most."""

CHUNKS, CHUNK_ROWS = 20, 100
"""Windows whose means are compared to learn how windows differ, and rows of each, at most."""

BACKGROUND_ROWS = 50
"""Training rows that stand for the data at large."""

_PERMUTED_BACKGROUND = 20
_QUESTIONS = 2_000_000
"""Rows that a model is asked about, at most, where permutations are sampled: some minutes of the largest forests."""

_ENOUGH_WINDOWS = 10
"""Windows of the holdout from which on the training rows, which the version knows by heart, need not be asked."""


@dataclass(frozen=True, slots=True)
class ReferenceAttributions:
    """What a version's features contribute in its reference.

    Attributes:
        sums: over a sample of the holdout.
        spread: how windows differ.
        background: what every later row of the version is attributed against.
    """

    sums: AttributionSums
    spread: WindowSpread
    background: Background


def attribute_reference(
    model: Fitted, spec: ModelSpec, training: pd.DataFrame, holdout: pd.DataFrame
) -> ReferenceAttributions:
    """Attribute a sample of a version's reference: at most 1,000 rows of the holdout, and 100 of each of 20 windows.

    Means come from rows that the version was not fitted on, as those of later windows do. How windows differ is learnt
    from the holdout's windows where there are at least 10 with 30 rows or more, and otherwise from the training rows'
    too. The same rows and model give the same figures. With 25 features, that is 3,000 rows against 50, a second for a
    linear model, about three for 100 boosted trees of 31 leaves, and three minutes for the largest forest that is
    solved exactly (`attribution.shapley.MOST_NODES`).

    Args:
        model: the version.
        spec: that it was trained under.
        training: the rows that it was fitted on.
        holdout: the rows that it was not.
    """
    background = Background.of(feature_frame(smallest(training, spec, BACKGROUND_ROWS), spec))
    scale = min(1.0, _affordable(model, spec) / (REFERENCE_ROWS + CHUNKS * CHUNK_ROWS))
    held = smallest(holdout, spec, max(FEWEST_ROWS, round(scale * REFERENCE_ROWS)))
    own = _windows(holdout, spec)
    windows = own if len(own) >= _ENOUGH_WINDOWS else _windows(pd.concat([training, holdout]), spec)
    each = max(2, round(scale * CHUNK_ROWS))
    parts = [held, *(smallest(window, spec, each) for window in _evenly(windows, CHUNKS))]
    found = _attribute(model, spec, pd.concat(parts), background)
    ends = np.cumsum([len(part) for part in parts])
    sums, *chunks = (AttributionSums.of(values, found.names) for values in np.split(found.values, ends[:-1]))
    spread = WindowSpread.of(chunks)
    return ReferenceAttributions(
        sums, spread.model_copy(update={"reference": len(in_windows(held, spec)) or None}), background
    )


def attribute_sample(model: Fitted, spec: ModelSpec, rows: pd.DataFrame, background: Background) -> SampledAttributions:
    """Attribute a sample of a window's rows, as those of the version's baseline were.

    Args:
        model: the version.
        spec: that it was trained under.
        rows: of the window, with their ids; the 300 whose ids have the smallest hashes are taken.
        background: the version's.

    Raises:
        ValueError: the model refuses the rows; the message is its own.
    """
    sample = smallest(rows, spec, min(WINDOW_ROWS, max(FEWEST_ROWS, _affordable(model, spec))))
    found = _attribute(model, spec, sample, background)
    return SampledAttributions(sums=found.sums(), rows=len(sample), method=found.method)


def smallest(rows: pd.DataFrame, spec: ModelSpec, count: int) -> pd.DataFrame:
    """The rows whose ids have the smallest hashes, in their order: a sample that follows from the ids alone."""
    return rows.iloc[smallest_ids(rows[spec.columns.id].to_numpy(dtype=object), count)]


def smallest_ids(ids: NDArray[np.object_], count: int) -> NDArray[np.intp]:
    """The positions of the ids with the smallest hashes, in the order of these, shape (count,) at most."""
    if not len(ids):
        return np.empty(0, np.intp)
    order: NDArray[np.intp] = np.argsort(text_hashes(ids), kind="stable")
    return order[:count]


def _attribute(model: Fitted, spec: ModelSpec, rows: pd.DataFrame, background: Background) -> Attributions:
    others = background.frame()
    if method_of(model, background.columns, columns_of(spec)) == "permutation":
        others = others.iloc[:_PERMUTED_BACKGROUND]
    return attribute(model, feature_frame(rows, spec), others, columns_of(spec))


def _affordable(model: Fitted, spec: ModelSpec) -> int:
    """Rows that may be attributed at once."""
    features = columns_of(spec)
    columns = [column for part in features.values() for column in part]
    if method_of(model, columns, features) != "permutation":
        return REFERENCE_ROWS + CHUNKS * CHUNK_ROWS
    return _QUESTIONS // (2 * _PERMUTED_BACKGROUND * max(1, len(features) - 1))


def _evenly(windows: Sequence[pd.DataFrame], count: int) -> Sequence[pd.DataFrame]:
    """So many of them, at even distances; all where there are no more."""
    if len(windows) <= count:
        return windows
    return [windows[at] for at in np.linspace(0, len(windows) - 1, count).round().astype(int)]


def _windows(rows: pd.DataFrame, spec: ModelSpec) -> Sequence[pd.DataFrame]:
    """The windows that have enough rows to be judged, in order of time."""
    return [part for part in in_windows(rows, spec).values() if len(part) >= FEWEST_ROWS]
