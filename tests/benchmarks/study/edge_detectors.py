"""What is said of the edge families: by Steward as it comes, and by the textbook's tests of each column."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Protocol

import numpy as np
from scipy.special import chdtrc, kolmogorov

from steward.baselines.baseline import Baseline
from steward.drift import DriftScope, evaluate_drift
from steward.profiles.profile import Profile
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.columns import CategoricalColumn, Chunk, NumericColumn
from steward.spec.columns import Columns
from steward.spec.monitors import Monitors
from tests.benchmarks.study.edge_draws import ENTITY
from tests.benchmarks.study.edge_scenarios import EdgeScenario
from tests.benchmarks.study.steward import windows_of

_ENTITY = {"entity": ENTITY} if "entity" in Columns.model_fields else {}
_NAMES = Columns.model_validate({"id": "id", "time": "time"} | _ENTITY)
"""What tells the library which rows are of one customer, since it takes such a name."""

CLASSICAL = "classical"
"""Kolmogorov-Smirnov and chi-squared with Bonferroni's correction."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is said of one window.

    Attributes:
        alarms: what has drifted, each as `feature_drift n3`.
        unknown_columns: share of the columns of which nothing can be said.
        unknown_joint: whether a statistic of all columns together is unknown.
        smallest_p: of all columns, times their number; only the textbook's tests have one, and no alarms.
    """

    alarms: Sequence[str] = ()
    unknown_columns: float = 0.0
    unknown_joint: bool = False
    smallest_p: float | None = None


class EdgeDetector(Protocol):
    """Whoever has seen a reference and judges windows."""

    version: str

    def learn(self, scenario: EdgeScenario, block: int) -> None:
        """Take a reference."""

    def judge(self, window: Chunk) -> Judgement:
        """Whether the window has drifted."""


class StewardOnEdges:
    """Steward with its defaults."""

    version = version("model-steward")

    def learn(self, scenario: EdgeScenario, block: int) -> None:
        """See `EdgeDetector`."""
        features = scenario.of.features
        self._watched = DriftScope(Monitors(), features)
        scope = ProfilingConfig(features, names=_NAMES)
        self._baseline = Baseline.of(windows_of(scenario.reference(block)), scope, holdout=None)
        earlier = [self._profile(chunk) for chunk in scenario.earlier(block)]
        if earlier:
            self._baseline = self._baseline.against(earlier)

    def judge(self, window: Chunk) -> Judgement:
        """See `EdgeDetector`."""
        results = evaluate_drift(self._baseline, self._profile(window), self._watched)
        of_columns = {result.column: result.status for result in results if result.monitor == "feature_drift"}
        return Judgement(
            alarms=sorted(
                {f"{result.monitor} {result.column or ''}".strip() for result in results if result.status == "drift"}
            ),
            unknown_columns=sum(status == "unknown" for status in of_columns.values()) / max(1, len(of_columns)),
            unknown_joint=any(result.monitor == "joint_drift" and result.status == "unknown" for result in results),
        )

    def _profile(self, chunk: Chunk) -> Profile:
        return Profile.of(chunk, self._baseline.bins, _NAMES)


class ClassicalTests:
    """A two-sample Kolmogorov-Smirnov test of each numeric column, and a chi-squared test of each categorical one."""

    version = "scipy " + version("scipy")

    def learn(self, scenario: EdgeScenario, block: int) -> None:
        """See `EdgeDetector`."""
        chunks = list(scenario.reference(block))
        self._numbers: dict[str, np.ndarray] = {}
        self._counts: dict[str, dict[str, int]] = {}
        for name in scenario.of.features:
            columns = [chunk.columns[name] for chunk in chunks]
            numbers = [column.values for column in columns if isinstance(column, NumericColumn)]
            if numbers:
                self._numbers[name] = np.sort(np.concatenate(numbers))
            self._counts[name] = _counts([column for column in columns if isinstance(column, CategoricalColumn)])

    def judge(self, window: Chunk) -> Judgement:
        """See `EdgeDetector`."""
        found = []
        for name, column in window.columns.items():
            if isinstance(column, NumericColumn) and name in self._numbers:
                found.append(_kolmogorov_smirnov(self._numbers[name], np.sort(column.values)))
            elif isinstance(column, CategoricalColumn) and self._counts.get(name):
                found.append(_chi_squared(self._counts[name], _counts([column])))
        return Judgement(smallest_p=min(1.0, min(found, default=1.0) * len(found)))


def _counts(columns: Sequence[CategoricalColumn]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for column in columns:
        found = np.bincount(column.codes, minlength=len(column.categories)).tolist()
        for name, count in zip(column.categories, found, strict=True):
            counts[name] = counts.get(name, 0) + count
    return counts


def _kolmogorov_smirnov(reference: np.ndarray, window: np.ndarray) -> float:
    values = np.concatenate((reference, window))
    there = np.searchsorted(reference, values, side="right") / len(reference)
    here = np.searchsorted(window, values, side="right") / len(window)
    rows = len(reference) * len(window) / (len(reference) + len(window))
    return float(kolmogorov(np.sqrt(rows) * float(np.abs(there - here).max())))


def _chi_squared(reference: dict[str, int], window: dict[str, int]) -> float:
    names = sorted(reference.keys() | window.keys())
    table = np.array([[counts.get(name, 0) for name in names] for counts in (reference, window)], np.float64)
    table = table[:, table.sum(axis=0) > 0]
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    return float(chdtrc(max(1, table.shape[1] - 1), float(((table - expected) ** 2 / expected).sum())))


EDGE_DETECTORS: dict[str, type[EdgeDetector]] = {"steward": StewardOnEdges, CLASSICAL: ClassicalTests}
