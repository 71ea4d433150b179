"""One model with a column of every kind, and a pool of odd rows to profile."""

from datetime import UTC, datetime

import numpy as np

from steward.profiles.model_bins import DecisionRule
from steward.profiles.profile import Profile, ProfileBuilder
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import (
    CategoricalColumn,
    Chunk,
    EmbeddingColumn,
    NumericColumn,
    TextColumn,
    TimeColumn,
)
from steward.spec.columns import Columns
from steward.spec.features import (
    BooleanFeature,
    CategoricalFeature,
    DatetimeFeature,
    EmbeddingFeature,
    NumericFeature,
    TextFeature,
)
from steward.spec.quality import Segment

NAMES = Columns(
    id="id",
    time="time",
    scores={"cat": "p_cat", "dog": "p_dog"},
    latency="ms",
    error="failed",
    cpu="cpu",
    attributions={"price": "shap_price"},
)
SCOPE = ProfilingConfig(
    features={
        "price": NumericFeature(type="numeric"),
        "region": CategoricalFeature(type="categorical"),
        "new": BooleanFeature(type="boolean"),
        "sold": DatetimeFeature(type="datetime"),
        "comment": TextFeature(type="text"),
        "image": EmbeddingFeature(type="embedding", dimensions=3),
    },
    outputs={"answer": TextFeature(type="text"), "toxicity": NumericFeature(type="numeric")},
    names=NAMES,
    segments=[Segment(name="place", column="region"), Segment(name="dear", where="price > 10")],
    segment_values=2,
    protected=["new"],
    decision=DecisionRule(threshold=0.5, positive=None, favourable="cat"),
)
ARRIVAL = datetime(2024, 3, 2, tzinfo=UTC)
POOL_ROWS = 60
FLAGS = ("false", "true")
WORDS = ("good", "bad", "Ugly", "Straße", "x1", "東京", "?!", "...")


def _pool(seed: int, rows: int) -> ProfileInput:
    random = np.random.default_rng(seed)
    price = np.where(random.random(rows) < 0.3, 5.0, random.normal(10, 5, rows))
    price[:4] = [np.nan, np.nan, np.inf, -np.inf]
    missing = np.arange(rows) == 0
    texts = np.array([" ".join(random.choice(WORDS, random.integers(0, 9))) for _ in range(rows)], object)
    texts[1::7] = None
    answers = np.roll(texts, 3)
    vectors = random.normal(size=(rows, 3)).astype(np.float32)
    vectors[2], vectors[3] = np.nan, 0
    time = np.datetime64("2024-03-01", "us") + random.integers(0, 86_400_000_000, rows).astype("timedelta64[us]")
    sold = time - random.integers(0, 10**13, rows).astype("timedelta64[us]")
    sold[4] = np.datetime64("NaT", "us")
    columns = {
        "price": NumericColumn(price, missing),
        "region": CategoricalColumn(
            random.integers(-1, 5, rows).astype(np.int32), ("north", "south", "e", "other", "w")
        ),
        "new": CategoricalColumn(random.integers(-1, 2, rows).astype(np.int32), FLAGS),
        "sold": TimeColumn(sold),
        "comment": TextColumn(texts),
        "image": EmbeddingColumn(vectors, np.arange(rows) == 2),
        "answer": TextColumn(answers),
        "toxicity": NumericColumn(random.random(rows)),
        "p_cat": NumericColumn(random.random(rows)),
        "p_dog": NumericColumn(random.random(rows)),
        "ms": NumericColumn(random.lognormal(3, 2, rows)),
        "failed": CategoricalColumn(random.integers(-1, 2, rows).astype(np.int32), FLAGS),
        "cpu": NumericColumn(np.where(random.random(rows) < 0.2, 0.0, random.random(rows) * 100)),
        "shap_price": NumericColumn(random.normal(size=rows)),
    }
    ids = np.array([f"record-{row // 2}" for row in range(rows)], object)
    return ProfileInput(Chunk(rows, columns), ids, time, ARRIVAL)


REFERENCE = _pool(0, 300)
BINS = SCOPE.bins([REFERENCE], [REFERENCE])
POOL = _pool(1, POOL_ROWS)
SAMPLE_ROWS = 8
"""Fewer than the rows of most examples, so that samples have to choose."""


def portion(rows: list[int]) -> ProfileInput:
    """Some rows of the pool; each second one has the id of the one before."""
    taken = np.array(rows, np.intp)
    return ProfileInput(
        Chunk(len(rows), {name: column.take(taken) for name, column in POOL.chunk.columns.items()}),
        POOL.ids[taken],
        POOL.times[taken],
        ARRIVAL,
    )


def profile(rows: list[int], sample_rows: int = SAMPLE_ROWS) -> Profile:
    """Their profile."""
    gathering = ProfileBuilder(BINS, NAMES, sample_rows)
    gathering.add(portion(rows))
    return gathering.profile()
