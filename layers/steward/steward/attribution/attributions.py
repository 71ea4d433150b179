"""Shapley values of a prediction: the shape that every method of this package returns."""

from dataclasses import dataclass
from typing import Literal

from steward.array_types import Floats
from steward.profiles.attribution_sums import AttributionSums

Method = Literal["linear", "tree", "permutation"]
"""How attributions were found: the first two are exact, the third is a seeded sample."""


@dataclass(frozen=True, slots=True)
class Attributions:
    """What each feature contributed to each prediction.

    A row's features play a game: a coalition is worth the model's mean output over the background rows, with the
    coalition's features taken from the row and all others from the background row. A feature's attribution is its
    Shapley value in it: its contribution averaged over all orders of joining. So each row's attributions sum to its own
    output less the mean output of the background.

    Attributes:
        names: of the features, in the order of the columns.
        values: attributions, in the unit of the output, shape (rows, features).
        base: mean output of the background, of the output that each row is about, shape (rows,).
        method: how they were found.

    Sources: L. S. Shapley (1953), A value for n-person games; S. M. Lundberg and S.-I. Lee (2017), A unified approach
    to interpreting model predictions, NeurIPS 30; M. Sundararajan and A. Najmi (2020), The many Shapley values for
    model explanation, ICML (random baseline Shapley); D. Janzing, L. Minorics and P. Blöbaum (2020), Feature relevance
    quantification in explainable AI: a causal problem, AISTATS (why the rest is drawn unconditionally).
    """

    names: tuple[str, ...]
    values: Floats
    base: Floats
    method: Method

    def sums(self) -> AttributionSums:
        """The attributions summed over the rows."""
        return AttributionSums.of(self.values, self.names)
