"""Steward's own decision: the one place that has to follow the library as its interface grows."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import numpy as np

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn
from steward.spec.drift_monitors import FeatureDriftMonitor, JointMonitor, ShareMonitor
from steward.spec.features import CategoricalFeature, Feature, NumericFeature
from steward.spec.monitors import Monitors
from steward.spec.windows import Window
from tests.benchmarks.study.detector import Alarms
from tests.benchmarks.study.families import CATEGORICAL_NAMES, NUMERIC_NAMES, Rows

_HOUR = timedelta(hours=1)
_START = datetime(2025, 1, 6, tzinfo=UTC)
FEATURES: dict[str, Feature] = {name: NumericFeature(type="numeric") for name in NUMERIC_NAMES} | {
    name: CategoricalFeature(type="categorical") for name in CATEGORICAL_NAMES
}
DEFAULT = Monitors()
ANY_EFFECT = Monitors(
    feature_drift=FeatureDriftMonitor(minimum_shift=0, minimum_share=0),
    joint_drift=JointMonitor(minimum_auc=0.5, minimum_correlation=0, minimum_reconstruction=0),
    missing_values=ShareMonitor(maximum_increase=0),
    unseen_categories=ShareMonitor(maximum_increase=0),
)
"""Chance alone decides: what the false-alarm rate would be were every change to matter."""


def take_baseline(reference: Iterator[Rows]) -> Baseline:
    """The baseline of a reference whose chunks are windows."""
    return Baseline.of(windows_of(map(chunk_of, reference)), ProfilingConfig(FEATURES), holdout=None)


def windows_of(chunks: Iterable[Chunk]) -> Iterator[tuple[Window, Chunk]]:
    """Chunks, each in the hour after the one before."""
    for at, chunk in enumerate(chunks):
        yield Window(_START + at * _HOUR, _HOUR), chunk


def detects(baseline: Baseline, rows: Rows) -> bool:
    """Whether Steward, as it comes, says that a window has drifted."""
    return bool(findings(baseline, profile_of(baseline, rows), DEFAULT))


def profile_of(baseline: Baseline, rows: Rows) -> Profile:
    """What is left of a window."""
    return Profile.of(chunk_of(rows), baseline.bins)


def findings(baseline: Baseline, profile: Profile, monitors: Monitors) -> list[str]:
    """What has drifted, each as `feature_drift n3`."""
    results = evaluate_drift(baseline, profile, DriftScope(monitors, FEATURES))
    return sorted({f"{result.monitor} {result.column or ''}".strip() for result in results if result.status == "drift"})


def chunk_of(rows: Rows) -> Chunk:
    """The rows as the library takes them."""
    columns: dict[str, Column] = {}
    for name, values in zip(NUMERIC_NAMES, rows.numbers, strict=True):
        missing = np.isnan(values)
        columns[name] = NumericColumn(values, missing if missing.any() else None)
    for name, codes, categories in zip(CATEGORICAL_NAMES, rows.codes, rows.categories, strict=True):
        columns[name] = CategoricalColumn(codes, categories)
    return Chunk(rows.rows, columns)


class StewardDetector:
    """Steward as it comes, and with every change deemed to matter."""

    version = version("model-steward")

    def learn(self, reference: Iterator[Rows], window_rows: int) -> None:
        """See `Detector`."""
        self._baseline = take_baseline(reference)

    def judge(self, window: Rows) -> Alarms:
        """See `Detector`."""
        profile = profile_of(self._baseline, window)
        return {
            "steward": findings(self._baseline, profile, DEFAULT),
            "steward, any effect": findings(self._baseline, profile, ANY_EFFECT),
        }
