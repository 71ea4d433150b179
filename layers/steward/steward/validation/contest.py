"""What the gates look at, and the shape of a gate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.array_types import RowIndices
from steward.fairness.group_fairness import GroupTreatment
from steward.profiles.leakage import Leakage
from steward.profiles.model_bins import SegmentBins
from steward.spec.guardrails import Guardrails
from steward.spec.model import ModelSpec
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.evaluation import GateResult
from steward.validation.footprint import Footprint


@dataclass(frozen=True, slots=True)
class FirstVersion:
    """The first version that was approved, which successors are compared with beside the champion.

    Attributes:
        scores: what it says of the holdout, shape (rows,), or (rows, classes); None where it cannot be asked.
        recorded: the metrics of its own holdout, from when it was approved.
        unavailable: why it cannot be asked, empty where it can.
        predict: asks it of other rows; None where it cannot be asked.
    """

    version: str
    scores: NDArray[np.float64] | None
    recorded: Mapping[str, float]
    unavailable: str = ""
    predict: "Predict | None" = None


type Predict = Callable[[pd.DataFrame], NDArray[np.float64]]
"""What a version says of rows: probabilities or values, shape (rows,), or of several classes (rows, classes)."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The versions themselves, to be asked of rows that nobody recorded.

    Attributes:
        spec: the declaration in force.
        holdout: rows that neither version was fitted on.
        challenger: the new version.
        champion: the version in charge, if any that can be asked.
    """

    spec: ModelSpec
    holdout: pd.DataFrame
    challenger: Predict
    champion: Predict | None = None


@dataclass(frozen=True, slots=True)
class HoldoutTreatment:
    """What each version decides on the rows of each group of the protected attributes.

    Attributes:
        spec: the declaration in force, which names the attributes.
        attributes: their groups, as the challenger's baseline fixed them.
        challenger, champion: the counts of each group.
    """

    spec: ModelSpec
    attributes: Mapping[str, SegmentBins]
    challenger: GroupTreatment
    champion: GroupTreatment


@dataclass(frozen=True, slots=True)
class Contest:
    """What the gates look at.

    Attributes:
        labels: of the holdout: whether positive, the position of the class, or the value, shape (rows,).
        times: when each of its rows took place, datetime64 in UTC, shape (rows,).
        challenger: the new version's scores, shape (rows,), or (rows, classes).
        champion: the champion's scores; without one, for each row what a constant would say: the base rate, the shares
            of the classes, or the median of the challenger's training rows.
        champion_version: None without a champion.
        champion_saw_until: labelled rows before this moment helped to make the champion.
        holdout_start: the event time of the holdout's first moment.
        challenger_saw_until: labelled rows before this moment helped to make the challenger.
        features: the challenger's, in its order.
        declared_features: those of the declaration in force.
        leakage: how well each part of the features tells the label by itself, in the challenger's training rows.
        maximum_auc: how well it may, None for no limit.
        entities: the hash of the entity of each row, shape (rows,); None where no column says of whom rows are.
        metrics: the challenger's, on the holdout.
        intervals: of those that have one, of 95 %.
        first: the first approved version; None before there is one, or where nobody asks for it.
        probe: asks the versions of other rows; None where they cannot be asked.
        segments: the positions of the rows of each group of each declared segment, by name.
        treatment: of the groups of protected attributes; None where the declaration does not ask for it.
        footprint: what the version took where it was asked to score; None where it was not measured.
        declared_types, fitted_types: of the features, by name: of the declaration in force, and of that under which
            the version was fitted.
        run_chance: by which this run may promote a version that is no better, where the runs of a year share one.
        guardrails: those in force; None where none are.
    """

    labels: NDArray[np.bool_] | NDArray[np.float64] | NDArray[np.intp]
    times: NDArray[np.datetime64]
    challenger: NDArray[np.float64]
    champion: NDArray[np.float64]
    champion_version: str | None
    champion_saw_until: datetime | None
    holdout_start: datetime
    challenger_saw_until: datetime
    features: Sequence[str]
    declared_features: Sequence[str]
    leakage: Mapping[str, Leakage] = field(default_factory=dict)
    maximum_auc: float | None = None
    entities: NDArray[np.uint64] | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    first: FirstVersion | None = None
    probe: Probe | None = None
    segments: Mapping[str, RowIndices] = field(default_factory=dict)
    treatment: HoldoutTreatment | None = None
    footprint: Footprint | None = None
    declared_types: Mapping[str, str] = field(default_factory=dict)
    fitted_types: Mapping[str, str] = field(default_factory=dict)
    run_chance: float | None = None
    guardrails: Guardrails | None = None

    def of_rows(self, rows: RowIndices) -> "Contest":
        """The same of some rows of the holdout."""
        return replace(
            self,
            labels=self.labels[rows],
            times=self.times[rows],
            challenger=self.challenger[rows],
            champion=self.champion[rows],
            entities=None if self.entities is None else self.entities[rows],
        )


class Gate(Protocol):
    """One condition that a version must meet."""

    name: str

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Judge; never raises for a version that is merely bad. None where the declaration does not ask for it."""
        ...


def judge(gates: Sequence[Gate], contest: Contest, policy: ValidationPolicy) -> list[GateResult]:
    """What each gate says that is asked for, in order; nothing more of a version whose outputs nobody can compare."""
    results = []
    for gate in gates:
        result = gate.evaluate(contest, policy)
        if result is not None:
            results.append(result)
            if gate.name == "schema" and not result.passed:
                break
    return results
