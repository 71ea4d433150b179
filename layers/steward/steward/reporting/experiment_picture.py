"""The picture of an experiment: the interval of the gain, closing over time, as one SVG."""

from collections.abc import Sequence

from markupsafe import escape

from steward.experiments.experiment_result import ExperimentResult
from steward.experiments.sequential_comparison import Comparison, Look
from steward.reporting.drawing import scale
from steward.reporting.formatting import figure

WIDTH, HEIGHT = 640, 260
_TOP, _BOTTOM, _LEFT, _RIGHT = 40, 34, 62, 12
_ROOM = 0.12
_WIDEST = 3.0
"""How many times the span of the figures that matter the scale has at most: early intervals are cut off there."""
_COLOURS = (
    ".experiment text{{fill:{ink}}}.experiment .soft{{fill:{soft}}}.experiment .tick{{stroke:{line}}}"
    ".experiment .zero{{stroke:{ink}}}.experiment .margin{{stroke:{critical}}}.experiment .band,.experiment .dot"
    "{{fill:{series}}}.experiment .run{{stroke:{series}}}"
)
_LIGHT = {"ink": "#1a2230", "soft": "#566072", "line": "#dfe3ea", "series": "#2b6cb0", "critical": "#b3261e"}
_DARK = {"ink": "#e7ebf2", "soft": "#a0abbd", "line": "#2c3543", "series": "#7db4f5", "critical": "#ff8a80"}
_STYLE = (
    ".experiment{font:12px system-ui,-apple-system,Segoe UI,Roboto,sans-serif}.experiment .title{font-weight:600}"
    ".experiment .margin{stroke-dasharray:5 4}.experiment .band{fill-opacity:.15}"
    ".experiment .run{fill:none;stroke-width:1.8}"
    f"{_COLOURS.format(**_LIGHT)}@media (prefers-color-scheme:dark){{{_COLOURS.format(**_DARK)}}}"
)
"""The colours of the report's charts; written out, since not every viewer of SVG knows variables."""


def draw_experiment(result: ExperimentResult, challenger: str | None = None, metric: str | None = None) -> str:
    """Draw one challenger on one metric; a document of its own that can also stand inside a page.

    Args:
        result: of the experiment.
        challenger: name of its arm; the one that is promoted, or the first, when left out.
        metric: the one that decides when left out.
    """
    comparison = result.comparison(challenger or result.arm or result.plan.challengers[0], metric)
    title = f"{comparison.challenger} over {result.plan.champion}: gain in {comparison.metric.name}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="experiment" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="{escape(title)}. {escape(result.reason)}.">'
        f'<style>{_STYLE}</style><text class="title" x="{_LEFT}" y="18">{escape(title)}</text>'
        f"{''.join(_plot(result, comparison)) if comparison.looks else _empty(result)}</svg>"
    )


def _empty(result: ExperimentResult) -> str:
    return f'<text class="soft" x="{_LEFT}" y="{HEIGHT // 2}">{escape(result.reason)}</text>'


def _plot(result: ExperimentResult, comparison: Comparison) -> list[str]:
    looks, margin = comparison.looks, comparison.metric.margin
    decides = comparison.metric == result.plan.metric and result.plan.goal == "superiority"
    aim = margin if decides else -margin
    low, high = _range(looks, aim)
    first, last = looks[0].window.timestamp(), looks[-1].window.timestamp()

    def x(look: Look) -> float:
        part = (look.window.timestamp() - first) / (last - first) if last > first else 1.0
        return round(_LEFT + part * (WIDTH - _LEFT - _RIGHT), 1)

    def y(value: float) -> float:
        inside = min(max(value, low), high)
        return round(_TOP + (high - inside) / (high - low) * (HEIGHT - _TOP - _BOTTOM), 1)

    end = WIDTH - _RIGHT
    drawn = [
        f'<line class="tick" x1="{_LEFT}" x2="{end}" y1="{y(tick)}" y2="{y(tick)}"/>'
        f'<text class="soft" x="{_LEFT - 6}" y="{y(tick) + 4}" text-anchor="end">{figure(round(tick, 12))}</text>'
        for tick in scale(low, high)
    ]
    outline = [f"{x(look)},{y(look.high)}" for look in looks]
    outline += [f"{x(look)},{y(look.low)}" for look in reversed(looks)]
    drawn.append(f'<polygon class="band" points="{" ".join(outline)}"/>')
    for name, level in (("zero", 0.0), ("margin", aim)):
        drawn.append(f'<line class="{name}" x1="{_LEFT}" x2="{end}" y1="{y(level)}" y2="{y(level)}"/>')
    drawn.append(f'<polyline class="run" points="{" ".join(f"{x(look)},{y(look.value)}" for look in looks)}"/>')
    drawn += [
        f'<circle class="dot" cx="{x(look)}" cy="{y(look.value)}" r="2.4"><title>{_describe(look)}</title></circle>'
        for look in looks
    ]
    what = "smallest effect sought" if decides else "tolerated loss"
    drawn.append(
        f'<text class="soft" x="{_LEFT}" y="32">band: {100 * (1 - comparison.level):.4g} % '
        f"confidence, for all looks together; dashed: {what}</text>"
        f'<text class="soft" x="{_LEFT}" y="{HEIGHT - 10}">{looks[0].window:%d %b %Y}</text>'
        f'<text class="soft" x="{end}" y="{HEIGHT - 10}" text-anchor="end">{looks[-1].window:%d %b %Y}, '
        f"{looks[-1].rows:,} rows</text>"
    )
    return drawn


def _range(looks: Sequence[Look], aim: float) -> tuple[float, float]:
    """What the scale shows: the newest interval, the aim and zero whole, and of wider intervals before what fits."""
    newest = looks[-1]
    matters = [0.0, aim, newest.low, newest.high, newest.value]
    span = max(matters) - min(matters)
    wide_low, wide_high = min(look.low for look in looks), max(look.high for look in looks)
    low = max(min(*matters, wide_low), min(matters) - _WIDEST * span / 2)
    high = min(max(*matters, wide_high), max(matters) + _WIDEST * span / 2)
    room = (high - low) * _ROOM / 2
    return low - room, high + room


def _describe(look: Look) -> str:
    return (
        f"{look.window:%d %b %Y}: {figure(look.value)}, between {figure(look.low)} and {figure(look.high)}, "
        f"{look.rows:,} rows"
    )
