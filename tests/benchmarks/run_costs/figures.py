"""The table and the chart of the study of run costs, from what it left under `.local/run_costs/`."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from infra.demo.chart import CHAMPION, FIRST, PROMOTED, REFUSED
from tests.benchmarks.drawing import GRID, INK, MUTED, save
from tests.benchmarks.run_costs.streams import FOLDER, STREAMS

RATIOS = tuple(0.01 * 2**step for step in range(10))
"""What a run costs, in mean losses of a window under a version retrained at each: ten, each twice the one before."""

POLICIES = ("cost_aware", "every 4 windows", "ADWIN", "DDM", "KSWIN", "default")
RIVALS = POLICIES[1:]
RESULTS = FOLDER / "results.json"
BELOW, WITHIN = 0.8, 0.15
"""What was asked for: cells in which cost_aware costs less, and its distance from the best in the median."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Total costs of all cells.

    Attributes:
        totals: by policy, over the best schedule in hindsight, mean over seeds, shape (streams, ratios).
        runs: likewise the mean number of runs; `best` is the best schedule in hindsight.
    """

    totals: dict[str, NDArray[np.float64]]
    runs: dict[str, NDArray[np.float64]]

    @classmethod
    def load(cls) -> "Costs":
        """As the study left them."""
        content = json.loads(RESULTS.read_text())
        return cls(
            {name: np.array(values) for name, values in content["totals"].items()},
            {name: np.array(values) for name, values in content["runs"].items()},
        )

    def below(self, rivals: Sequence[str] = RIVALS) -> NDArray[np.bool_]:
        """The cells in which cost_aware costs less than each of some rivals, shape (streams, ratios)."""
        mine = self.totals["cost_aware"]
        return np.all(
            [~(mine >= self.totals[rival]) for rival in rivals], axis=0
        )  # where one was not measured, the others count

    def measured(self, rival: str) -> NDArray[np.bool_]:
        """The cells that a rival was measured in, shape (streams, ratios)."""
        return ~np.isnan(self.totals[rival])


HEAD = ("stream", *(f"{ratio:g}" for ratio in RATIOS))


def cells() -> Iterator[list[str]]:
    """By stream and ratio what cost_aware costs over the best in hindsight, and the rivals that do not cost more."""
    costs = Costs.load()
    for at, stream in enumerate(STREAMS):
        line = [stream]
        for ratio in range(len(RATIOS)):
            mine = costs.totals["cost_aware"][at, ratio]
            lost = [rival for rival in RIVALS if costs.totals[rival][at, ratio] <= mine]
            line.append(f"{mine - 1:+.1%}" + (f" **{', '.join(lost)}**" if lost else ""))
        yield line


SUMMARY_HEAD = ("policy", "over the best in hindsight, median of cells", "mean", "worst", "runs, mean",
                "cells in which cost_aware costs less")  # fmt: skip


def summary() -> Iterator[list[str]]:
    """By policy its cost over the best in hindsight, and how often cost_aware costs less."""
    costs = Costs.load()
    for name in POLICIES:
        known = costs.measured(name)
        over = costs.totals[name][known] - 1
        below = "–" if name == "cost_aware" else f"{int(costs.below([name])[known].sum())} of {over.size}"
        yield [
            name, f"{np.median(over):.1%}", f"{over.mean():.1%}", f"{over.max():.0%}",
            f"{costs.runs[name][known].mean():.1f}", below,
        ]  # fmt: skip


def verdicts() -> Iterator[list[str]]:
    """What was asked for, and what was found."""
    costs = Costs.load()
    for rival in RIVALS:
        share = costs.below([rival])[costs.measured(rival)].mean()
        yield [f"lower total cost than {rival} in at least {BELOW:.0%} of the cells", _said(share, share >= BELOW)]
    share = costs.below().mean()
    yield [f"than all of them at once in at least {BELOW:.0%}", _said(share, share >= BELOW)]
    median = float(np.median(costs.totals["cost_aware"])) - 1
    yield [f"within {WITHIN:.0%} of the best schedule in hindsight in the median", _said(median, median <= WITHIN)]


def _said(share: float, reached: bool) -> str:  # noqa: FBT001 - a cell of the table
    return f"{share:.1%}" + ("" if reached else ", **missed**")


_COLOURS = (CHAMPION, MUTED, FIRST, REFUSED, PROMOTED, "#6b4ba3")


def draw(path: Path) -> None:
    """Cost over the best in hindsight by ratio, a panel a stream."""
    costs = Costs.load()
    figure = Figure(figsize=(11, 6.6), layout="constrained")
    for at, (panel, stream) in enumerate(zip(figure.subplots(2, 3, sharex=True).flat, STREAMS, strict=True)):
        for name, shade in zip(POLICIES, _COLOURS, strict=True):
            panel.plot(RATIOS, costs.totals[name][at] - 1, color=shade, label=name,
                       linewidth=2.6 if name == "cost_aware" else 1.3)  # fmt: skip
        panel.set_xscale("log", base=2)
        panel.set_yscale("symlog", linthresh=0.1)
        panel.set_title(stream, loc="left", color=INK, fontsize=11)
        panel.spines[["top", "right", "left", "bottom"]].set_visible(False)
        panel.grid(axis="y", color=GRID, linewidth=0.8)
        panel.tick_params(length=0, colors=MUTED, which="both")
        panel.set_xticks(RATIOS[::2], [f"{ratio:g}" for ratio in RATIOS[::2]])
        panel.set_yticks([0, 0.05, 0.1, 0.5, 1], ["0", "5 %", "10 %", "50 %", "100 %"])
        panel.set_ylim(bottom=-0.01)
        panel.minorticks_off()
    figure.suptitle("Total cost over the best schedule in hindsight, by the cost of a run in mean losses of a window",
                    x=0.012, ha="left", color=INK, fontsize=13, fontweight="bold")  # fmt: skip
    figure.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=len(POLICIES), frameon=False)
    save(figure, path)
