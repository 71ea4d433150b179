"""Compares the rows of a window with the usual number for its place in the week."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import numpy as np

from steward.array_types import Floats
from steward.drift.drift_messages import chance_of
from steward.drift.survival import f_sf, upper_gamma
from steward.evidence.window_evidence import WindowEvidence
from steward.results import FILLING, MetricResult, Status, count_of

WEEK, DAY = timedelta(weeks=1), timedelta(days=1)

FEWEST_WINDOWS = 7
"""Earlier windows, over at least a week, before anything is called usual: until then weekends have not been seen."""

_FEWEST_WEEKS = 3
_FEWEST_DAYS = 5
_WEEKS, _DAYS, _WINDOWS = 8, 28, 28
_MEDIAN = math.pi / 2
"""How much more a median of normal values varies than their mean."""


SCALES: tuple[Callable[[Floats | float], Floats], ...] = (np.log, lambda ratio: 3 * (np.cbrt(ratio) - 1))
"""What ratios to the usual are put through, to be near to normal: both are the relative change, where that is small."""


@dataclass(frozen=True, slots=True)
class ExpectedVolume:
    """What is usual for a window.

    Attributes:
        rows: the median of the windows that it is compared with.
        spreads: how much one more window differs from that median, as a standard deviation, on each of `SCALES`.
        degrees: of freedom that the spreads were estimated with.
        windows: how many it is compared with.
        place: which they are, in words.
    """

    rows: float
    spreads: tuple[float, ...]
    degrees: int
    windows: int
    place: str

    def chance(self, rows: int) -> float:
        """The chance of a number of rows at least as far from the usual, either way.

        Counts of people's doings vary far more than Poisson's do. So it is Student's tail, with the spread of past
        windows, of the logarithm and of the cube root, the larger of the two: one is normal where windows vary by a
        lognormal factor, the other where by a gamma one, and each is too sure of one side of the other. It is never
        less than Poisson's own tail, which is exact where rows are few.

        Sources: Student (1908), Biometrika 6, 1-25; for the cube root E. B. Wilson and M. M. Hilferty (1931), The
        distribution of chi-square, Proceedings of the National Academy of Sciences 17, 684-688.
        """
        ratio = rows / self.rows
        scaled = list(zip(SCALES, self.spreads, strict=True))
        between_windows = max(
            f_sf((float(scale(ratio)) / spread) ** 2, 1, self.degrees)
            for scale, spread in (scaled if rows else scaled[1:])  # none at all has no logarithm
        )
        below, above = upper_gamma(rows + 1, self.rows), 1 - upper_gamma(rows, self.rows) if rows else 1.0
        return min(1.0, max(between_windows, 2 * min(below, above)))


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """Too few or too many rows: beyond chance at the declared rate, and by the declared relative change.

    A window is compared with those of the same hour of the week; with fewer than three of them, with those of the same
    hour of the day; else with the windows just before. A window without any record has no check and is no part of what
    is usual. Too few rows are no breach while the window may not have ended. A window is checked with what has come by
    its end and the declared `window.allowed_lateness`: where files take longer, that is what to lengthen.
    """
    monitor = evidence.spec.monitors.volume
    if monitor is None:
        return []
    rows = evidence.profile.rows
    usual = expected_rows(evidence.volumes, evidence.number, evidence.window.length)
    if usual is None or not rows:
        known = sum(number < evidence.number for number in evidence.volumes)
        reason = f"{known} earlier windows are known, and a week of them, at least {FEWEST_WINDOWS}, is needed"
        message = f"{count_of(rows, 'row')}; what is usual is not known yet: {reason}" if rows else "there are no rows"
        return [MetricResult(monitor="volume", statistic="rows", rows=rows, status="unknown", message=message)]
    change = rows / usual.rows - 1
    chance = usual.chance(rows)
    rate = monitor.rate(evidence.window.length)
    real, matters = chance <= rate, abs(change) >= monitor.minimum_change
    filling = real and matters and change < 0 and not evidence.ended
    status: Status = "unknown" if filling else "breach" if real and matters else "ok"
    way = "more" if change > 0 else "fewer"
    message = f"{count_of(rows, 'row')}, {abs(change):.0%} {way} than the {usual.rows:,.0f} usual for {usual.place}"
    if status == "breach":
        message += f"; {chance_of(chance)}"
    elif filling:
        message += "; it cannot be judged until a record of a later window comes, since this one may not have ended"
    elif matters:
        message += ", no more than windows differ"
    return [
        MetricResult(
            monitor="volume",
            statistic=FILLING if filling else "rows",
            value=float(rows),
            threshold=monitor.minimum_change,
            p_value=None if filling else chance,
            significance=rate,
            effect=change,
            baseline=usual.rows,
            rows=rows,
            baseline_rows=usual.windows,
            status=status,
            message=message,
        )
    ]


def expected_rows(volumes: Mapping[int, int], number: int, length: timedelta) -> ExpectedVolume | None:
    """What is usual for a window; None where too little is known.

    Spreads are pooled over all places of the rhythm (the residual variance of a one-way layout), so that three weeks
    of hourly windows give hundreds of degrees of freedom; they are never less than Poisson's. To them comes the
    median's own error.

    Args:
        volumes: rows of windows, by number; those of `number` and later are left out of account.
        number: of the window.
        length: of windows.
    """
    earlier = {at: rows for at, rows in volumes.items() if at < number and rows > 0}
    if len(earlier) < FEWEST_WINDOWS or (number - min(earlier)) * length < WEEK:
        return None
    for rhythm, fewest, most, place in (
        (WEEK, _FEWEST_WEEKS, _WEEKS, "this hour of the week" if length < DAY else "this day of the week"),
        (DAY, _FEWEST_DAYS, _DAYS, "this hour of the day"),
        (length, FEWEST_WINDOWS, _WINDOWS, "the windows before"),
    ):
        if rhythm < length or rhythm % length or (rhythm == length and place != "the windows before"):
            continue
        step = rhythm // length
        newest = {at: rows for at, rows in earlier.items() if at >= number - step * most}
        places: dict[int, list[int]] = {}
        for at in sorted(newest):
            places.setdefault((number - at) % step, []).append(newest[at])
        here = places.get(0, [])
        if len(here) >= fewest:
            return _expected_volume(here, list(places.values()), place)
    return None


def _expected_volume(here: Sequence[int], places: Sequence[Sequence[int]], place: str) -> ExpectedVolume:
    middle = float(median(here))
    sizes = np.array([len(rows) for rows in places])
    degrees = max(1, int((sizes - 1).sum()))
    ratios = np.array([rows / centre for found in places for centre in [median(found)] for rows in found])
    where = np.repeat(np.arange(len(sizes)), sizes)

    def variance(values: Floats) -> float:
        within = values - (np.bincount(where, values) / sizes)[where]
        return max(float(within @ within) / degrees, 1 / middle)

    return ExpectedVolume(
        rows=middle,
        spreads=tuple(math.sqrt(variance(scale(ratios)) * (1 + _MEDIAN / len(here))) for scale in SCALES),
        degrees=degrees,
        windows=len(here),
        place=place,
    )
