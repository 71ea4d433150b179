"""Detects jumps of a numeric column by a power of ten, usually a change of unit."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from steward.array_types import Floats
from steward.drift.distribution_function import DistributionFunction
from steward.drift.survival import kolmogorov_sf
from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.bins import NumericBins
from steward.profiles.design_effect import DesignEffect
from steward.profiles.summaries import NumericSummary
from steward.results import MetricResult

FEWEST_ROWS = 30
"""Values needed on either side: with fewer, means and spreads vary by more than a jump may be off."""

_LEAST_SHARE = 0.05
_MOST_POWERS = 15
_NOISE = 1.63
_LIKENESS = 4.0
_MEANINGFUL_MEAN = 0.5


@dataclass(frozen=True, slots=True)
class NumericSides:
    """A numeric column in the window and in the baseline."""

    name: str
    window: NumericSummary
    reference: NumericSummary
    bins: NumericBins


@dataclass(frozen=True, slots=True)
class Jump:
    """How a column's scale changed.

    Attributes:
        power: of ten, not 0.
        exact: the power as measured, not rounded.
        share: of the rows that jumped; 1 for all.
    """

    power: int
    exact: float
    share: float


@dataclass(frozen=True, slots=True)
class _ScaleMoments:
    mean: float
    deviation: float
    square: float
    """The mean of the squares."""

    @classmethod
    def of(cls, summary: NumericSummary, bins: NumericBins) -> "_ScaleMoments":
        total, squares = summary.total / summary.count, summary.squares / summary.count
        square = max(0.0, bins.centre**2 + 2 * bins.centre * total + squares)
        return cls(bins.centre + total, math.sqrt(max(0.0, squares - total**2)), square)

    @property
    def usable(self) -> bool:
        return math.isfinite(self.mean) and 0 < self.deviation < math.inf and 0 < self.square < math.inf

    @property
    def has_side(self) -> bool:
        """Whether most values have one sign, so that the mean tells of the scale."""
        return abs(self.mean) >= _MEANINGFUL_MEAN * self.deviation


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """One result for all numeric columns, and one for each that jumped.

    A jump by 10^k shows in the mean, the standard deviation and the root mean square alike: each must be within
    `agreement` of k powers of ten. A shifted column moves its mean alone, one that spreads its deviation alone, and one
    row gone wild moves each by another factor. Besides, the baseline's histogram, rescaled, must fit the window's:
    within chance, or four times better than as it is. Zeros stay zeros; where values of both signs cancel, the mean is
    not asked.

    Where only some of the rows jumped upwards (a part of the files, say), the mean rose by q (10^k - 1) and the mean
    square by q (100^k - 1) times its own, and two equations give q and k. That needs a column mostly of one sign and at
    least 5 % of the rows. What the sums cannot show: some of the rows becoming smaller, since those hardly move any
    sum; a jump of a column that never varied; and whether a true change of just a power of ten is a change of unit.
    """
    monitor = evidence.spec.monitors.scale_consistency
    if monitor is None:
        return []
    sides = list(_measured_numbers(evidence))
    if not sides:
        return []
    measured = [side for side in sides if _measurable(side)]
    found = [
        (side, jump)
        for side in measured
        if (
            jump := _jump(
                side,
                evidence.baseline.design_effect(side.name),
                monitor.agreement,
                evidence.false_alarm_rate / len(measured),
            )
        )
    ]
    if not measured:
        message = f"no numeric column has {FEWEST_ROWS} values, not all alike, here and in the baseline"
    else:
        message = f"{len(measured) - len(found)} of {len(measured)} numeric columns have the scale of the baseline"
        left = len(sides) - len(measured)
        message += f"; {left} could not be measured" if left else ""
    whole = MetricResult(
        monitor="scale_consistency",
        statistic="scale_jumps",
        value=float(len(found)) if measured else None,
        rows=evidence.profile.rows,
        status="unknown" if not measured else "breach" if found else "ok",
        message=message,
    )
    return [whole, *(_result(side, jump, monitor.agreement) for side, jump in found)]


def _measured_numbers(evidence: WindowEvidence) -> Iterator[NumericSides]:
    """Numeric features, numeric outputs and a predicted value: what people measure in a unit of their choice."""
    profile, baseline, scope = evidence.profile, evidence.baseline, evidence.scope
    for found, known, bins in (
        (profile.features, baseline.reference.features, baseline.bins.features),
        (profile.outputs, baseline.reference.outputs, baseline.bins.outputs),
    ):
        for name, column in bins.items():
            declared = scope.columns.get(name)
            plain = declared.type == "numeric" if declared else name == "prediction"
            window, reference = found[name], known[name]
            if (
                plain
                and scope.watches(name)
                and isinstance(column, NumericBins)
                and isinstance(window, NumericSummary)
                and isinstance(reference, NumericSummary)
            ):
                yield NumericSides(name, window, reference, column)


def _measurable(side: NumericSides) -> bool:
    if min(side.window.count, side.reference.count) < FEWEST_ROWS:
        return False
    return all(_ScaleMoments.of(summary, side.bins).usable for summary in (side.window, side.reference))


def _result(side: NumericSides, jump: Jump, agreement: float) -> MetricResult:
    factor = f"{10 ** abs(jump.power):,}"
    size = f"{factor} times as {'large' if jump.power > 0 else 'small'} as in the baseline"
    here, there = side.window.mean(side.bins), side.reference.mean(side.bins)
    rows = "is" if jump.share == 1 else f"is, in {jump.share:.0%} of the rows,"
    return MetricResult(
        monitor="scale_consistency",
        column=side.name,
        statistic="scale_power",
        value=jump.exact,
        threshold=agreement,
        effect=jump.exact,
        rows=side.window.count,
        baseline_rows=side.reference.count,
        status="breach",
        message=f"`{side.name}` {rows} {size}: its mean is {here:.4g} instead of {there:.4g}; see whether its unit "
        "has changed",
    )


def _jump(side: NumericSides, effect: DesignEffect, agreement: float, level: float) -> Jump | None:
    window, reference = _ScaleMoments.of(side.window, side.bins), _ScaleMoments.of(side.reference, side.bins)
    jump = _of_all(window, reference, agreement) or _of_some(window, reference, agreement)
    return jump if jump and _fits(side, jump, effect, level) else None


def _of_all(window: _ScaleMoments, reference: _ScaleMoments, agreement: float) -> Jump | None:
    powers = [math.log10(window.square / reference.square) / 2, math.log10(window.deviation / reference.deviation)]
    if reference.has_side:
        if window.mean * reference.mean <= 0:
            return None
        powers.append(math.log10(window.mean / reference.mean))
    power = round(powers[0])
    if power == 0 or any(abs(found - power) > agreement for found in powers):
        return None
    return Jump(power, powers[0], 1.0)


def _of_some(window: _ScaleMoments, reference: _ScaleMoments, agreement: float) -> Jump | None:
    """Mean and mean square of a mixture grow by q (c - 1) and q (c² - 1), with c = 10^k: c + 1 is their ratio."""
    if not reference.has_side:
        return None
    first, second = window.mean / reference.mean - 1, window.square / reference.square - 1
    if first <= 0 or second <= 2 * first:
        return None
    exact = math.log10(second / first - 1)
    power = round(exact)
    if not 1 <= power <= _MOST_POWERS or abs(exact - power) > agreement:
        return None
    share = first / (10**exact - 1)
    return Jump(power, exact, share) if _LEAST_SHARE <= share < 1 else None


def _fits(side: NumericSides, jump: Jump, effect: DesignEffect, level: float) -> bool:
    """Whether the window's histogram is the rescaled baseline's, and not the baseline's own."""
    expected, observed = _distribution(side.reference, side.bins), _distribution(side.window, side.bins)
    cuts = side.bins.steps
    before, seen = expected.at(cuts), observed.at(cuts)
    after = (1 - jump.share) * before + jump.share * _rescale(expected, cuts, 10.0**jump.power)
    rows, baseline_rows = side.window.count / effect.at(side.window.count).value, side.reference.count / effect.value
    root = math.sqrt(rows * baseline_rows / (rows + baseline_rows))
    changed, left = float(np.abs(seen - before).max(initial=0)), float(np.abs(seen - after).max(initial=0))
    return kolmogorov_sf(changed * root) <= level and left <= max(_NOISE / root, changed / _LIKENESS)


def _distribution(summary: NumericSummary, bins: NumericBins) -> DistributionFunction:
    counts = np.array(summary.counts, dtype=np.int64)
    return DistributionFunction.of(counts, bins.steps, *summary.extremes(bins))


def _rescale(expected: DistributionFunction, cuts: Floats, factor: float) -> Floats:
    """The share below each cut, were every value that many times as large; the edges of an atom stay two."""
    points = cuts / factor
    touching = np.flatnonzero(cuts[1:] == np.nextafter(cuts[:-1], np.inf)) + 1
    points[touching] = np.nextafter(points[touching - 1], np.inf)
    return expected.at(points)
