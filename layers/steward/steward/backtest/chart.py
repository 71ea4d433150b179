"""A chart of a backtest as SVG: what each policy realised in each window, with its runs."""

from html import escape

from steward.backtest.policy_comparison import BacktestReport, PolicyResult
from steward.reporting.drawing import scale
from steward.spec.windows import Window

_WIDTH, _HEIGHT = 960, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 220, 44, 40
_COLOURS = ("#0b6e99", "#c2571a", "#6b4ba3", "#2f7d32", "#a61e4d", "#5f6b7a", "#8a6d00", "#004d66")
_ROOM = 0.06
_FONT = 'font-family="system-ui, sans-serif" font-size="12"'
_SMOOTHED = 4
"""Windows whose mean is drawn, so that lines can be told apart."""
_DAYS = 7
"""At most so many days are written below; more would touch."""
_KEY = "▲ promoted, × refused"


def draw_chart(report: BacktestReport) -> str:
    """The metric of each policy, as a mean of the newest windows; triangles are promotions, crosses refused runs."""
    names = sorted({window.window for policy in report.policies for window in policy.windows})
    lines = [_smooth(policy) for policy in report.policies]
    values = [value for line in lines for value in line.values()]
    low, high = min(values), max(values)
    room = (high - low) * _ROOM or 0.01
    low, high = low - room, high + room

    def x(name: str) -> float:
        return round(_LEFT + names.index(name) * (_WIDTH - _LEFT - _RIGHT) / max(1, len(names) - 1), 1)

    def y(value: float) -> float:
        return round(_TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM), 1)

    title = f"{report.model}: {_title(report.metric)}, mean of {_SMOOTHED} windows"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" {_FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14" font-weight="600" fill="#1c2733">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="37" fill="#5f6b7a">{_KEY}</text>',
    ]
    for value in scale(low, high):
        parts.append(f'<path d="M{_LEFT} {y(value)}H{_WIDTH - _RIGHT}" stroke="#e3e7eb"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y(value) + 4}" text-anchor="end" fill="#5f6b7a">{value:.6g}</text>')
    parts += [
        f'<text x="{x(name)}" y="{_HEIGHT - 14}" text-anchor="middle" fill="#5f6b7a">{_day(name)}</text>'
        for name in names[:: -(-len(names) // _DAYS)]
    ]
    for at, (policy, line) in enumerate(zip(report.policies, lines, strict=True)):
        colour = _COLOURS[at % len(_COLOURS)]
        dashed = ' stroke-dasharray="5 4"' if policy.kind == "schedule" else ""
        points = " ".join(f"{x(name)},{y(value)}" for name, value in line.items())
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"{dashed}/>')
        parts += [_mark(x(window.window), y(line[window.window]), run.outcome, colour)
                  for window in policy.windows for run in window.runs if window.window in line]  # fmt: skip
        height = _TOP + 14 + at * 34
        parts.append(
            f'<path d="M{_WIDTH - _RIGHT + 16} {height - 4}h22" stroke="{colour}" stroke-width="2.4"{dashed}/>'
            f'<text x="{_WIDTH - _RIGHT + 46}" y="{height}" fill="#1c2733">{escape(policy.policy)}</text>'
            f'<text x="{_WIDTH - _RIGHT + 46}" y="{height + 14}" fill="#5f6b7a">mean {policy.mean.value:.4f}, '
            f"{policy.runs} runs</text>"
        )
    return "\n".join([*parts, "</svg>", ""])


def _smooth(policy: PolicyResult) -> dict[str, float]:
    """The mean of each window and those before it, weighted alike."""
    known = [(window.window, window.realised.value) for window in policy.windows if window.realised]
    values = [value for _, value in known]
    return {
        name: sum(values[max(0, at + 1 - _SMOOTHED) : at + 1]) / len(values[max(0, at + 1 - _SMOOTHED) : at + 1])
        for at, (name, _) in enumerate(known)
    }


def _mark(x: float, y: float, outcome: str, colour: str) -> str:
    if outcome == "promoted":
        return f'<path d="M{x} {y - 6}l5 9h-10z" fill="{colour}"/>'
    return f'<path d="M{x - 4} {y - 4}l8 8m0 -8l-8 8" stroke="{colour}" stroke-width="1.6"/>'


def _day(window: str) -> str:
    return f"{Window.parse(window).start:%d %b %Y}"


def _title(metric: str) -> str:
    return "ROC AUC" if metric == "roc_auc" else metric.replace("_", " ")
