"""Forecasts what a new version would gain over keeping the present one, and whether a run now is worth its cost.

The cost of keeping a stale version is weighed against that of a run, as by Mahadevan and Mathioudakis (2024,
Cost-aware retraining for machine learning); the gain is a regression on few figures with its uncertainty, learnt from
the runs that were made, as by Regol and others (ICML 2025, When to retrain a machine learning model).

Staleness is by how much the present version is expected to be worse than a new one in the next window. It is forecast
as `share * increase + rate * age`: by how much the version's loss has risen since it was new, and how many windows old
it is. Share and rate are those of a Bayesian linear regression on the gains of earlier runs, each measured on the rows
of one holdout. All figures are losses: of a metric that is better when higher, its negative.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist, fmean, median

from pydantic import Field

from steward.documents import TolerantModel
from steward.events import RealisedLoss
from steward.retraining.run_plan import plan_runs
from steward.spec.windows import Window

_NORMAL = NormalDist()
_Z95 = _NORMAL.inv_cdf(0.975)
_MEDIAN_OF_SQUARES = _NORMAL.inv_cdf(0.75) ** 2
"""The median of the square of a standard normal variable."""

_SHARE, _SHARE_DEVIATION = 0.7, 0.4
"""Before any run: what part of an increase a new version takes back; the rest is that windows have become harder."""

_RATE_DEVIATION = 0.3
"""Before any run: by how much staleness may grow a window without an increase, in deviations of a window's metric."""

_GAIN_DEVIATION = 0.5
"""By how much the gain on a holdout differs from that of the windows to come, likewise."""

_MISFIT = 0.3
"""And by what part of the increase, since no line is true."""

_NEWEST = 8
"""How many of the newest windows are looked at, at most: as many of them as show the change best."""

_GROWTH = 0.5
"""How fast staleness goes on to grow, in units of its mean rate so far: a jump would stay, a slow change go on."""

_PRIOR_WINDOWS = 3
"""How many differences of windows the sampling error counts for beside their own scatter."""

_FEWEST_DIFFERENCES = 3


class JudgedRun(TolerantModel):
    """What a run showed of the forecast that it was started on.

    Attributes:
        increase, deviation, age: of the version that was in charge when the run began.
        gain: of the new version over it on the holdout; None before the gates have judged.
        promoted: whether it took over; None before that is known.
    """

    increase: float
    deviation: float
    age: int
    gain: float | None = None
    promoted: bool | None = None

    @property
    def settled(self) -> bool:
        """Whether nothing more will be known of it."""
        return self.promoted is not None


class GainForecast(TolerantModel):
    """What is forecast, and from what.

    Attributes:
        metric: that a loss is of.
        age: windows that the present version has served, up to the newest labelled one.
        fresh: its loss when it was new: the mean of its holdout and its first window.
        recent: its loss now: the mean of the newest windows.
        recent_windows: how many these are.
        increase, deviation: the difference and its standard error.
        noise: the standard deviation of one window's metric.
        runs: earlier runs whose gain was learnt from.
        share, rate: how much of an increase a run takes back, and what it gains a window of age.
        promoted: what part of runs leads to another version, one more success than seen.
        staleness, low, high: the mean forecast of the next window, and its 95 % interval.
        expected_gain: of the next window, where a version that is worse would not be promoted.
        growth: by how much staleness grows a window.
        horizon: windows that are counted.
        gain: over the horizon, of a run now over never running again.
        cost: of a run, in units of the metric over one window.
        advantage: by how much a run now and further runs at the best times cost less than waiting for another window or
            longer, metric and runs together; a run is worth it where this is positive.
    """

    metric: str
    age: int
    fresh: float
    recent: float
    recent_windows: int
    increase: float
    deviation: float
    noise: float
    runs: int
    share: float
    rate: float
    promoted: float
    staleness: float
    low: float
    high: float
    expected_gain: float
    growth: float
    horizon: int
    gain: float
    cost: float
    advantage: float = Field(default=0.0)

    @property
    def judged(self) -> JudgedRun:
        """What is remembered of it when a run is started on it."""
        return JudgedRun(increase=self.increase, deviation=self.deviation, age=self.age)

    @property
    def worth_it(self) -> bool:
        """Whether a run now costs less than waiting."""
        return self.advantage > 0


@dataclass(frozen=True, slots=True)
class ServedMetric:
    """The metric of one labelled window of one version."""

    version: str
    window: Window
    realised: RealisedLoss

    @property
    def loss(self) -> float:
        """The metric as a loss."""
        return as_loss(self.realised.metric, self.realised.value)

    @property
    def variance(self) -> float:
        """Of its sampling error."""
        return ((self.realised.high - self.realised.low) / (2 * _Z95)) ** 2


def as_loss(metric: str, value: float) -> float:
    """A metric as a loss.

    >>> as_loss("roc_auc", 0.8), as_loss("log_loss", 0.4)
    (-0.8, 0.4)
    """
    return -value if metric == "roc_auc" else value


def measured_gain(metric: str, new: Mapping[str, float], old: Mapping[str, float]) -> float | None:
    """By how much one of two versions is better on the same rows; None where one lacks the metric.

    Args:
        metric: by name.
        new: metrics of one.
        old: those of the other.

    >>> measured_gain("roc_auc", {"roc_auc": 0.75}, {"roc_auc": 0.5})
    0.25
    """
    if metric not in new or metric not in old:
        return None
    return as_loss(metric, old[metric]) - as_loss(metric, new[metric])


def forecast_gain(
    served: Sequence[ServedMetric],
    champion: str,
    holdout: float | None,
    runs: Sequence[JudgedRun],
    *,
    run_cost: float,
    horizon: int,
    remembers_first: bool = True,
) -> GainForecast | None:
    """Forecast the gain of a run now.

    Args:
        served: the labelled windows that are remembered, of all versions, in order of time.
        champion: the version in charge.
        holdout: the metric on its holdout; None where it was not measured.
        runs: earlier runs, those with a gain are learnt from.
        run_cost: of one run, in units of the metric over one window.
        horizon: windows that count.
        remembers_first: whether the champion's first window is among those remembered.

    Returns:
        Nothing where the champion has no labelled window, or nothing says how good it was when it was new.
    """
    mine = [one for one in served if one.version == champion]
    fresh = [] if holdout is None or not mine else [as_loss(mine[0].realised.metric, holdout)]
    later = mine
    if remembers_first and len(mine) > 1:
        fresh, later = [*fresh, mine[0].loss], mine[1:]
    if not mine or not fresh:
        return None
    variance = _noise_variance(served, mine[-1].variance)
    when_new = fmean(fresh)
    count, increase, deviation = _increase(later, when_new, variance, variance / len(fresh))
    newest, first = mine[-1].window, mine[0].window
    age = round((newest.start - first.start) / newest.length) + 1
    learnt = [run for run in runs if run.gain is not None]
    share, rate, staleness, spread = _regress(learnt, increase, age, deviation, math.sqrt(variance))
    expected = _expected_positive_part(staleness, spread)
    settled = [run for run in runs if run.settled]
    promoted = (sum(bool(run.promoted) for run in settled) + 1) / (len(settled) + 1)
    growth = _GROWTH * expected / age
    plan = plan_runs(expected, growth, run_cost / promoted, horizon)
    return GainForecast(
        metric=mine[-1].realised.metric, age=age, fresh=when_new, recent=when_new + increase, recent_windows=count,
        increase=increase, deviation=deviation, noise=math.sqrt(variance), runs=len(learnt), share=share, rate=rate,
        promoted=promoted, staleness=staleness, low=staleness - _Z95 * spread, high=staleness + _Z95 * spread,
        expected_gain=expected, growth=growth, horizon=horizon, gain=(expected + growth) * horizon, cost=run_cost,
        advantage=plan.advantage,
    )  # fmt: skip


def _noise_variance(served: Sequence[ServedMetric], sampling: float) -> float:
    """The variance of one window's metric: of its sampling, or by how much windows of one version differ, if more.

    The median of squared differences is the scale, so that a change of level does not count.
    """
    squares = [
        (after.loss - before.loss) ** 2 / 2 for before, after in pairwise(served) if before.version == after.version
    ]
    if len(squares) < _FEWEST_DIFFERENCES:
        return sampling
    scatter = median(squares) / _MEDIAN_OF_SQUARES
    mixed = (_PRIOR_WINDOWS * sampling + len(squares) * scatter) / (_PRIOR_WINDOWS + len(squares))
    return max(sampling, mixed)


def _increase(
    later: Sequence[ServedMetric], when_new: float, variance: float, variance_when_new: float
) -> tuple[int, float, float]:
    """By how much the newest windows are worse than when new: as many of them as show it most clearly."""
    found = []
    for count in range(1, min(_NEWEST, len(later)) + 1):
        increase = fmean(one.loss for one in later[-count:]) - when_new
        found.append((count, increase, math.sqrt(variance / count + variance_when_new)))
    return max(found, key=lambda one: (abs(one[1]) / one[2] if one[2] else 0.0, -one[0]))


def _regress(
    runs: Sequence[JudgedRun], increase: float, age: int, deviation: float, noise: float
) -> tuple[float, float, float, float]:
    """Share and rate by the gains of earlier runs, the staleness that follows and its standard deviation."""
    rate_precision = 1 / (_RATE_DEVIATION * noise) ** 2 if noise else math.inf
    a, b, c = 1 / _SHARE_DEVIATION**2, 0.0, rate_precision  # the precision matrix [[a, b], [b, c]]
    p, q = a * _SHARE, 0.0
    for run in runs:
        scatter = (_SHARE * run.deviation) ** 2 + (_GAIN_DEVIATION * noise) ** 2 + (_MISFIT * run.increase) ** 2
        if run.gain is None or not scatter:
            continue
        a += run.increase**2 / scatter
        b += run.increase * run.age / scatter
        c += run.age**2 / scatter
        p += run.increase * run.gain / scatter
        q += run.age * run.gain / scatter
    determinant = a * c - b * b
    share, rate, of_share, both, of_rate = p / a, 0.0, 1 / a, 0.0, 0.0
    if math.isfinite(determinant) and determinant > 0 and (a * q - b * p) > 0:
        share, rate = (c * p - b * q) / determinant, (a * q - b * p) / determinant
        of_share, both, of_rate = c / determinant, -b / determinant, a / determinant
    share = min(1.0, max(0.0, share))
    variance = increase**2 * of_share + 2 * increase * age * both + age**2 * of_rate + (share * deviation) ** 2
    return share, rate, share * increase + rate * age, math.sqrt(max(0.0, variance))


def _expected_positive_part(mean: float, deviation: float) -> float:
    """The mean of the positive part of a normal variable: a version that is worse is not promoted, and gains nothing.

    >>> round(_expected_positive_part(0.0, 1.0), 3), _expected_positive_part(2.0, 0.0)
    (0.399, 2.0)
    """
    if deviation <= 0:
        return max(0.0, mean)
    z = mean / deviation
    return mean * _NORMAL.cdf(z) + deviation * _NORMAL.pdf(z)
