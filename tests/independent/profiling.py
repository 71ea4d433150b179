"""The samples as Steward profiles them."""

from dataclasses import dataclass

import numpy as np

from steward.profiles.bins import CategoricalBins, NumericBins
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.profiles.summaries import CategoricalSummary, NumericSummary
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from tests.independent.data_sets import DataSet, category, missing


@dataclass(frozen=True)
class Profiled:
    """A numeric sample, binned.

    Attributes:
        bins: those of the baseline.
        reference: the summary of the baseline.
        window: the summary of the window.
    """

    bins: NumericBins
    reference: NumericSummary
    window: NumericSummary

    @property
    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows per bin of both."""
        return np.array(self.reference.counts), np.array(self.window.counts)

    @property
    def atoms(self) -> np.ndarray:
        """Which bins hold a single value, shape (bins,)."""
        found = np.zeros(len(self.reference.counts), np.bool_)
        found[self.bins.atom_places] = True
        return found


def profiled(sample: DataSet) -> Profiled:
    """A numeric sample over the bins of its baseline."""
    bins = NumericBins.of(np.sort(sample.present[0]))
    return Profiled(bins, summary(sample.reference, bins), summary(sample.window, bins))


def summary(rows: np.ndarray, bins: NumericBins) -> NumericSummary:
    """Numbers over bins; NaN is missing."""
    return _counted(bins, NumericColumn(rows, missing(rows)))


def counted(sample: DataSet) -> tuple[CategoricalBins, CategoricalSummary, CategoricalSummary]:
    """A sample of categories: the bins of the baseline, its summary and the window's."""
    number = int(max(sample.reference.max(), sample.window.max())) + 1
    names = tuple(category(code) for code in range(number))
    found = np.bincount(sample.present[0], minlength=number).tolist()
    bins = CategoricalBins.of(dict(zip(names, found, strict=True)))
    reference, window = (
        _counted(bins, CategoricalColumn(side.astype(np.int32), names)) for side in (sample.reference, sample.window)
    )
    return bins, reference, window


def _counted(bins, column):
    return Profile.of(Chunk(column.rows, {"x": column}), Bins(features={"x": bins})).features["x"]
