"""The table and the chart of the simulated experiments."""

import json
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.drawing import INK, MUTED, axes_of, save
from tests.benchmarks.experiments.worlds import EVERY, LOOKS, USERS

KEPT = Path(__file__).resolve().parents[3] / ".local" / "experiments"
ARMS_HEAD = [
    "metric",
    "A/A tests",
    "ever stopped",
    "by a fixed-size test, looked at as often",
    "A/B tests",
    "found at the planned size",
    "by a fixed-size test",
    "part of its power",
    "found by the planned end",
    "wrong direction",
]
RATIOS_HEAD = ["what is assigned", "shares", "experiments", "stopped by 50,000", "by 100,000"]
PROMISED_RATIOS = (
    "Promised: 51 : 49 is found by 100,000 users at least 99 times of 100; at most 0.1 % of right splits are stopped."
)
_EVEN = 0.5
_MOST_ALARMS, _LEAST_POWER, _LEAST_FOUND, _MOST_STOPS = 0.05, 0.85, 0.99, 0.001


def _read(part: str) -> list[dict]:
    return json.loads((KEPT / f"{part}.json").read_text(encoding="utf-8"))


def arms_lines() -> Iterator[list[str]]:
    """A line for each kind of metric."""
    counted = _read("arms")
    for null, effect in zip(counted[::2], counted[1::2], strict=True):
        at_planned = effect["stopped"][USERS // EVERY - 1] - effect["wrong"]
        ratio = at_planned / effect["fixed"]
        alarms = null["stopped"][-1] / null["experiments"]
        yield [
            null["world"],
            f"{null['experiments']:,}",
            _marked(alarms, missed=alarms > _MOST_ALARMS),
            f"{null['peeking'] / null['experiments']:.1%}",
            f"{effect['experiments']:,}",
            f"{at_planned / effect['experiments']:.1%}",
            f"{effect['fixed'] / effect['experiments']:.1%}",
            _marked(ratio, missed=ratio < _LEAST_POWER),
            f"{(effect['stopped'][-1] - effect['wrong']) / effect['experiments']:.1%}",
            f"{effect['wrong']}",
        ]


def ratios_lines() -> Iterator[list[str]]:
    """A line for each share."""
    for counted in _read("ratios"):
        by_half, by_end = (counted["stopped"][look] / counted["experiments"] for look in (49, 99))
        broken = counted["share"] != _EVEN
        missed = by_end < _LEAST_FOUND if broken else by_end > _MOST_STOPS
        yield [
            counted["unit"], "51 : 49" if broken else "50 : 50", f"{counted['experiments']:,}", f"{by_half:.2%}",
            _marked(by_end, missed=missed, digits=2),
        ]  # fmt: skip


def draw(path: Path) -> None:
    """How many experiments were stopped by when, of the first kind of metric."""
    null, effect = _read("arms")[:2]
    figure, axes = axes_of(
        "Looking every 100 users costs little power, and no false alarms",
        f"share of experiments stopped by so many users ({null['world']})",
        height=4.2,
        grid="y",
    )
    users = [(look + 1) * EVERY for look in range(LOOKS)]
    marks = []
    for counted, shade, label, offset in (
        (effect, "#2b6cb0", "with the planned\neffect", 6),
        (null, "#b3261e", "without effect", 6),
    ):
        shares = [stopped / counted["experiments"] for stopped in counted["stopped"]]
        axes.plot(users, shares, color=shade, linewidth=2)
        marks.append((users[-1], shares[-1], f"{label}: {shares[-1]:.1%}", (-6, offset), "right"))
    fixed, peeking = effect["fixed"] / effect["experiments"], null["peeking"] / null["experiments"]
    for share, label, offset, side in (
        (fixed, "a test of fixed size", (-8, 6), "right"),
        (peeking, "its false alarms,\nlooked at as often", (9, -9), "left"),
    ):
        axes.plot([USERS], [share], "o", color=MUTED)
        marks.append((USERS, share, f"{label}: {share:.1%}", offset, side))
    for at, share, label, offset, side in marks:
        axes.annotate(label, (at, share), textcoords="offset points", xytext=offset, ha=side, color=INK, fontsize=9)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    save(figure, path)


def draw_ratios(path: Path) -> None:
    """How many experiments the sample ratio has stopped by when."""
    figure, axes = axes_of(
        "A split of 51 : 49 is found, and a right one is left alone",
        "share of experiments stopped by the sample ratio, with a look every 1,000 users",
        height=4.2,
        grid="y",
    )
    for counted in _read("ratios"):
        broken, rows = counted["share"] != _EVEN, counted["unit"] == "row"
        shares = [stopped / counted["experiments"] for stopped in counted["stopped"]]
        users = [(look + 1) * 1000 for look in range(len(shares))]
        shade = "#2b6cb0" if broken else "#b3261e"
        axes.plot(users, shares, color=shade, linewidth=2, linestyle="-" if rows else "--")
        label = f"{'51 : 49' if broken else '50 : 50'}, {counted['unit']}s: {shares[-1]:.2%}"
        place = (-6, -34 - 16 * (not rows)) if broken else (-6, 6 + 16 * (not rows))
        axes.annotate(
            label.replace("entitys", "entities"), (users[-1], shares[-1]), textcoords="offset points", xytext=place,
            ha="right", color=INK, fontsize=9,
        )  # fmt: skip
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("users", color=MUTED)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    save(figure, path)


def _marked(share: float, *, missed: bool, digits: int = 1) -> str:
    return f"{share:.{digits}%}" + (", **missed**" if missed else "")
