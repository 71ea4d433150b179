"""Gates that compare versions that are equally good, or of which one is better: how often they promote."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from steward.spec.validation_policy import ValidationPolicy
from steward.validation.comparisons import BetterThanChampion
from steward.validation.contest import Contest
from steward.validation.evaluation import GateResult

_EPOCH = np.datetime64("2024-01-01", "us")
_SAW = datetime(2024, 1, 1, tzinfo=UTC)
_SPREAD = 0.14
"""Standard deviation of a row's difference in log loss, in nats, as between versions that differ by 0.01."""


@dataclass(frozen=True)
class Holdout:
    """Days of rows that two versions are compared on.

    Attributes:
        days: of the holdout.
        rows: of a day, at the median.
        shared: standard deviation of what the rows of a day share, in standard errors of its mean at the median size.
        autocorrelation: of what neighbouring days share.
        uneven: standard deviation of the logarithm of the rows of a day.
        slopes: how much of the difference moves with a row's own signal, which days move too.
    """

    days: int
    rows: int = 400
    shared: float = 0.3
    autocorrelation: float = 0.0
    uneven: float = 0.0
    slopes: bool = False

    def judged(self, gain: float, rng: np.random.Generator, policy: ValidationPolicy) -> GateResult:
        """What the gate says of a version that is better by `gain` in the long run, in the label's unit."""
        sizes = np.maximum(5, rng.lognormal(np.log(self.rows), self.uneven, self.days)).astype(int)
        day = np.repeat(np.arange(self.days), sizes)
        scale = self.shared * _SPREAD / np.sqrt(self.rows)
        difference = gain + scale * self._series(rng)[day] + _SPREAD * rng.normal(size=len(day))
        if self.slopes:
            difference += scale * self._series(rng)[day] * rng.normal(1.0, 1.0, len(day))
        contest = Contest(
            labels=np.zeros(len(day)),
            times=_EPOCH + day * np.timedelta64(1, "D"),
            challenger=np.full(len(day), 10.0),
            champion=10.0 + difference,  # the absolute errors differ by this
            champion_version="v1",
            champion_saw_until=None,
            holdout_start=_SAW,
            challenger_saw_until=_SAW,
            features=[],
            declared_features=[],
        )
        return BetterThanChampion().evaluate(contest, policy)

    def _series(self, rng: np.random.Generator) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        found = rng.normal(size=self.days)
        for at in range(1, self.days):
            kept = self.autocorrelation
            found[at] = kept * found[at - 1] + np.sqrt(1 - kept**2) * found[at]
        return found


WORLDS = {
    "independent days": {},
    "days like their neighbours (0.8)": {"autocorrelation": 0.8},
    "the same, slopes move too": {"autocorrelation": 0.8, "slopes": True},
    "uneven days": {"uneven": 1.0},
}


def rate(holdout: Holdout, gain: float, trials: int, seed: int) -> float:
    """Share of trials that promote."""
    rng = np.random.default_rng(seed)
    return sum(holdout.judged(gain, rng, ValidationPolicy()).passed for _ in range(trials)) / trials


def print_promotions(trials: int) -> None:
    """A table of worlds by days."""
    print("| days of 400 rows | of holdout | no better: promoted | better by 0.01 nats: promoted |")
    print("| --- | ---: | ---: | ---: |")
    for name, world in WORLDS.items():
        for days in (5, 7, 14, 28, 56):
            holdout = Holdout(days=days, **world)  # type: ignore[arg-type]
            luck, found = (rate(holdout, gain, trials, days) for gain in (0.0, 0.01))
            print(f"| {name} | {days} | {luck:.1%} | {found:.1%} |", flush=True)
