"""Deciding one window from what is stored: a baseline and a profile as JSON."""

import json
import time

import numpy as np

from steward.drift import Watched, judge_drift
from steward.profiles import Baseline, Profile, Scope, merge
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.spec.features import CategoricalFeature, Feature, NumericFeature
from steward.spec.monitors import Monitors
from tests.benchmarks.study.steward import windows_of

_ROWS = 10_000
_CATEGORIES = tuple(f"category-{k:02d}" for k in range(8))


def features(columns: int) -> dict[str, Feature]:
    """Four numeric for each categorical one."""
    return {
        f"x{at}": CategoricalFeature(type="categorical") if at % 5 == 4 else NumericFeature(type="numeric")
        for at in range(columns)
    }


def stored(columns: int, seed: int = 3) -> tuple[bytes, bytes]:
    """A baseline of eight windows of 10,000 rows, and the profile of one more."""
    generator = np.random.default_rng(seed)
    declared = features(columns)

    def draw() -> Chunk:
        found: dict[str, Column] = {
            name: NumericColumn(generator.normal(size=_ROWS))
            if feature.type == "numeric"
            else CategoricalColumn(generator.integers(0, 8, _ROWS).astype(np.int32), _CATEGORIES)
            for name, feature in declared.items()
        }
        return Chunk(_ROWS, found)

    baseline = Baseline.of(windows_of(draw() for _ in range(8)), Scope(declared), holdout=None)
    profile = Profile.of(draw(), baseline.bins).of_batch("a")
    return baseline.to_json(), profile.to_json()


def multiplied(profile: bytes, times: int) -> bytes:
    """The profile of so many times the records, with the same sample: what a large window leaves."""

    def grown(value: object) -> object:
        match value:
            case dict():
                return {name: held if name in ("minimum", "maximum") else grown(held) for name, held in value.items()}
            case list():
                return [grown(held) for held in value]
            case int() | float():
                return value * times
            case _:
                return value

    document = json.loads(profile)
    document |= {part: grown(document[part]) for part in ("rows", "features", "outputs")}
    return json.dumps(document).encode()


def seconds_to_decide(columns: int, times: int, runs: int) -> dict[str, float]:
    """Processor seconds from the bytes of a baseline and a profile to every result; the best of several runs.

    Args:
        columns: of the model.
        times: how many times 10,000 records the window has.
        runs: how many.
    """
    baseline, profile = stored(columns)
    profile = multiplied(profile, times)
    watched = Watched(Monitors(), features(columns))
    best = {"total": float("inf"), "baseline": float("inf"), "profile": float("inf"), "judged": float("inf")}
    for _ in range(runs):
        began = time.process_time()
        known = Baseline.from_json(baseline)
        read = time.process_time()
        window = merge([Profile.from_json(profile)], known.bins)
        merged = time.process_time()
        results = judge_drift(known, window, watched)
        ended = time.process_time()
        spent = {"total": ended - began, "baseline": read - began, "profile": merged - read, "judged": ended - merged}
        best = {name: min(best[name], seconds) for name, seconds in spent.items()}
    return {**best, "records": window.rows, "results": len(results), "bytes": len(profile)}
