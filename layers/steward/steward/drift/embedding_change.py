"""Change of the mean of a column of embeddings."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from steward.drift.quadratic_form import QuadraticForm
from steward.drift.survival import f_sf
from steward.profiles.embedding_spread import EmbeddingSpread
from steward.profiles.embeddings import EmbeddingSums

_ROUNDING = 1e-12
"""Mapped vectors have length 1, so that a variance below this is none."""


@dataclass(frozen=True, slots=True)
class EmbeddingChange:
    """What the sums of two samples of vectors say.

    Attributes:
        maximum_mean_discrepancy: squared, less what sampling alone gives on average, at least 0; under the Gaussian
            kernel whose bandwidth is the median distance of the reference's vectors.
        mean_cosine_shift: one less the cosine between the means of both samples, from 0 to 2; None where a mean has no
            direction.
        effect: the root of the discrepancy over that of the mapped vectors' variance: for a shift of all dimensions
            alike it is near the shift in standard deviations.
        p_value: the chance of so large a discrepancy in unchanged data.
    """

    maximum_mean_discrepancy: float
    mean_cosine_shift: float | None
    effect: float
    p_value: float

    @classmethod
    def between(cls, reference: EmbeddingSums, window: EmbeddingSums, spread: EmbeddingSpread) -> Self | None:
        """Compare two samples with vectors each; None where the reference's vectors do not vary.

        The p-value is that of a weighted sum of chi-squared variables. Where the reference's own windows differ beyond
        chance, nothing says in how many directions they do, so the whole distance counts as if it lay in one: the
        heaviest tail of all.

        Sources: A. Gretton et al. (2012), A kernel two-sample test, Journal of Machine Learning Research 13, 723-773;
        A. Rahimi and B. Recht (2007), Random features for large-scale kernel machines, NIPS 20. The cosine distance of
        mean vectors as in Evidently's embeddings drift.
        """
        form = QuadraticForm.of_weights(np.array(spread.eigenvalues))
        if form.first < _ROUNDING:
            return None
        there, here = spread.design_effect, spread.design_effect.at(window.count)
        share = here.value / window.count + there.value / reference.count
        change = window.feature_mean - reference.feature_mean
        distance = float(change @ change)
        if here.clustered:
            p_value = f_sf(distance / share / form.first, 1, here.chunks - 1)
        else:
            p_value = form.survival_function(distance / share)
        excess = max(0.0, distance - share * form.first)
        shift = mean_cosine_shift(reference, window)
        return cls(excess, shift, math.sqrt(excess / form.first), p_value)


def mean_cosine_shift(reference: EmbeddingSums, window: EmbeddingSums) -> float | None:
    """One less the cosine between the means of two samples of vectors; None where one has no direction.

    Source: the cosine distance of G. Salton and M. J. McGill (1983), Introduction to modern information retrieval; of
    mean vectors as in Evidently's embeddings drift.
    """
    before, after = reference.mean, window.mean
    with np.errstate(over="ignore", invalid="ignore"):
        length = math.sqrt(float(before @ before)) * math.sqrt(float(after @ after))
        cosine = float(before @ after) / length if length > 0 else math.nan
    return 1 - max(-1.0, min(1.0, cosine)) if math.isfinite(cosine) else None
