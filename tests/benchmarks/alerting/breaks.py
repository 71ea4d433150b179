"""Models that break, and models that do not: which windows lead to a message, from windows judged by the core."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from steward.alerting.inputs import MonitorFinding, monitor_finding
from steward.alerting.pooled_evidence import SPANS, classify_window
from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.intervals import Z95, Estimate
from steward.performance.metrics import metrics_of
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.outcomes import Outcomes
from steward.performance.realised_performance import comparable, compare
from steward.performance.regression_outcomes import RegressionOutcomes
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from steward.spec.monitors import MonitorName

Floats = NDArray[np.float64]
Break = Literal["none", "noise", "inverted", "relation changed", "decay"]
Findings = dict[MonitorName, MonitorFinding]

HOLDOUT, HOLDOUT_POSITIVES = 20_000, 200
"""Rows of a holdout, and its positive ones, at least: a baseline that is not known itself proves nothing."""
STRENGTH = 1.5
"""Of the model: how far one standard deviation of what it knows moves the logit; ROC AUC 0.81 to 0.84."""

CHANGED = 0.3
"""Correlation of what the score knows with what decides, once the relation has changed."""

_ROLES = {
    "binary_classification": "score: s, label: y",
    "multiclass_classification": "scores: {a: a, b: b, c: c}, label: y",
    "regression": "prediction: p, label: y",
}
_MODEL = (
    "model: m\nowner: a@example.com\ntask: {task}\ncolumns: {{id: id, time: t, {roles}}}\nfeatures: {{x: numeric}}\n"
)


@dataclass(frozen=True)
class World:
    """One kind of model, its traffic and the length of its windows; everything else is as it comes.

    Attributes:
        task: of the model.
        share: of positive rows, or of each of the two rarer classes of three; of no meaning in regression.
        window: `1h`, `1d` or `1w`.
        rows: labelled rows in a window.
    """

    task: Literal["binary_classification", "multiclass_classification", "regression"]
    share: float
    window: str
    rows: int

    def holdout(self, rng: np.random.Generator) -> Outcomes:
        """Rows that the version is judged by."""
        classes = 0.0 if self.task == "regression" else HOLDOUT_POSITIVES / self.share
        return self.outcomes(max(HOLDOUT, round(classes)), "none", rng)

    @property
    def spec(self) -> ModelSpec:
        """Names, the task and the window."""
        declared = _MODEL.format(task=self.task, roles=_ROLES[self.task])
        return read_spec(f"{declared}window: {{length: {self.window}}}\n")

    def outcomes(self, rows: int, broken: Break, rng: np.random.Generator, known: float = 1.0) -> Outcomes:
        """Rows that were scored and labelled.

        Args:
            rows: how many.
            broken: how the model is broken.
            rng: a source of randomness.
            known: correlation of what the score knows with what decides, of a model in decay.
        """
        kept = {"none": 1.0, "inverted": 1.0, "noise": 1.0, "relation changed": CHANGED, "decay": known}[broken]
        if self.task == "multiclass_classification":
            return self._multiclass(rows, broken, kept, rng)
        seen = rng.normal(size=rows)
        real = kept * seen + np.sqrt(1 - kept**2) * rng.normal(size=rows)
        if self.task == "regression":
            labels = 10 + STRENGTH * real + rng.normal(size=rows)
            scores = 10 + STRENGTH * (-seen if broken == "inverted" else seen)
            return RegressionOutcomes.of(rng.permutation(scores) if broken == "noise" else scores, labels)
        base = intercept(self.share)
        labels = rng.random(rows) < logistic(base + STRENGTH * real)
        scores = logistic(base + STRENGTH * seen)
        if broken == "inverted":
            scores = 1 - scores
        if broken == "noise":
            scores = rng.permutation(scores)
        return BinaryOutcomes.of(scores, labels, scores >= 0.5)

    def _multiclass(self, rows: int, broken: Break, kept: float, rng: np.random.Generator) -> Outcomes:
        seen = rng.normal(size=(rows, 3))
        real = kept * seen + np.sqrt(1 - kept**2) * rng.normal(size=(rows, 3))
        base = np.log([1 - 2 * self.share, self.share, self.share])
        chances = np.cumsum(_softmax(base + STRENGTH * real), axis=1)
        labels = (rng.random((rows, 1)) > chances[:, :2]).sum(axis=1)
        scores = _softmax(base + STRENGTH * seen)
        if broken == "inverted":
            scores = (1 - scores) / 2
        if broken == "noise":
            scores = rng.permutation(scores)
        return MulticlassOutcomes.of(("a", "b", "c"), scores, labels, scores.argmax(axis=1))

    def judge_against(self, holdout: Outcomes) -> Callable[[Outcomes], Findings]:
        """What alerts learn of a window from the core; the holdout's figures are measured once."""
        spec = self.spec
        metrics = [(metrics_of(spec)[name], monitor.tolerance) for name, monitor in spec.performance_monitors.items()]
        expected: dict[tuple[str, tuple[str, ...]], Estimate | None] = {}

        def findings(outcomes: Outcomes) -> Findings:
            found: Findings = {}
            for metric, tolerance in metrics:
                sides = comparable(metric, outcomes, holdout)
                place = metric.name, sides[1].seen if sides[1].task == "multiclass_classification" else ()
                if place not in expected:
                    expected[place] = metric(sides[1])
                result = compare(metric, sides, (metric(sides[0]), expected[place]), tolerance)
                if result.status in ("ok", "breach"):
                    found[result.monitor] = monitor_finding([result], result.status, "")
            return found

        return findings


_INTERCEPTS: dict[float, float] = {}


def intercept(share: float) -> float:
    """The intercept that gives this share of positive rows."""
    if share not in _INTERCEPTS:
        known = np.random.default_rng(0).normal(size=100_000)
        low, high = -20.0, 20.0
        while high - low > 1e-6:
            middle = (low + high) / 2
            low, high = (middle, high) if logistic(middle + STRENGTH * known).mean() < share else (low, middle)
        _INTERCEPTS[share] = low
    return _INTERCEPTS[share]


def windows_until_told(
    world: World, broken: Break, runs: int, rng: np.random.Generator, *, most: int = 3, good: int = 30
) -> list[int | None]:
    """In each run, which window after the break a message comes with, from 1; None where `most` are not enough.

    Each run has a holdout of its own, of which there are 20, and 30 good windows before. A model in decay loses its
    relation evenly over `most` windows.
    """
    spec, told = world.spec, []
    banks = []
    for _ in range(min(20, runs)):
        findings = world.judge_against(world.holdout(rng))
        banks.append((findings, [findings(world.outcomes(world.rows, "none", rng)) for _ in range(good)]))
    for run in range(runs):
        findings, before = banks[run % len(banks)]
        history = [before[at] for at in rng.integers(0, good, good)]
        told.append(None)
        for number in range(1, most + 1):
            outcomes = world.outcomes(world.rows, broken, rng, known=1 - number / most)
            history.append(findings(outcomes))
            if any(bad_at_the_end(history, spec)):
                told[-1] = number
                break
    return told


def bad_at_the_end(history: Sequence[Findings], spec: ModelSpec) -> Iterator[bool]:
    """For each watched metric, whether the newest window is bad."""
    for name in spec.performance_monitors:
        known = [found[name] for found in history if name in found]
        if known and name in history[-1]:
            yield classify_window(known, spec.alert_rule(name))[0] == "bad"


def false_alarms(world: World, years: int, rng: np.random.Generator, *, holdouts: int = 20, bank: int = 2000) -> int:
    """Bad windows in a row count once, of a model that is as ever: an upper bound of its messages.

    The core judges `bank` windows against each of several holdouts; years are drawn from them, one holdout a year.
    """
    spec = world.spec
    per_year = round(365.25 * {"1h": 24, "1d": 1, "1w": 1 / 7}[world.window])
    names, total = tuple(spec.performance_monitors), 0
    for part in range(holdouts):
        findings = world.judge_against(world.holdout(rng))
        drawn = [findings(world.outcomes(world.rows, "none", rng)) for _ in range(bank)]
        for _ in range(years * (part + 1) // holdouts - years * part // holdouts):
            order = rng.integers(0, bank, per_year + SPANS[-1])
            bad: set[int] = set()
            for name in names:
                bad |= set(_suspects(drawn, order, name, spec))
            total += sum(at - 1 not in bad for at in bad)
    return total


def _suspects(bank: Sequence[Findings], order: NDArray[np.int64], name: MonitorName, spec: ModelSpec) -> Iterator[int]:
    """Windows that are bad: those whose mean over a span could be, judged one by one."""
    rule = spec.alert_rule(name)
    given = [found.get(name) for found in bank]
    excess = np.array([_excess(found) if found else 0.0 for found in given])
    room = np.array([abs(found.threshold - found.baseline) if found else 0.0 for found in given])  # type: ignore[operator]
    own, unchanged = (
        np.array([getattr(found.precision, half) if found and found.precision else 0.0 for found in given])
        for half in ("window", "unchanged")
    )
    least = -NormalDist().inv_cdf((rule.false_alarm_rate or 1.0) / len(SPANS)) / Z95
    weights = np.array([found.precision.observations if found and found.precision else 0 for found in given])
    alone = any(found and found.precision and found.precision.selected for found in given)
    for span in SPANS[:1] if alone else SPANS:
        kernel, drawn_weights = np.ones(span), weights[order]
        beyond = np.convolve(drawn_weights * excess[order], kernel)[: len(order)]
        error, chance = (
            np.sqrt(np.convolve(np.square(drawn_weights * half[order]), kernel)[: len(order)])
            for half in (own, unchanged)
        )
        far = beyond + np.convolve(drawn_weights * room[order], kernel)[: len(order)]
        for at in np.flatnonzero((beyond > error) & (far > least * chance)):  # less than is asked for
            known = [found for place in order[max(0, at - 2 * SPANS[-1]) : at + 1] if (found := given[place])]
            if at >= SPANS[-1] and given[order[at]] and classify_window(known, rule)[0] == "bad":
                yield int(at)


def _excess(found: MonitorFinding) -> float:
    assert found.value is not None and found.threshold is not None and found.baseline is not None  # noqa: PT018
    return (found.value - found.threshold) * (1 if found.threshold > found.baseline else -1)


def logistic(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values)))


def _softmax(values: Floats) -> Floats:
    weights = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
