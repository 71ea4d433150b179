"""The tests that share one false-alarm rate."""

from dataclasses import dataclass
from typing import Self

from steward.drift.comparison import CATEGORICAL_TESTS, NUMERIC_TESTS
from steward.profiles.baseline import Baseline
from steward.profiles.bins import NumericBins
from steward.spec.model import DriftMonitor, Monitors


@dataclass(frozen=True, slots=True)
class Family:
    """All tests of drift, missing and unseen values in one window.

    It follows from the declaration and the baseline, never from the window, so that anyone can compute it again.

    Attributes:
        tests: how many.
        share_rate: the false-alarm rate that the tests of missing and unseen values keep, which declare none: the
            strictest that a drift monitor declares.
    """

    tests: int
    share_rate: float

    @classmethod
    def of(cls, baseline: Baseline, monitors: Monitors) -> Self:
        """Count the tests of the monitors that are switched on."""
        numeric = sum(isinstance(bins, NumericBins) for bins in baseline.bins.features.values())
        categorical = len(baseline.bins.features) - numeric
        tests = (
            (NUMERIC_TESTS * numeric + CATEGORICAL_TESTS * categorical if monitors.feature_drift else 0)
            + (NUMERIC_TESTS if monitors.score_drift else 0)
            + (numeric + categorical if monitors.missing_values else 0)
            + (categorical if monitors.unseen_categories else 0)
        )
        rates = [monitor.false_alarm_rate for monitor in (monitors.feature_drift, monitors.score_drift) if monitor]
        return cls(tests=tests, share_rate=min(rates, default=DriftMonitor().false_alarm_rate))
