"""How the demo's year looks: the champion's AUC beside the first version's, with what Steward did below."""

from collections.abc import Sequence
from datetime import date, timedelta
from html import escape
from io import StringIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from infra.demo.timeline import SUMMER, TimelineRow, figure_text, interval_text, signed, summer_means, worst_text

# Okabe and Ito's colours, darkened where they would be faint on white. The HTML swaps each for a CSS variable.
INK, MUTED, GRID, SHADE = "#1f2329", "#5d6670", "#d9dde2", "#eef1f4"
CHAMPION, FIRST, ALERT, PROMOTED, REFUSED = "#0b66a8", "#c1500c", "#976000", "#007a58", "#a3427f"
_VARIABLES = {
    INK: ("ink", "#e8eaed"),
    MUTED: ("muted", "#a3acb6"),
    GRID: ("grid", "#3a4048"),
    SHADE: ("shade", "#23282e"),
    CHAMPION: ("champion", "#6db7f2"),
    FIRST: ("first", "#f2935c"),
    ALERT: ("alert", "#e3b341"),
    PROMOTED: ("promoted", "#4fd0a5"),
    REFUSED: ("refused", "#e08fc2"),
}
_LANES = (("alert raised", "D", ALERT), ("promoted", "^", PROMOTED), ("refused", "X", REFUSED))
_HALF_A_WEEK = timedelta(days=3, hours=12)


def draw_timeline(rows: Sequence[TimelineRow]) -> Figure:
    """Two AUC curves with the champion's interval, and a lane each for alerts, promotions and refusals.

    Args:
        rows: the weeks in order, at least one. A week without labels yet leaves a gap.

    Returns:
        A figure of its own; no global state of pyplot is touched.
    """
    figure = Figure(figsize=(11, 6), layout="constrained")
    curves, lanes = figure.subplots(2, 1, sharex=True, height_ratios=[5, 1])
    for axes in (curves, lanes):
        _quieten(axes)
        _shade_summer(axes)
    _draw_curves(curves, rows)
    _draw_lanes(lanes, rows)
    for row in rows:
        if row.promoted:
            for axes in (curves, lanes):
                axes.axvline(_moment(_after(row)), color=PROMOTED, linewidth=1, linestyle=(0, (1, 2)), zorder=1)
    figure.suptitle(_headline(rows), x=0.012, ha="left", color=INK, fontsize=14, fontweight="bold")
    return figure


def save_chart(rows: Sequence[TimelineRow], folder: Path, title: str) -> tuple[Path, Path]:
    """Write `timeline.png` and the self-contained `timeline.html` into the folder, which is made if missing."""
    folder.mkdir(parents=True, exist_ok=True)
    png, page = folder / "timeline.png", folder / "timeline.html"
    draw_timeline(rows).savefig(png, dpi=150, facecolor="white")
    page.write_text(timeline_page(rows, title), encoding="utf-8")
    return png, page


def timeline_page(rows: Sequence[TimelineRow], title: str) -> str:
    """One HTML page with the chart as inline SVG and the table, light or dark as the reader's system is; no network."""
    light = "".join(f"--{name}:{colour};" for colour, (name, _) in _VARIABLES.items())
    dark = "".join(f"--{name}:{colour};" for name, colour in _VARIABLES.values())
    return _PAGE.format(
        title=escape(title),
        headline=escape(_headline(rows)),
        light=light,
        dark=dark,
        svg=_themed_svg(rows),
        lines="\n".join(_table_line(row) for row in rows),
    )


def _draw_curves(axes: Axes, rows: Sequence[TimelineRow]) -> None:
    middles = np.array([_moment(row.week, _HALF_A_WEEK) for row in rows])
    champion, low, high, first = (
        np.array([np.nan if value is None else value for value in column])
        for column in zip(*((row.auc, row.auc_low, row.auc_high, row.first_version_auc) for row in rows), strict=True)
    )
    axes.fill_between(middles, low, high, color=CHAMPION, alpha=0.18, linewidth=0)
    axes.plot(middles, first, color=FIRST, linewidth=1.8, linestyle=(0, (5, 2)), marker=".", markersize=3)
    axes.plot(middles, champion, color=CHAMPION, linewidth=2.2, marker=".", markersize=5)
    axes.set_title("realised ROC AUC, week by week", loc="left", color=MUTED, fontsize=10)
    axes.set_xlim(_moment(rows[0].week), _moment(rows[-1].week, 2 * _HALF_A_WEEK))
    summer = _moment(SUMMER[0])
    if summer < axes.get_xlim()[1]:  # a demo stopped in spring has no summer to name
        axes.text(summer, 1.02, "June to September", transform=axes.get_xaxis_transform(), color=MUTED, fontsize=10)
    known = ~np.isnan(champion) & ~np.isnan(first)
    if known.any():
        _label_line_ends(axes, float(middles[-1]), float(champion[known][-1]), float(first[known][-1]))


def _label_line_ends(axes: Axes, at: float, champion: float, first: float) -> None:
    """Name each line at its own end, moved apart where the ends meet."""
    bottom, top = axes.get_ylim()
    room = 0.12 * (top - bottom)
    lift = max(0.0, room - abs(champion - first)) / 2 * (1 if champion >= first else -1)
    for name, value, colour in (
        ("live champion\nwith 95 % interval", champion + lift, CHAMPION),
        ("first version,\nnever retrained", first - lift, FIRST),
    ):
        axes.annotate(
            name, (at, value), xytext=(14, 0), textcoords="offset points", va="center", color=colour,
            fontweight="bold", fontsize=9.5, annotation_clip=False,
        )  # fmt: skip


def _draw_lanes(axes: Axes, rows: Sequence[TimelineRow]) -> None:
    happened = ([r for r in rows if r.alerts], [r for r in rows if r.promoted], [r for r in rows if r.refused])
    for height, ((_, marker, colour), lane) in enumerate(zip(_LANES, happened, strict=True)):
        moments = [_moment(_after(row)) for row in lane]
        axes.plot(moments, [-height] * len(lane), marker, color=colour, markersize=7, clip_on=False, zorder=3)
    axes.set_yticks([0, -1, -2], [name for name, _, _ in _LANES])
    for text, (_, _, colour) in zip(axes.get_yticklabels(), _LANES, strict=True):
        text.set_color(colour)
    axes.set_ylim(-2.6, 0.6)
    months = _month_starts(rows[0].week, _after(rows[-1]))
    axes.set_xticks([_moment(month) for month in months], [f"{month:%b}" for month in months])


def _quieten(axes: Axes) -> None:
    axes.set_facecolor("none")
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, colors=MUTED)


def _shade_summer(axes: Axes) -> None:
    start, end = SUMMER
    axes.axvspan(_moment(start), _moment(end), color=SHADE, zorder=0, linewidth=0)


def _headline(rows: Sequence[TimelineRow]) -> str:
    means = summer_means(rows)
    if means is None:
        return "Live champion and first version, week by week"
    side = "above" if means.gain >= 0 else "below"
    return (
        f"June to September: mean AUC {means.champion:.3f}, "
        f"{abs(means.gain):.3f} {side} the first version's {means.first_version:.3f}"
    )


def _after(row: TimelineRow) -> date:
    """Decisions speak for the end of their week."""
    return row.week + timedelta(days=7)


def _moment(day: date, offset: timedelta = timedelta()) -> float:
    """Where a moment stands on the axis, in days."""
    return day.toordinal() + offset.total_seconds() / 86_400


def _month_starts(first: date, last: date) -> list[date]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [date(month // 12, month % 12 + 1, 1) for month in months]
    return [start for start in starts if first <= start <= last]


def _themed_svg(rows: Sequence[TimelineRow]) -> str:
    """The figure as SVG whose colours are CSS variables, the same bytes for the same rows."""
    drawing = StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "timeline"}):
        figure = draw_timeline(rows)
        figure.suptitle("")
        figure.savefig(
            drawing, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
        )
    svg = drawing.getvalue()
    for colour, (name, _) in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{name})")
    return svg[svg.index("<svg") :]


def _table_line(row: TimelineRow) -> str:
    outcome = "" if row.run is None else f"{row.run.outcome} {row.run.version} {row.run.reason}"
    style = "" if row.run is None else f' class="{row.run.outcome}"'
    cells = (
        f"{row.week:%d %b}",
        row.champion,
        ", ".join(row.drifted),
        interval_text(row),
        figure_text(row.estimated_auc),
        figure_text(row.first_version_auc),
        signed(row.covariate_shift_effect),
        signed(row.concept_drift_effect),
        worst_text(row),
        ", ".join(row.alerts),
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}<td{style}>{escape(outcome)}</td></tr>"


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --page: #ffffff; {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #15181c; {dark} }} }}
body {{ margin: 2rem auto; max-width: 72rem; padding: 0 1rem; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }}
svg {{ width: 100%; height: auto; }}
svg text {{ font-family: system-ui, sans-serif !important; }}
.scroll {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .3rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--grid); }}
th {{ color: var(--muted); font-weight: 600; }}
td:nth-child(-n+2), td:nth-child(5), td:nth-child(6) {{ white-space: nowrap; }}
.promoted {{ color: var(--promoted); }} .refused {{ color: var(--refused); }} .failed {{ color: var(--first); }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{headline}.</p>
<figure style="margin:0" role="img" aria-label="{headline}">{svg}</figure>
<div class="scroll"><table>
<thead><tr><th>Week</th><th>Champion</th><th>Drifted</th><th>AUC (interval)</th><th>Estimated</th><th>First version</th>
<th>Covariate shift</th><th>Concept drift</th><th>Worst segment</th>
<th>Alerts raised</th><th>Run</th></tr></thead>
<tbody>
{lines}
</tbody>
</table></div>
</body>
</html>
"""
