"""The tests that share one family-wise false-alarm rate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from steward.baselines.baseline import Baseline
from steward.drift.categorical_comparison import CATEGORICAL_TESTS
from steward.drift.drift_scope import DriftScope
from steward.drift.numeric_comparison import NUMERIC_TESTS
from steward.profiles.bins import CategoricalBins, ColumnBins, NumericBins
from steward.spec.drift_monitors import DriftMonitor

JOINT_TESTS = 4
"""Correlations, reconstruction error, mean discrepancy, domain classifier."""

EMBEDDING_TESTS = 1
"""Tests of a column of embeddings as a whole; its norm and cosine are columns of their own."""

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Family:
    """All tests of drift, missing and unseen values in one window, over all columns, outputs and segments.

    It follows from the declaration and the baseline, never from the window, so that anyone can compute it again. The
    rate is shared out by weights that sum to one (weighted Bonferroni): the chance of any false alarm stays below it,
    whatever the dependence between tests.

    Attributes:
        tests: of the whole population.
        segment_tests: of the segments; where there are any, they get half of the rate together.
        share_rate: the false-alarm rate of tests whose monitors declare none: the strictest that a drift monitor
            declares.
        importances: of each feature, summing to one; empty where all tests weigh alike.
        tests_of: how many of the tests are about each feature.

    Source: C. R. Genovese, K. Roeder and L. Wasserman (2006), False discovery control with p-value weighting,
    Biometrika 93, 509-524 (the weighted Bonferroni procedure).
    """

    tests: int
    share_rate: float
    segment_tests: int = 0
    importances: Mapping[str, float] = field(default_factory=dict)
    tests_of: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, baseline: Baseline, watched: DriftScope) -> Self:
        """Count the tests of the monitors that are switched on, and of the columns that are watched."""
        monitors, bins = watched.monitors, baseline.bins
        tests_of = {
            name: (_column_tests(column) if monitors.feature_drift else 0)
            + (1 if monitors.missing_values else 0)
            + (1 if monitors.unseen_categories and isinstance(column, CategoricalBins) else 0)
            for name, column in bins.features.items()
            if watched.watches(name)
        }
        outputs = sum(_column_tests(column) for name, column in bins.outputs.items() if watched.watches(name))
        of_segment = outputs + sum(_column_tests(bins.features[name]) for name in tests_of)
        if monitors.feature_drift:
            tests_of |= {name: EMBEDDING_TESTS for name in baseline.embedding_spreads if watched.watches(name)}
        segments = sum(len(found.groups) for found in bins.segments.values()) if monitors.segment_drift else 0
        rates = [monitor.false_alarm_rate for monitor in (monitors.feature_drift, monitors.score_drift) if monitor]
        weighted = monitors.feature_drift is not None and monitors.feature_drift.weights == "importance"
        return cls(
            tests=sum(tests_of.values())
            + (outputs if monitors.score_drift else 0)
            + (JOINT_TESTS if monitors.joint_drift else 0)
            + (1 if monitors.attribution_drift else 0),
            segment_tests=segments * of_segment,
            share_rate=min(rates, default=DriftMonitor().false_alarm_rate),
            importances=_normalise({name: watched.importance(name) or 0.0 for name in tests_of}) if weighted else {},
            tests_of=tests_of,
        )

    def share(self, feature: str | None = None) -> float:
        """The part of the rate that one test of the whole population gets; of this feature, where it is about one."""
        population = _HALF if self.segment_tests else 1.0
        if not self.importances:
            return population / self.tests
        alike = _HALF / self.tests
        weight = self.importances.get(feature, 0.0) if feature else 0.0
        return population * (alike + _HALF * weight / self.tests_of[feature] if feature and weight else alike)

    @property
    def segment_share(self) -> float:
        """The part of the rate that one test of one segment gets."""
        return _HALF / self.segment_tests if self.segment_tests else 0.0


def _column_tests(bins: ColumnBins) -> int:
    return NUMERIC_TESTS if isinstance(bins, NumericBins) else CATEGORICAL_TESTS


def _normalise(weights: Mapping[str, float]) -> dict[str, float]:
    """Weights that sum to one; none where nothing has weight."""
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()} if total > 0 else {}
