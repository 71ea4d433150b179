"""Coordinates of trend charts; the page's template renders them as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from steward.monitoring.check import Bar
from steward.reporting.formatting import day, figure
from steward.reporting.reported_monitors import Point, Trend
from steward.results import shorten

WIDTH, HEIGHT = 320, 120
_TOP, _BOTTOM, _LEFT, _RIGHT = 10, 8, 40, 6
_TICKS = 5
"""Steps of the scale, at most."""
_THOUSAND, _MILLION = 1e4, 1e6
"""From which on the scale counts in thousands and millions."""
_SPARK_WIDTH, _SPARK_HEIGHT, _SPARKS = 96, 22, 30
_BAR_ROOM, _BAR_ROW, _LABEL = 200, 15, 20
_ROOM = 0.08
"""Part of the height that is left free above and below."""


@dataclass(frozen=True, slots=True)
class Dot:
    """One window: where it is, what it was, and how it is to look."""

    x: float
    y: float
    label: str
    bad: bool
    estimated: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A trend as coordinates, y downwards.

    Attributes:
        lines: the runs of realised figures, of one version each, as the points of a polyline.
        estimated: the runs of estimated ones.
        band: the outline of the estimates' intervals; empty without.
        dots: every window.
        limit, baseline: their heights; None where there is none, or it is far outside.
        changes: where another version took over; limit and baseline are those of the last one, and begin there.
        ticks: the heights of the scale, each with the figure that it stands for.
        lowest, highest: of the figures that are drawn.
        first, last: the windows at both ends.
    """

    lines: list[str]
    estimated: list[str]
    band: str
    dots: list[Dot]
    limit: float | None
    baseline: float | None
    changes: list[float]
    ticks: list[tuple[float, str]]
    lowest: float
    highest: float
    first: str
    last: str


def chart(trend: Trend) -> Chart:
    """A trend of two points at least, as coordinates."""
    points = trend.points
    values = [point.value for point in points]
    drawn = [*values, *(edge for point in points for edge in (point.low, point.high) if edge is not None)]
    drawn += [level for level in (trend.limit, trend.baseline) if level is not None and _near(level, values)]
    low, high = min(drawn), max(drawn)
    room = (high - low) * _ROOM or abs(high) * _ROOM or 1.0
    low, high = (low - room if low < 0 else max(0.0, low - room)), high + room

    def x(place: int) -> float:
        return round(_LEFT + place * (WIDTH - _LEFT - _RIGHT) / (len(points) - 1), 1)

    def y(value: float) -> float:
        return round(_TOP + (high - value) / (high - low) * (HEIGHT - _TOP - _BOTTOM), 1)

    dots = [
        Dot(x(place), y(point.value), describe_point(point, trend), bad=bool(point.bad), estimated=point.estimated)
        for place, point in enumerate(points)
    ]
    with_band = [place for place, point in enumerate(points) if point.low is not None and point.high is not None]
    upper = [f"{x(place)},{y(points[place].high or 0)}" for place in with_band]
    lower = [f"{x(place)},{y(points[place].low or 0)}" for place in reversed(with_band)]
    return Chart(
        lines=_runs(points, dots, estimated=False),
        estimated=_runs(points, dots, estimated=True),
        band=" ".join([*upper, *lower]) if len(with_band) > 1 and _together(with_band) else "",
        dots=dots,
        limit=y(trend.limit) if trend.limit is not None and _near(trend.limit, values) else None,
        baseline=y(trend.baseline) if trend.baseline is not None and _near(trend.baseline, values) else None,
        changes=[
            round((x(place) + x(place - 1)) / 2, 1)
            for place in range(1, len(points))
            if points[place].version != points[place - 1].version
        ],
        ticks=[(y(value), _short(value)) for value in scale(low, high)],
        lowest=min(values),
        highest=max(values),
        first=day(points[0].window),
        last=day(points[-1].window),
    )


@dataclass(frozen=True, slots=True)
class BarRow:
    """The two bars of some values of a column: where they are, and how long."""

    y: float
    label: str
    before: float
    after: float
    title: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A distribution as coordinates."""

    rows: list[BarRow]
    height: float


def bars(shares: Sequence[Bar]) -> Bars:
    """The bars of a distribution, the longest as long as there is room."""
    longest = max((max(bar.baseline, bar.window) for bar in shares), default=0.0) or 1.0

    def length(share: float) -> float:
        return round(share / longest * _BAR_ROOM, 1)

    rows = [
        BarRow(
            y=2 + at * _BAR_ROW,
            label=shorten(bar.label, _LABEL),
            before=length(bar.baseline),
            after=length(bar.window),
            title=f"{bar.label}: {bar.window:.1%} of the rows, {bar.baseline:.1%} in the baseline",
        )
        for at, bar in enumerate(shares)
    ]
    return Bars(rows, 4 + len(rows) * _BAR_ROW)


def scale(low: float, high: float) -> list[float]:
    """Round figures between two others, evenly spaced: steps of 1, 2 or 5 times a power of ten.

    >>> scale(0.0, 2.0), scale(340.0, 930.0)
    ([0.0, 0.5, 1.0, 1.5, 2.0], [400.0, 600.0, 800.0])
    """
    rough = (high - low) / _TICKS
    if not math.isfinite(rough) or rough <= 0:
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _short(value: float) -> str:
    """A figure of the scale, where little room is."""
    if abs(value) >= _MILLION:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if abs(value) >= _THOUSAND else f"{value:.6g}"


@dataclass(frozen=True, slots=True)
class Spark:
    """A small trend beside a line of text: the runs of known figures, the limit's height, and the last one."""

    lines: list[str]
    limit: float
    last: tuple[float, float]


def spark(distances: Sequence[float | None]) -> Spark | None:
    """How far a figure was from usual, its limit being 1; None where fewer than two windows are known."""
    newest = list(distances)[-_SPARKS:]
    known = [value for value in newest if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - one is no trend
        return None
    high = max(1.3, *known)
    places = [(round(2 + at * (_SPARK_WIDTH - 4) / (len(newest) - 1), 1), value) for at, value in enumerate(newest)]

    def y(value: float) -> float:
        return round(2 + (high - max(value, 0.0)) / high * (_SPARK_HEIGHT - 4), 1)

    runs: list[list[str]] = [[]]
    for x, value in places:
        if value is None:
            runs.append([])
        else:
            runs[-1].append(f"{x},{y(value)}")
    x, last = [place for place in places if place[1] is not None][-1]
    return Spark(lines=[" ".join(run) for run in runs if len(run) > 1], limit=y(1.0), last=(x, y(last or 0.0)))


def describe_point(point: Point, trend: Trend) -> str:
    """One window of a trend, in words."""
    words = [f"{day(point.window)}: {figure(point.value)}"]
    if trend.unit:
        words.append(trend.unit)
    if point.estimated:
        words.append("by estimate")
    if point.bad:
        words.append("(beyond its limit)")
    return " ".join(words)


def _near(level: float, values: Sequence[float]) -> bool:
    """Whether a level can be drawn without pressing the figures flat."""
    span = max(values) - min(values) or abs(max(values)) or 1.0
    return min(values) - 3 * span <= level <= max(values) + 3 * span


def _runs(points: Sequence[Point], dots: Sequence[Dot], *, estimated: bool) -> list[str]:
    """Polylines through neighbouring windows of one version and one kind."""
    runs: list[list[str]] = []
    before: tuple[int, str] | None = None
    for place, (point, dot) in enumerate(zip(points, dots, strict=True)):
        if point.estimated != estimated:
            continue
        if before != (place - 1, point.version):
            runs.append([])
        runs[-1].append(f"{dot.x},{dot.y}")
        before = place, point.version
    return [" ".join(run) for run in runs if len(run) > 1]


def _together(places: Sequence[int]) -> bool:
    return places[-1] - places[0] == len(places) - 1
