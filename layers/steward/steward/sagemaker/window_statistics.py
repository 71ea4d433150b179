"""Statistics of the data quality monitor, computed from a window's profile.

Counts, sums, means and extremes are exact. A numeric distribution is known to within the baseline's bins: buckets
spread a bin's values evenly over it, and a sketch has them at its middle. Distinct values are those that the profile
names, so that beyond 100 that the baseline does not know there are more. A column is `Integral` where its bins leave no
doubt, that is where each holds one value and all are whole; of others `Fractional` is said.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins
from steward.profiles.derived_features import part_names
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.profiles.summaries import CategoricalSummary, NumericSummary, Summary
from steward.sagemaker.bin_formats import Bin
from steward.sagemaker.statistics import NumericCounts, Statistics, StringCounts
from steward.spec.model import ModelSpec


def statistics_of(spec: ModelSpec, profile: Profile, bins: Bins) -> Statistics:
    """The statistics of a window's columns: those of responses before those of requests, as the monitor has them."""
    return Statistics.of(profile.rows, _columns(spec, profile, bins))


def _columns(spec: ModelSpec, profile: Profile, bins: Bins) -> Iterator[NumericCounts | StringCounts]:
    outputs = {part: column for part, column in output_columns(spec).items() if part in bins.outputs}
    for part, column in outputs.items():
        yield _counts(column, profile.outputs[part], bins.outputs[part])
    for name, declared in spec.declared.items():
        side, known = (profile.outputs, bins.outputs) if name in spec.outputs else (profile.features, bins.features)
        first, *others = part_names(name, declared.type, spec.features | spec.outputs)
        if first not in known:
            continue
        if others:
            yield _count_only(name, side[first])
        else:
            yield _counts(name, side[first], known[first])


def output_columns(spec: ModelSpec) -> dict[str, str]:
    """The user's names of the scores and the prediction, by the part of the profile."""
    prediction = {"prediction": spec.columns.prediction} if spec.columns.prediction else {}
    return spec.columns.outputs | prediction


def _counts(name: str, summary: Summary, bins: ColumnBins) -> NumericCounts | StringCounts:
    match summary, bins:
        case NumericSummary(), NumericBins():
            return _numeric(name, summary, bins)
        case CategoricalSummary(), CategoricalBins():
            return _categorical(name, summary, bins)
        case _:
            msg = f"a summary {summary.type} of {name} does not fit {bins.type} bins"
            raise TypeError(msg)


def _numeric(name: str, summary: NumericSummary, bins: NumericBins) -> NumericCounts:
    count = summary.count
    spread = summary.squares - summary.total * summary.total / count if count else math.nan
    spans = spans_of(summary.counts, bins)
    return NumericCounts(
        name=name,
        integral=all(low == high and low.is_integer() for low, high, held in spans if held),
        present=count,
        missing=summary.unusable,
        total=summary.total + bins.centre * count,
        std_dev=math.sqrt(max(0.0, spread) / count) if count else math.nan,
        minimum=math.nan if summary.minimum is None else summary.minimum,
        maximum=math.nan if summary.maximum is None else summary.maximum,
        bins=spans,
    )


def spans_of(counts: Sequence[int], bins: NumericBins) -> list[Bin]:
    """Bins with their bounds; of a bin that holds one value, both are that value.

    >>> spans_of((4, 7, 2), NumericBins.of(np.array([0.0, 0.0])))[1]
    (0.0, 0.0, 7)
    """
    lows, highs = np.array([-math.inf, *bins.edges]), np.array([*bins.edges, math.inf])
    lows[bins.atom_places] = highs[bins.atom_places] = bins.atoms
    return list(zip(lows.tolist(), highs.tolist(), counts, strict=True))


def _categorical(name: str, summary: CategoricalSummary, bins: CategoricalBins) -> StringCounts:
    known = [(value, count) for value, count in zip(bins.categories, summary.counts, strict=True) if count]
    values = [*known, *sorted(summary.unseen_names.items(), key=lambda item: (-item[1], item[0]))]
    return StringCounts(
        name=name, present=summary.count, missing=summary.missing, distinct=len(values), values=tuple(values)
    )


def _count_only(name: str, summary: Summary) -> StringCounts:
    """Of text, moments and embeddings it is known how many there are, and no value."""
    return StringCounts(name=name, present=summary.count, missing=summary.unusable, distinct=None)
