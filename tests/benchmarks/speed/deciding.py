"""Deciding one window by every monitor from what is stored: a baseline, a profile and outcomes as JSON."""

import json
import time

import numpy as np
import pandas as pd

from steward.baselines.baseline import Baseline
from steward.evidence.window_evidence import WindowEvidence
from steward.evidence.window_outcomes import WindowOutcomes
from steward.monitoring.evaluate import evaluate
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.profiles.merging import merge
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.retraining.conditional_fitting import with_conditional
from steward.spec.model import ModelSpec
from steward.spec.windows import ORIGIN, Window
from tests.benchmarks.study.steward import windows_of

_ROWS = 10_000
_CATEGORIES = tuple(f"category-{k:02d}" for k in range(8))


def declared(columns: int) -> ModelSpec:
    """A classifier with four numeric features for each categorical one."""
    features = {f"x{at}": "categorical" if at % 5 == 4 else "numeric" for at in range(columns)}
    return ModelSpec.model_validate(
        {
            "model": "decided",
            "owner": "benchmark@example.com",
            "task": "binary_classification",
            "columns": {"id": "id", "time": "at", "score": "score", "label": "label"},
            "features": {name: {"type": kind} for name, kind in features.items()},
        }
    )


def stored(columns: int, seed: int = 3) -> tuple[bytes, bytes, bytes]:
    """A baseline of eight windows of 10,000 rows with scores and labels, the profile of one more, and its outcomes."""
    generator = np.random.default_rng(seed)
    spec = declared(columns)

    def draw() -> Chunk:
        found: dict[str, Column] = {
            name: NumericColumn(generator.normal(size=_ROWS))
            if feature.type == "numeric"
            else CategoricalColumn(generator.integers(0, 8, _ROWS).astype(np.int32), _CATEGORIES)
            for name, feature in spec.features.items()
        }
        return Chunk(_ROWS, found | {"score": NumericColumn(generator.beta(2, 2, _ROWS))})

    def judged(chunk: Chunk) -> tuple[np.ndarray, np.ndarray, BinaryOutcomes]:
        column = chunk.columns["score"]
        assert isinstance(column, NumericColumn)
        scores = column.values  # noqa: PD011 - no pandas
        labels = generator.random(_ROWS) < scores
        return scores, labels, BinaryOutcomes.of(scores, labels, scores >= spec.threshold)

    held, window = draw(), draw()
    scores, labels, holdout = judged(held)
    baseline = Baseline.of(windows_of(draw() for _ in range(8)), ProfilingConfig.of(spec), holdout=holdout)
    rows = pd.DataFrame({"label": np.where(labels, "1", "0")})
    baseline = with_conditional(baseline, ProfileInput(held), scores, rows, spec)
    profile = Profile.of(window, baseline.bins, spec.columns).of_batch("a")
    return baseline.to_json(), profile.to_json(), judged(window)[2].to_json()


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
    """Processor seconds from the bytes of a baseline, a profile and outcomes to every result; the best of several runs.

    Args:
        columns: of the model.
        times: how many times 10,000 records the window has.
        runs: how many.
    """
    baseline, profile, outcomes = stored(columns)
    profile = multiplied(profile, times)
    spec = declared(columns)
    best = {"total": float("inf"), "baseline": float("inf"), "profile": float("inf"), "judged": float("inf")}
    for _ in range(runs):
        began = time.process_time()
        known = Baseline.from_json(baseline)
        read = time.process_time()
        window = merge([Profile.from_json(profile)], known.bins)
        merged = time.process_time()
        realised = WindowOutcomes(
            version="v", window="w", prediction_batches=[], label_batches=[],
            outcomes=BinaryOutcomes.from_json(outcomes),
        )  # fmt: skip
        results = evaluate(WindowEvidence(spec, Window(ORIGIN, spec.window.length), known, window, realised))
        ended = time.process_time()
        spent = {"total": ended - began, "baseline": read - began, "profile": merged - read, "judged": ended - merged}
        best = {name: min(best[name], seconds) for name, seconds in spent.items()}
    return {**best, "records": window.rows, "results": len(results), "bytes": len(profile)}
