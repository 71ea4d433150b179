"""One model with a column of each plain kind, and windows of it that a test can spoil."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from steward.baselines.baseline import Baseline
from steward.evidence.history import PastWindow
from steward.evidence.label_matches import LabelMatches
from steward.evidence.window_evidence import WindowEvidence
from steward.evidence.window_outcomes import WindowOutcomes
from steward.monitoring.evaluate import QUALITY
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.profiles.ingestion_counts import IngestionCounts
from steward.profiles.profile import Profile
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.results import MetricResult
from steward.spec.document import read_spec
from steward.spec.windows import ORIGIN, Window

SPEC = """\
model: lemons
owner: quality@example.com
task: binary_classification
columns: {id: sale, time: sold_at, score: risk, label: lemon}
features:
  price: {type: numeric, minimum: 0}
  shift: numeric
  flag: numeric
  rain: numeric
  make: categorical
window: {length: 1d}
monitors:
  freshness: {maximum_lag: 2h}
"""
DAY = Window(datetime(2024, 3, 4, tzinfo=UTC), timedelta(days=1))
MAKES = ("Ford", "Opel", "Fiat")
NUMBER = (DAY.start - ORIGIN) // DAY.length


def columns(rows: int, seed: int = 0) -> dict[str, Column]:
    """Prices above zero, a shift of either sign, a rare flag, mostly zeros, three makes."""
    random = np.random.default_rng(seed)
    return {
        "price": NumericColumn(random.gamma(4, 20, rows)),
        "shift": NumericColumn(random.normal(0, 3, rows)),
        "flag": NumericColumn((random.random(rows) < 0.02).astype(float)),
        "rain": NumericColumn(np.where(random.random(rows) < 0.6, 0.0, random.gamma(2, 3, rows))),
        "make": CategoricalColumn(random.integers(0, 3, rows).astype(np.int32), MAKES),
        "risk": NumericColumn(random.random(rows)),
    }


def portion(found: Mapping[str, Column], lag: timedelta = timedelta(hours=1)) -> ProfileInput:
    rows = found["price"].rows
    times = np.datetime64("2024-03-04T12:00", "us") + np.arange(rows) * np.timedelta64(1, "us")
    arrival = datetime(2024, 3, 4, 12, tzinfo=UTC) + lag
    return ProfileInput(Chunk(rows, dict(found)), times=times, arrival=arrival)


def declared(text: str = SPEC):
    return read_spec(text)


SPECIFIED = declared()
REFERENCE = [portion(columns(1000, seed)) for seed in range(100, 106)]
BASELINE = Baseline.of(
    [(Window(DAY.start - timedelta(days=at + 1), DAY.length), part) for at, part in enumerate(REFERENCE)],
    ProfilingConfig.of(SPECIFIED),
    holdout=None,
)


def profile(
    found: Mapping[str, Column] | None = None, intake: IngestionCounts | None = None, **rest: timedelta
) -> Profile:
    """Of some columns, those of a usual day when None."""
    made = Profile.of(portion(columns(1000) if found is None else found, **rest), BASELINE.bins, SPECIFIED.columns)
    return made.with_intake(intake or IngestionCounts(files=1))


def observed(
    seen: Profile | None = None,
    *,
    columns_before: Mapping[str, float] | None = None,
    matches: LabelMatches | None = None,
    **changes: object,
) -> WindowEvidence:
    usual = WindowEvidence(spec=SPECIFIED, window=DAY, baseline=BASELINE, profile=seen or profile())
    if columns_before is not None:
        day_before = Window(DAY.start - DAY.length, DAY.length)
        changes["history"] = [PastWindow(window=day_before.id, rows=1, labelled_rows=0, columns=dict(columns_before))]
    if matches is not None:
        changes["realised"] = WindowOutcomes(
            version="v1",
            window=DAY.id,
            prediction_batches=[],
            label_batches=list(matches.batches),
            outcomes=BinaryOutcomes(rows=matches.rows, labelled=matches.labelled),
            unmatched=tuple(matches.unmatched),
            prediction_ids=matches.prediction_ids,
        )
    return replace(usual, **changes)


def judged(seen: Profile | None = None, **changes: object) -> dict[str, list[MetricResult]]:
    """Results by monitor."""
    by_monitor: dict[str, list[MetricResult]] = {}
    evidence = observed(seen, **changes)
    for monitor in QUALITY:
        for result in monitor(evidence):
            by_monitor.setdefault(result.monitor, []).append(result)
    return by_monitor


def breached(found: Mapping[str, list[MetricResult]]) -> dict[str, list[MetricResult]]:
    """The monitors in breach, and their results in breach."""
    bad = {monitor: [result for result in results if result.status == "breach"] for monitor, results in found.items()}
    return {monitor: results for monitor, results in bad.items() if results}
