"""How often unchanged rows of few entities alarm, what their intervals cover, and how often gates promote by luck.

    python -m tests.benchmarks.clusters alarms --windows 100 --rows 20 100 500 2500 10000
    python -m tests.benchmarks.clusters intervals --windows 400 --rows 200 1000 5000
    python -m tests.benchmarks.clusters gates --windows 2000

Each line: rows an entity, intraclass correlation, rows, and the shares in percent, with and without `columns.entity`.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.performance.binary_metrics import BINARY_METRICS
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.entity_figures import binary_entities
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.records.hashing import mix
from steward.spec.features import CategoricalFeature, Feature, NumericFeature
from steward.spec.monitors import Monitors
from steward.spec.validation_policy import ValidationPolicy
from steward.spec.windows import ORIGIN, Window
from steward.validation.comparisons import BetterThanChampion
from tests.unit.validation.test_gates import contest

SIZES = (5, 10)
ALIKE = (0.1, 0.3, 0.9)
REFERENCE_ROWS = 10_000
WINDOWS_A_REFERENCE = 10
SHARES = [0.4, 0.25, 0.15, 0.1, 0.06, 0.04]
METRICS = ("accuracy", "log_loss", "brier_score", "roc_auc", "average_precision", "precision", "recall")
DAY = Window(ORIGIN, timedelta(days=1))
NUMBERS, CATEGORIES = [f"x{at}" for at in range(20)], [f"c{at}" for at in range(5)]
FEATURES: dict[str, Feature] = {
    **{name: NumericFeature(type="numeric") for name in NUMBERS},
    **{name: CategoricalFeature(type="categorical") for name in CATEGORIES},
}


def normal(random: Generator, owner: NDArray[np.int64], alike: float) -> NDArray[np.float64]:
    """Values of which two of one owner correlate that much."""
    shared = random.normal(size=int(owner[-1]) + 1)[owner]
    mixture: NDArray[np.float64] = np.sqrt(alike) * shared + np.sqrt(1 - alike) * random.normal(size=len(owner))
    return mixture


def portion(random: Generator, rows: int, each: int, alike: float, *, known: bool) -> ProfileInput:
    """Rows of entities that no other portion has."""
    owner = np.arange(rows) // each
    columns: dict[str, Column] = {name: NumericColumn(normal(random, owner, alike)) for name in NUMBERS}
    for name in CATEGORIES:
        shared = random.choice(6, int(owner[-1]) + 1, p=SHARES)[owner]
        codes = np.where(random.random(rows) < alike, shared, random.choice(6, rows, p=SHARES))
        columns[name] = CategoricalColumn(codes.astype(np.int32), tuple("abcdef"))
    first = int(random.integers(2**40))
    entities = CategoricalColumn(owner.astype(np.int32), tuple(str(first + at) for at in range(int(owner[-1]) + 1)))
    return ProfileInput(Chunk(rows, columns), entities=entities if known else None)


def alarms(windows: int, rows: int, each: int, alike: float, *, known: bool) -> float:
    """The share of unchanged windows in which anything drifts."""
    random, scope, found = np.random.default_rng(21), ProfilingConfig(FEATURES), 0
    watched = DriftScope(Monitors(attribution_drift=None), FEATURES)
    baseline = None
    for at in range(windows):
        if baseline is None or at % WINDOWS_A_REFERENCE == 0:
            reference = portion(random, REFERENCE_ROWS, each, alike, known=known)
            baseline = Baseline.of([(DAY, reference)], scope, holdout=None)
        profile = Profile.of(portion(random, rows, each, alike, known=known), baseline.bins)
        found += any(result.status == "drift" for result in evaluate_drift(baseline, profile, watched))
    return 100 * found / windows


def outcomes(random: Generator, rows: int, each: int, alike: float, *, known: bool) -> BinaryOutcomes:
    """A model that is calibrated, whose scores and labels cluster."""
    owner = np.arange(rows) // each
    scores = 1 / (1 + np.exp(1 - 1.2 * normal(random, owner, alike)))
    labels = ndtr(normal(random, owner, alike)) < scores
    hashes = mix((owner + random.integers(2**40)).astype(np.uint64)) if known else None
    shared = binary_entities(hashes, scores, labels, scores >= 0.5)
    return BinaryOutcomes.of(scores, labels, scores >= 0.5).model_copy(update={"entities": shared})


def coverage(windows: int, rows: int, each: int, alike: float, *, known: bool) -> dict[str, float]:
    """The share of 95 % intervals that hold the true figure, by metric."""
    random = np.random.default_rng(1)
    large = outcomes(random, 400_000, 1, 0.0, known=False)
    truth = {name: found.value for name in METRICS if (found := BINARY_METRICS[name](large))}  # type: ignore[index]
    held = dict.fromkeys(truth, 0)
    for _ in range(windows):
        window = outcomes(random, rows, each, alike, known=known)
        for name, value in truth.items():
            estimate = BINARY_METRICS[name](window)  # type: ignore[index]
            held[name] += estimate is None or estimate.low <= value <= estimate.high
    return {name: round(100 * count / windows, 1) for name, count in held.items()}


def promotions(windows: int, entities: int, each: int, alike: float, *, known: bool) -> float:
    """The share of versions that are no better than the champion and are promoted all the same."""
    random, gate, found = np.random.default_rng(8), BetterThanChampion(), 0
    policy = ValidationPolicy(block=timedelta(days=1), metric="mean_absolute_error", minimum_gain=0.0)
    owner, rows = np.repeat(np.arange(entities), each), entities * each
    for _ in range(windows):
        gain, day = 0.1 * normal(random, owner, alike), random.integers(0, 28, rows)
        order = np.argsort(day, kind="stable")
        moments = np.datetime64("2024-01-11", "us") + day[order] * np.timedelta64(86_400 * 10**6, "us")
        held = replace(contest(), labels=np.zeros(rows), champion=np.ones(rows), challenger=1 - gain[order],
                       times=moments, entities=mix(owner[order].astype(np.uint64)) if known else None)  # fmt: skip
        found += gate.evaluate(held, policy).passed
    return 100 * found / windows


def worlds() -> Iterator[tuple[int, float]]:
    """Rows an entity, and how alike they are."""
    yield from ((each, alike) for each in SIZES for alike in ALIKE)


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", choices=["alarms", "intervals", "gates"])
    parser.add_argument("--windows", type=int, default=100)
    parser.add_argument("--rows", type=int, nargs="+", default=[500])
    asked = parser.parse_args()
    for each, alike in worlds():
        if asked.figure == "gates":
            found = [promotions(asked.windows, 1000 // each, each, alike, known=known) for known in (True, False)]
            print(each, alike, 1000, *found, flush=True)
        for rows in asked.rows if asked.figure != "gates" else ():
            measure = alarms if asked.figure == "alarms" else coverage
            print(each, alike, rows, *(measure(asked.windows, rows, each, alike, known=k) for k in (True, False)),
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
