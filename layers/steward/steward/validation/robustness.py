"""The gate that disturbs the holdout's cells and measures how fast a version's metric decays."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.spec.features import DatetimeFeature, NumericFeature, TextFeature
from steward.spec.gate_settings import Robustness
from steward.spec.model import ModelSpec
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest, Probe
from steward.validation.evaluation import GateFinding, GateResult
from steward.validation.holdout_gain import measure_gain, metric_of, title_of
from steward.validation.probed_rows import spread_rows

type _Disturb = Callable[[pd.DataFrame, ModelSpec, float], pd.DataFrame]

_LEVELS = (0.5, 1.0, 2.0)
"""Multiples of the declared disturbance that are measured, to show how fast the metric decays; the second decides."""
_SEED = 0


class SlowDecay:
    """The metric does not fall by more than declared where cells are noisy, missing or shifted."""

    name = "robustness"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Compare the version on disturbed rows with itself on the same rows as they are.

        The noise has a fixed seed, so that the same version is always judged alike.
        """
        asked, probe = policy.robustness, contest.probe
        if asked is None or probe is None:
            return None
        at = spread_rows(len(contest.labels))
        probe = replace(probe, holdout=probe.holdout.iloc[at])
        findings = list(_measure(asked, contest.of_rows(at), probe, policy))
        failed = [finding for finding in findings if not finding.passed]
        messages = "; ".join(finding.message for finding in failed or findings)
        remedy = (
            ". Train on rows that hold such cells or by a recipe with more regularization, or raise "
            "validation.robustness.maximum_decay"
        )
        return GateResult(
            gate=self.name, passed=not failed, message=f"{messages}{remedy if failed else ''}", findings=findings
        )


def add_noise(rows: pd.DataFrame, spec: ModelSpec, deviations: float) -> pd.DataFrame:
    """Gaussian noise on every number, in standard deviations of its column, within its declared bounds."""
    random = np.random.default_rng(_SEED)
    return _change_numbers(
        rows, spec, lambda column: deviations * _deviation(column) * random.standard_normal(len(column))
    )


def shift_up(rows: pd.DataFrame, spec: ModelSpec, deviations: float) -> pd.DataFrame:
    """Every number moved by as many standard deviations of its column, within its declared bounds."""
    return _change_numbers(rows, spec, lambda column: deviations * _deviation(column))


def shift_down(rows: pd.DataFrame, spec: ModelSpec, deviations: float) -> pd.DataFrame:
    """The same in the other direction."""
    return shift_up(rows, spec, -deviations)


def empty_cells(rows: pd.DataFrame, spec: ModelSpec, share: float) -> pd.DataFrame:
    """A share of the cells of every feature that recipes learn from and that may be empty, at random, made empty."""
    random = np.random.default_rng(_SEED)
    emptied = {}
    for name, feature in spec.features.items():
        if feature.nullable and not isinstance(feature, DatetimeFeature | TextFeature):
            emptied[name] = rows[name].mask(random.random(len(rows)) < share)
    return rows.assign(**emptied)


def _deviation(column: pd.Series) -> float:
    """The standard deviation of a column; 0 where there are too few values for one."""
    return float(np.nan_to_num(column.std()))


def _change_numbers(
    rows: pd.DataFrame, spec: ModelSpec, change: Callable[[pd.Series], NDArray[np.float64] | float]
) -> pd.DataFrame:
    changed = {}
    for name, feature in spec.features.items():
        if isinstance(feature, NumericFeature):
            column = rows[name].astype("float64")
            changed[name] = (column + change(column)).clip(feature.minimum, feature.maximum)
    return rows.assign(**changed)


def _measure(asked: Robustness, contest: Contest, probe: Probe, policy: ValidationPolicy) -> Iterator[GateFinding]:
    disturbances: tuple[tuple[str, float | None, str, tuple[_Disturb, ...]], ...] = (
        ("noise", asked.noise, "noise of {:g} times the standard deviation", (add_noise,)),
        ("missing", asked.missing, "{:.1%} missing cells", (empty_cells,)),
        ("shift", asked.shift, "a shift by {:g} times the standard deviation", (shift_up, shift_down)),
    )
    title = title_of(metric_of(contest, policy))
    for name, size, words, disturb in disturbances:
        if size is None:
            continue
        decays = [_decay(disturb, level * size, contest, probe, policy) for level in _LEVELS]
        unmeasured = next((decay for decay in decays if isinstance(decay, str)), None)
        if unmeasured:
            yield GateFinding(name=name, passed=False, message=unmeasured, limit=asked.maximum_decay)
            continue
        low, decay, high = (float(one) for one in decays)
        passed = decay <= asked.maximum_decay
        message = (
            f"{words.format(size)} {'cost' if name == 'missing' else 'costs'} {decay:.4f} of {title}, "
            f"{'within' if passed else 'more than'} the {asked.maximum_decay:g} allowed "
            f"({low:.4f} at half, {high:.4f} at twice as much)"
        )
        yield GateFinding(
            name=name, passed=passed, message=message, value=decay, limit=asked.maximum_decay, rows=len(contest.labels)
        )


def _decay(
    disturb: tuple[_Disturb, ...], size: float, contest: Contest, probe: Probe, policy: ValidationPolicy
) -> float | str:
    """How much worse the metric is on disturbed rows, the worst of the ways to disturb them; or why nobody can tell."""
    worst = -np.inf
    for way in disturb:
        disturbed = replace(contest, challenger=probe.challenger(way(probe.holdout, probe.spec, size)))
        measured = measure_gain(disturbed, contest.challenger, policy, in_time=False)
        if isinstance(measured, str):
            return measured
        worst = max(worst, -measured.gain.value)
    return float(worst)
