"""Design effect: how much more reference windows vary than independent rows would."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from steward.documents import TolerantModel
from steward.profiles.clusters import Clusters

FEWEST_CHUNKS = 3
"""Windows of reference data needed to estimate anything."""

_GROUPS = 16
_LEAST_EXPECTED = 5.0
_Z999 = 3.090
_Z90 = 1.282


class DesignEffect(TolerantModel):
    """The variance of a window's bin counts, over what as many independent rows would give.

    Rows of one window are more alike than rows of different windows (the weather of a week, the customers of an
    hour), so a window of n rows says as much as n / value independent ones. Under a common shift per window
    the excess grows with the rows of the window, which `at` accounts for.

    Attributes:
        value: the mean over all directions in which a histogram can move; at least 1.
        location: the same for the mean rank alone, the direction that usually moves most; at least 1.
        concentration: share of the degrees of freedom that the variation really uses, in (0, 1]; 1 when all directions
            vary alike, small when one dominates (the second-order correction of Rao and Scott), or when a few windows
            stray much further than the others.
        rows: mean rows per chunk that the figures hold for.
        chunks: how many windows they rest on.
        clustered: whether the windows differ beyond chance (at 0.1 %); tests then allow for so few windows.
        mean: mean of the windows' means, in the column's unit; None for categories.
        spread: standard deviation of the windows' means, in the column's unit; None for categories.
        known: false when there were fewer than 3 chunks; the other figures are then those of independent rows.
        beyond: `value` and `location` without what rows of one entity share, which does not grow with the rows.
        clusters: how alike rows of one entity are; None where no column says of whom rows are.
        repeats: rows that the entity of a row has on average, where the figures hold.
        window_repeats: the same in the window that is compared.
        long_run: by how much `value` and `location` grow for the mean of many windows, where neighbours are alike.
        windows: how many windows long the time is that is compared; 1 of a check's window.
    """

    value: float = 1.0
    location: float = 1.0
    concentration: float = 1.0
    rows: float = 0.0
    chunks: int = 0
    clustered: bool = False
    mean: float | None = None
    spread: float | None = None
    known: bool = False
    beyond: tuple[float, float] | None = None
    clusters: Clusters | None = None
    repeats: float = 1.0
    window_repeats: float = 1.0
    long_run: tuple[float, float] = (1.0, 1.0)
    windows: float = 1.0

    @classmethod
    def of(
        cls, counts: Sequence[Sequence[int]], means: Sequence[float] = (), entities: "Repeated | None" = None
    ) -> Self:
        """Estimate from the histograms of the reference's windows.

        Under independence the Pearson residuals of each window's histogram have unit variance in every direction; their
        mean square over windows and directions is the first-order factor, the spread of their
        eigenvalues the second-order one.

        Args:
            counts: one histogram per window, shape (chunks, bins), in the order of the bins.
            means: the column's mean in each window, shape (chunks,); none for categories.
            entities: what rows of one entity share; windows then differ only by what they differ beyond that.

        Source: J. N. K. Rao and A. J. Scott (1984), On chi-squared tests for multiway contingency tables with cell
        proportions estimated from survey data, Annals of Statistics 12(1), 46-60.

        >>> DesignEffect.of([[50, 50], [50, 50], [50, 50]]).value
        1.0
        """
        found = cls._of_windows(counts, means, entities)
        return found if entities is None else found.with_entities(entities)

    @classmethod
    def _of_windows(cls, counts: Sequence[Sequence[int]], means: Sequence[float], entities: "Repeated | None") -> Self:
        table = np.array(counts, dtype=np.float64).reshape(len(counts), -1) if counts else np.zeros((0, 1))
        rows = table.sum(axis=1)
        if not rows.any():
            return cls()
        full = rows >= max(1.0, 0.1 * float(np.median(rows[rows > 0])))
        centres = np.array(means, dtype=np.float64)[full] if means else np.empty(0)
        table, rows = table[full], rows[full]
        chunks = len(table)
        mean_rows = float(rows.mean())
        if chunks < FEWEST_CHUNKS:
            return cls(rows=mean_rows, chunks=chunks)
        table = _pool_bins(table, float(rows.min()))
        share = table.sum(axis=0) / table.sum()
        if len(share) < 2:  # noqa: PLR2004
            return cls(rows=mean_rows, chunks=chunks, known=True)
        leverage = np.sqrt(1 - rows / rows.sum())
        residuals = (table - rows[:, None] * share) / np.sqrt(rows[:, None] * share) / leverage[:, None]
        value, concentration = _spectrum(residuals, len(share) - 1)
        rank = np.cumsum(share) - share / 2 - 0.5
        spread = float(np.sum(share * rank**2))
        ranks = residuals @ (np.sqrt(share) * rank)
        location = float(np.mean(ranks**2)) / spread
        directions, freedom = len(share) - 1, chunks - 1
        own, own_location = (1.0, 1.0) if entities is None else entities.within_windows(directions)
        clustered = beyond_chance(value / own * directions * freedom, directions * freedom) or beyond_chance(
            location / own_location * freedom, freedom
        )
        value, location = value - (own - 1), location - (own_location - 1)
        return cls(
            clustered=clustered,
            value=max(1.0, value),
            location=max(1.0, location),
            concentration=concentration if value > 1 else 1.0,
            rows=mean_rows,
            chunks=chunks,
            mean=float(centres.mean()) if len(centres) else None,
            spread=float(centres.std(ddof=1)) if len(centres) else None,
            known=True,
            long_run=(_long_run(residuals), _long_run(ranks[:, None])),
        )

    def at(self, rows: float) -> Self:
        """The same effect for a window of this many rows."""
        value, location = self._alone_at(rows)
        scaled = {"rows": rows} if self.known and self.rows > 0 else {}
        if self.clusters is None and not scaled:
            return self
        alone = self.model_copy(update={"value": value, "location": location, **scaled})
        if self.clusters is None:
            return alone
        return alone.with_entities(Repeated(self.clusters, self.window_repeats, self.window_repeats))

    def share_effect(self, rows: float) -> float:
        """Of one share in a window of this many rows, `at(rows).over(1)`; without a copy, as many tests ask for it."""
        return self._alone_at(rows)[0] if self.clusters is None else self.at(rows).over(1)

    def _alone_at(self, rows: float) -> tuple[float, float]:
        """The value and the location without what rows of one entity share, for a window of this many rows."""
        value, location = self.beyond or (self.value, self.location)
        if not self.known or not self.rows > 0:
            return value, location
        scale = rows / (self.rows * self.windows)
        return 1 + (value - 1) * scale, 1 + (location - 1) * scale

    def covering(self, windows: float) -> Self:
        """The same effect where the rows that are compared come from so many windows, at least one.

        What windows share within themselves averages out over many of them, but for what neighbours share too.
        """
        if not self.known or windows <= 1:
            return self
        value, location = self.beyond or (self.value, self.location)
        mean, ranks = (min(windows, factor) for factor in self.long_run)
        longer = 1 + (value - 1) * mean, 1 + (location - 1) * ranks
        return self.model_copy(
            update={
                "value": self.value + longer[0] - value,
                "location": self.location + longer[1] - location,
                "beyond": longer if self.beyond else None,
                "spread": None if self.spread is None else self.spread * math.sqrt(ranks),
                "windows": windows,
            }
        )

    def over(self, directions: int) -> float:
        """The mean over so many directions at most, where rows of one entity are alike in some more than in others."""
        if self.clusters is None:
            return self.value
        return self.value + (self.repeats - 1) * (self.clusters.mean(directions) - self.clusters.mean(_GROUPS))

    def of_entities(self, *, window: bool) -> float:
        """What rows of one entity alone make of it, in the window or in the reference."""
        repeats = self.window_repeats if window else self.repeats
        return 1.0 if self.clusters is None else 1 + (repeats - 1) * self.clusters.location

    def weights(self, directions: int) -> NDArray[np.float64]:
        """The effect in each of so many directions, the largest first, shape (directions,)."""
        shared = np.array(self.clusters.spectrum[:directions] if self.clusters else (), dtype=np.float64)
        missing = directions - len(shared)
        shared = np.append(shared, np.full(missing, shared[-1] if len(shared) else 0.0))
        return (self.beyond or (self.value, 0.0))[0] + (self.repeats - 1) * shared

    def with_entities(self, entities: "Repeated") -> Self:
        """What windows vary, and what rows of one entity share besides."""
        mean, location = entities.effect(_GROUPS)
        return self.model_copy(
            update={
                "beyond": (self.value, self.location),
                "value": self.value + mean - 1,
                "location": self.location + location - 1,
                "clusters": entities.clusters,
                "repeats": entities.repeats,
                "window_repeats": entities.repeats,
            }
        )


@dataclass(frozen=True, slots=True)
class Repeated:
    """How alike rows of one entity are, and how often they come.

    Attributes:
        clusters: the intraclass correlations.
        repeats: rows that the entity of a row has on average.
        by_window: the same within one of the windows that are compared with each other.
    """

    clusters: Clusters
    repeats: float
    by_window: float

    def effect(self, directions: int) -> tuple[float, float]:
        """The design effect on average over so many directions, and of the location."""
        more = self.repeats - 1
        return 1 + more * self.clusters.mean(directions), 1 + more * self.clusters.location

    def within_windows(self, directions: int) -> tuple[float, float]:
        """The same within windows."""
        return Repeated(self.clusters, self.by_window, self.by_window).effect(directions)


def beyond_chance(statistic: float, degrees: float) -> bool:
    """Whether a chi-squared variable is above its 99.9 % quantile (E. B. Wilson and M. M. Hilferty, 1931)."""
    scale = 2 / (9 * degrees)
    return math.cbrt(statistic / degrees) > 1 - scale + _Z999 * math.sqrt(scale)


def _spectrum(residuals: NDArray[np.float64], directions: int) -> tuple[float, float]:
    """Mean eigenvalue of the residuals' covariance, and the share of directions in effective use.

    The latter from the eigenvalues, and from how the windows' own statistics vary (F. E. Satterthwaite, 1946, An
    approximate distribution of estimates of variance components, Biometrics Bulletin 2(6), 110-114); the smaller
    counts.
    """
    chunks = len(residuals)
    gram = residuals @ residuals.T / chunks
    lengths = np.diag(gram)
    first = float(np.trace(gram))
    second = float(np.sum(gram * gram))
    degrees = chunks - 1
    unbiased = degrees**2 / ((degrees - 1) * (degrees + 2)) * (second - first**2 / degrees)
    effective = first**2 / unbiased if unbiased > first**2 / directions else float(directions)
    spread = float(lengths.var(ddof=1))
    deviating = 2 * float(lengths.mean()) ** 2 / spread if spread > 0 else float(directions)
    return first / directions, min(1.0, max(1.0, min(effective, deviating)) / directions)


def _long_run(residuals: NDArray[np.float64]) -> float:
    """The most that the variance of many windows' mean may be above that of independent ones, with 90 % confidence.

    For windows that resemble their neighbours as an autoregression of the first order does, its coefficient being at
    the upper bound that their own correlation with the next window allows.

    Args:
        residuals: of the windows in the order of time, shape (chunks, directions).

    Source: F. H. C. Marriott and J. A. Pope (1954), Bias in the estimation of autocorrelations, Biometrika 41, 390-402;
    G. E. P. Box and G. M. Jenkins (1976), Time Series Analysis, 2.1.6 for the standard error.
    """
    centred = residuals - residuals.mean(axis=0)
    whole, chunks = float(np.sum(centred**2)), len(residuals)
    if not whole > 0:
        return 1.0
    found = float(np.sum(centred[1:] * centred[:-1])) / whole
    most = found + (1 + 3 * max(0.0, found)) / chunks + _Z90 / math.sqrt(chunks)
    return chunks if most >= 1 else min(chunks, max(1.0, (1 + most) / (1 - most)))


def _pool_bins(table: NDArray[np.float64], smallest: float) -> NDArray[np.float64]:
    """Join neighbouring bins until each expects 5 rows in the smallest chunk and a sixteenth of the mass."""
    share = table.sum(axis=0) / table.sum()
    least = max(1 / _GROUPS, _LEAST_EXPECTED / smallest) - 1e-12
    starts, held = [0], 0.0
    for position, mass in enumerate(share):
        if held >= least and float(share[position:].sum()) >= least:
            starts.append(position)
            held = 0.0
        held += float(mass)
    return np.add.reduceat(table, starts, axis=1)
