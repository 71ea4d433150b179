"""Tables of models that break, and of false messages in many years."""

import numpy as np

from .breaks import Break, World, false_alarms, windows_until_told

BINARY, SEVERAL = "binary_classification", "multiclass_classification"
BREAKS: tuple[Break, ...] = ("noise", "inverted", "relation changed")
DECAY = 30
"""Windows over which a decaying model loses all that it knows."""
EXPENSIVE = 20_000
"""Rows of a window from which on a third of the runs must do."""

WORLDS = (
    *(World(BINARY, share, window, rows) for share, window, rows in (
        (0.5, "1h", 125), (0.5, "1d", 3000), (0.5, "1w", 21_000),
        (0.1, "1h", 125), (0.1, "1h", 500), (0.1, "1d", 3000), (0.1, "1w", 21_000),
        (0.01, "1h", 125), (0.01, "1h", 5000), (0.01, "1d", 3000), (0.01, "1w", 21_000),
        (0.001, "1h", 125), (0.001, "1h", 50_000), (0.001, "1d", 3000), (0.001, "1d", 40_000),
        (0.001, "1w", 21_000), (0.001, "1w", 40_000),
    )),
    *(World("regression", 0.0, window, rows) for window, rows in (("1h", 125), ("1d", 3000), ("1w", 21_000))),
    *(World(SEVERAL, share, window, rows) for share, window, rows in (
        (0.3, "1h", 125), (0.3, "1d", 3000), (0.3, "1w", 21_000), (0.01, "1d", 3000), (0.01, "1w", 21_000),
    )),
)  # fmt: skip

YEARS = (
    *(World(BINARY, share, window, rows) for share in (0.5, 0.1, 0.01, 0.001) for window, rows in (
        ("1h", 125), ("1d", 3000),
    )),
    *(World("regression", 0.0, window, rows) for window, rows in (("1h", 125), ("1d", 3000))),
    *(World(SEVERAL, share, window, rows) for share in (0.3,) for window, rows in (("1h", 125), ("1d", 3000))),
)  # fmt: skip


def print_breaks(runs: int) -> None:
    """The share of runs that are told of within three windows, and how long a decay goes on."""
    print(
        "| task, rarest class | window | labelled rows | noise | inverted | relation changed | decay: windows of 30 |"
    )
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    for at, world in enumerate(WORLDS):
        cells, count = [], runs if world.rows < EXPENSIVE else runs // 3
        for broken in BREAKS:
            told = windows_until_told(world, broken, count, np.random.default_rng([at, len(broken)]), good=10)
            cells.append(f"{sum(number is not None for number in told) / count:.1%}")
        decays = windows_until_told(world, "decay", 20, np.random.default_rng(at), most=DECAY, good=10)
        known = sorted(number or DECAY + 1 for number in decays)
        middle, last = known[len(known) // 2], known[-1]
        text = [str(number) if number <= DECAY else f"over {DECAY}" for number in (middle, last)]
        cells.append(f"{text[0]}, at most {text[1]}")
        print(f"| {_name(world)} | {world.window} | {world.rows:,} | {' | '.join(cells)} |", flush=True)


def print_years(years: int) -> None:
    """False alarms of performance monitors of a model that is as ever."""
    print(f"| task, rarest class | window | labelled rows | false messages in {years:,} years |")
    print("| --- | --- | ---: | ---: |")
    for at, world in enumerate(YEARS):
        found = false_alarms(
            world, years, np.random.default_rng(at), holdouts=20, bank=1000 if world.window == "1h" else 300
        )
        print(f"| {_name(world)} | {world.window} | {world.rows:,} | {found:,} |", flush=True)


def _name(world: World) -> str:
    kind = {BINARY: "binary", SEVERAL: "three classes"}.get(world.task, world.task)
    return kind if world.task == "regression" else f"{kind}, {world.share:.2g}"
