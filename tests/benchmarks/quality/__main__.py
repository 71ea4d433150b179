"""How often quality monitors that decide by chance cry wolf on unchanged data: `python -m tests.benchmarks.quality`.

Every window is drawn from what its baseline was drawn from, so that any breach is a false alarm. It is seeded.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from steward.baselines.baseline import Baseline
from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.quality import constant_columns, scale_consistency
from steward.quality.volume import expected_rows
from steward.records.columns import Chunk, NumericColumn
from steward.spec.document import read_spec
from steward.spec.windows import Window

Draw = Callable[[np.random.Generator, int], NDArray[np.float64]]

HOUR = timedelta(hours=1)
WEEK = 168


def _clustered(random: np.random.Generator, rows: int) -> NDArray[np.float64]:
    return random.gamma(3, 10 * random.lognormal(0, 0.3), rows)


def _season(random: np.random.Generator, rows: int) -> NDArray[np.float64]:
    """A flag that whole windows share."""
    return np.full(rows, float(random.random() < 0.3))


FAMILIES: dict[str, Draw] = {
    "normal": lambda random, rows: random.normal(0, 3, rows),
    "shifted": lambda random, rows: random.normal(100, 3, rows),
    "gamma": lambda random, rows: random.gamma(2, 10, rows),
    "lognormal": lambda random, rows: random.lognormal(0, 1.5, rows),
    "student 3": lambda random, rows: random.standard_t(3, rows),
    "cauchy": lambda random, rows: random.standard_cauchy(rows),
    "pareto": lambda random, rows: random.pareto(1.2, rows),
    "mostly zero": lambda random, rows: np.where(random.random(rows) < 0.95, 0, random.gamma(2, 10, rows)),
    "rare flag": lambda random, rows: (random.random(rows) < 0.01).astype(float),
    "flag": lambda random, rows: (random.random(rows) < 0.05).astype(float),
    "counts": lambda random, rows: random.poisson(0.1, rows).astype(float),
    "clustered": _clustered,
    "season": _season,
}
SPEC = read_spec(
    "model: null-study\nowner: nobody@example.com\ntask: binary_classification\nwindow: {length: 1h}\n"
    "columns: {id: id, time: at, score: p, label: y}\nfeatures:\n"
    + "".join(f"  {name.replace(' ', '_')}: numeric\n" for name in FAMILIES)
)
START = datetime(2024, 1, 1, tzinfo=UTC)


def _chunk(random: np.random.Generator, rows: int) -> Chunk:
    return Chunk(rows, {name.replace(" ", "_"): NumericColumn(draw(random, rows)) for name, draw in FAMILIES.items()})


def columns(windows: int, rows: int) -> tuple[int, int]:
    """Windows with a false alarm of scale_consistency, and of constant_columns; 50 windows a baseline."""
    jumps = constants = 0
    for seed in range(windows // 50):
        random = np.random.default_rng([rows, seed])
        parts = [(Window(START + at * HOUR, HOUR), _chunk(random, rows)) for at in range(20)]
        baseline = Baseline.of(parts, ProfilingConfig.of(SPEC), holdout=None)
        for _ in range(50):
            seen = Profile.of(_chunk(random, rows), baseline.bins)
            evidence = WindowEvidence(SPEC, Window(START + 30 * HOUR, HOUR), baseline, seen)
            jumps += scale_consistency.evaluate(evidence)[0].status == "breach"
            constants += constant_columns.evaluate(evidence)[0].status == "breach"
    return jumps, constants


def counts(random: np.random.Generator, kind: str, hours: int) -> NDArray[np.int64]:
    """Hourly rows with a rhythm of hours and weekends, and noise of some kind."""
    at = np.arange(hours)
    usual = 400 * (1.2 + np.sin(at * 2 * np.pi / 24)) * np.where(at % WEEK >= 120, 0.3, 1.0)
    match kind:
        case "poisson":
            noise = np.ones(hours)
        case "gamma":
            noise = random.gamma(10, 0.1, hours)
        case "lognormal":
            noise = random.lognormal(0, 0.5, hours)
        case "autocorrelated":
            steps = random.normal(0, 0.1, hours)
            level = np.zeros(hours)
            for hour in range(1, hours):
                level[hour] = 0.9 * level[hour - 1] + steps[hour]
            noise = np.exp(level)
        case "growing":
            noise = np.exp(at / hours) * random.lognormal(0, 0.1, hours)
        case _:
            noise, usual = np.ones(hours), usual / 100
    return random.poisson(usual * noise)


def volumes(kind: str, windows: int) -> Iterator[tuple[float, float]]:
    """The p-value of each window from the fifth week on, and its relative change; 168 windows a history."""
    for seed in range(windows // WEEK):
        random = np.random.default_rng([seed, len(kind)])
        rows = counts(random, kind, 6 * WEEK).tolist()
        known = {at: count for at, count in enumerate(rows) if count}
        for at in range(5 * WEEK, 6 * WEEK):
            usual = expected_rows(known, at, HOUR)
            if usual is not None and rows[at]:
                yield usual.chance(rows[at]), abs(rows[at] / usual.rows - 1)


def main(windows: int) -> None:
    """Print a table."""
    print("| monitor | data | windows | false alarms |\n| --- | --- | --- | --- |")
    for rows in (50, 200, 1000, 10_000):
        number = windows if rows < 10_000 else windows // 5
        jumps, constants = columns(number, rows)
        print(f"| scale_consistency | {len(FAMILIES)} columns, n = {rows:,} | {number:,} | {jumps} |")
        print(f"| constant_columns | {len(FAMILIES)} columns, n = {rows:,} | {number:,} | {constants} |", flush=True)
    for kind in ("poisson", "gamma", "lognormal", "autocorrelated", "growing", "few rows"):
        found = list(volumes(kind, 4 * windows))
        by_chance = sum(chance <= 0.001 for chance, _ in found)
        alarms = sum(chance <= 0.001 and change >= 0.3 for chance, change in found)
        print(f"| volume | {kind} | {len(found):,} | {alarms} ({by_chance} by chance alone) |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
