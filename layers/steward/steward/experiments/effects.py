"""The effect of a challenger on a metric, with its standard error, from sums over arms or over pairs."""

import math
from dataclasses import dataclass

from steward.experiments.arm_sums import GROUPS, MetricSums

FEWEST_ROWS = 50
"""Rows that an arm needs before its mean has an interval: before, no mean is near normal."""
FEWEST_GROUPS = 16
"""Groups of entities that an arm needs rows of."""


@dataclass(frozen=True, slots=True)
class EffectEstimate:
    """An effect.

    Attributes:
        value: challenger less champion, in the metric's unit.
        standard_error: in the same unit; above 0.
        degrees: of freedom of the standard error.
        rows: that it rests on.
        slope: of the covariate that was taken off; 0 without one.
    """

    value: float
    standard_error: float
    degrees: float
    rows: int
    slope: float = 0.0


def difference_of_means(
    champion: MetricSums, challenger: MetricSums, *, adjusted: bool = False
) -> EffectEstimate | None:
    """Mean of the challenger's rows less mean of the champion's.

    Where rows name entities, the standard error is that of a ratio of sums over 128 random groups of entities: rows of
    one entity may be as alike as they like, and may come in many windows.

    Args:
        champion: sums of its arm.
        challenger: sums of its arm.
        adjusted: take off what the covariate explains (CUPED), by one slope for both arms. It is known from before the
            experiment, so its mean differs between arms by chance alone: the estimate keeps its mean, and with a slope
            that converges the boundary keeps its level (Waudby-Smith and others, 2024).

    Returns:
        None where an arm has too few rows, or a metric that never varies.

    Sources: K. M. Wolter (2007), Introduction to Variance Estimation, 2nd edition (random groups,
    linearised ratios); A. Deng, Y. Xu, R. Kohavi and T. Walker (2013), Improving the sensitivity of online controlled
    experiments by utilizing pre-experiment data, WSDM, 123-132; B. L. Welch (1947), The generalization of Student's
    problem when several different population variances are involved, Biometrika 34, 28-35 (degrees).
    """
    arms = [_Moments.of(champion), _Moments.of(challenger)]
    if not all(arm.enough for arm in arms):
        return None
    slope = _slope(arms) if adjusted else 0.0
    variances = [arm.variance(slope) for arm in arms]
    total = math.fsum(variances)
    if not total > 0:
        return None
    spread = math.fsum(variance**2 / arm.degrees for variance, arm in zip(variances, arms, strict=True))
    value = arms[1].mean - arms[0].mean - slope * (arms[1].covariate - arms[0].covariate)
    return EffectEstimate(value, math.sqrt(total), total**2 / spread, champion.rows + challenger.rows, slope)


def mean_of_pairs(pairs: MetricSums) -> EffectEstimate | None:
    """Mean of paired differences: rows that both versions scored, each challenger less champion.

    Returns:
        None where there are too few rows, or no difference ever.
    """
    moments = _Moments.of(pairs)
    if not moments.enough:
        return None
    variance = moments.variance(0.0)
    return EffectEstimate(moments.mean, math.sqrt(variance), moments.degrees, pairs.rows) if variance > 0 else None


@dataclass(frozen=True, slots=True)
class _Moments:
    """Means, and the variances of the means, of one arm."""

    rows: int
    groups: int
    mean: float
    covariate: float
    variances: tuple[float, float, float]

    @classmethod
    def of(cls, sums: MetricSums) -> "_Moments":
        rows = sums.rows
        if rows < 2:  # noqa: PLR2004 - one row has no variance
            return cls(rows, 0, 0.0, 0.0, (0.0, 0.0, 0.0))
        mean, covariate = sums.total / rows, sums.covariate_total / rows
        if sums.group_rows:
            own = [t - n * mean for n, t in zip(sums.group_rows, sums.group_totals, strict=True)]
            other = [x - n * covariate for n, x in zip(sums.group_rows, sums.group_covariates, strict=True)]
            scale = GROUPS / (GROUPS - 1) / rows**2
            moments = (_dot(own, own) * scale, _dot(own, other) * scale, _dot(other, other) * scale)
            return cls(rows, sum(n > 0 for n in sums.group_rows), mean, covariate, moments)
        scale = 1 / (rows - 1) / rows
        moments = (
            _without_rounding(sums.squares, rows * mean**2) * scale,
            (sums.products - rows * mean * covariate) * scale,
            _without_rounding(sums.covariate_squares, rows * covariate**2) * scale,
        )
        return cls(rows, 0, mean, covariate, moments)

    @property
    def degrees(self) -> float:
        return float(self.groups - 1 if self.groups else self.rows - 1)

    @property
    def enough(self) -> bool:
        return self.rows >= FEWEST_ROWS and (not self.groups or self.groups >= FEWEST_GROUPS)

    def variance(self, slope: float) -> float:
        own, both, other = self.variances
        return max(0.0, own - 2 * slope * both + slope**2 * other)


def _slope(arms: list[_Moments]) -> float:
    """The slope that makes the variance of the difference least."""
    both, other = (math.fsum(arm.variances[at] for arm in arms) for at in (1, 2))
    return both / other if other > 0 else 0.0


def _dot(one: list[float], other: list[float]) -> float:
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def _without_rounding(squares: float, of_mean: float) -> float:
    """A sum of squared deviations; 0 where only rounding is left of it."""
    left = squares - of_mean
    return left if left > 1e-12 * abs(squares) else 0.0
