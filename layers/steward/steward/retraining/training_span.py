"""Which rows a version is fitted on, and how much each of them counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.retraining.versions import SpanChoice
from steward.spec.durations import format_duration
from steward.spec.model import ModelSpec
from steward.spec.policies import RetrainingPolicy, SpanName

FOLDS = 2
"""The newest parts of the training rows, each of the holdout's length, on which `auto` compares spans."""

_USUAL_SPANS = 4
"""Holdout spans that a trailing span or a half-life has where `auto` is asked and neither is declared."""

CANDIDATES: tuple[SpanName, ...] = (
    "everything", "decaying", "trailing", "reference_and_recent", "since_change",
)  # fmt: skip
"""What `auto` tries; of equal ones the first wins. Weights need an estimator that takes them."""


@dataclass(frozen=True, slots=True)
class SpanFacts:
    """What spans need to know beside the rows.

    Attributes:
        since: when the trouble began that the run is about; None where no alert says.
        reference_until: rows before this moment are of the reference; None where unknown.
        trailing, half_life: lengths, declared or usual.
    """

    since: datetime | None
    reference_until: datetime | None
    trailing: timedelta
    half_life: timedelta

    @classmethod
    def of(cls, policy: RetrainingPolicy, since: datetime | None, reference_until: datetime | None) -> "SpanFacts":
        """Those of a declaration."""
        usual = _USUAL_SPANS * policy.holdout_span
        return cls(since, reference_until, policy.training_span or usual, policy.half_life or usual)


def select_rows(
    span: SpanName, rows: pd.DataFrame, times: pd.Series, facts: SpanFacts
) -> tuple[pd.DataFrame, NDArray[np.float64] | None]:
    """The rows of a span, and their weights; None where all count alike.

    Args:
        span: by name.
        rows: all rows that may be fitted on.
        times: when each took place, datetime64 in UTC, shape (rows,).
        facts: lengths and moments.
    """
    end = times.max()
    recent = times > end - pd.Timedelta(facts.trailing)
    match span:
        case "trailing":
            return rows[recent], None
        case "decaying":
            ages = (end - times) / pd.Timedelta(facts.half_life)
            return rows, np.exp2(-ages.to_numpy(dtype=np.float64))
        case "since_change" if facts.since is not None:
            return rows[times >= pd.Timestamp(facts.since)], None
        case "reference_and_recent" if facts.reference_until is not None:
            return rows[recent | (times < pd.Timestamp(facts.reference_until))], None
        case _:
            return rows, None


def choose_span(
    spec: ModelSpec,
    training: pd.DataFrame,
    facts: SpanFacts,
    suffices: Callable[[pd.DataFrame], bool],
    loss: Callable[[SpanName, pd.DataFrame, pd.DataFrame], float],
) -> SpanChoice:
    """The declared span, or of `auto` the one that does best on the newest part of the training rows.

    Args:
        spec: the declaration.
        training: the rows that may be fitted on; the holdout is none of them.
        facts: lengths and moments.
        suffices: whether rows are enough to fit on and to judge by.
        loss: fits the rows of a span of the first table, and gives the mean loss on the second.
    """
    declared = spec.retraining.chosen_span
    times = training[spec.columns.time]
    if declared != "auto":
        return _checked(declared, training, times, facts, suffices)
    unweighted = spec.retraining.recipe is not None and not spec.retraining.recipe.weighs_rows
    known = [name for name in CANDIDATES if not _missing(name, facts) and not (unweighted and name == "decaying")]
    folds = [fold for fold in _folds(training, times, spec.retraining.holdout_span) if all(map(suffices, fold))]
    tried: dict[str, float] = {}
    for name in known:
        usable = [fold for fold in folds if suffices(select_rows(name, fold[0], fold[0][spec.columns.time], facts)[0])]
        if folds and len(usable) == len(folds):
            tried[name] = float(np.mean([loss(name, before, after) for before, after in folds]))
    if not tried:
        why = f"the training rows are too few to compare spans on {format_duration(spec.retraining.holdout_span)}"
        return SpanChoice(span="everything", sentence=f"everything: {why}")
    best = min(tried, key=lambda name: (tried[name], known.index(name)))  # type: ignore[arg-type]
    return SpanChoice(span=best, tried=tried, sentence=_reason(best, tried, len(folds), spec))  # type: ignore[arg-type]


def _checked(
    span: SpanName,
    training: pd.DataFrame,
    times: pd.Series,
    facts: SpanFacts,
    suffices: Callable[[pd.DataFrame], bool],
) -> SpanChoice:
    why = _missing(span, facts)
    if not why and not suffices(select_rows(span, training, times, facts)[0]):
        why = "its rows are too few"
    if why and span in {"since_change", "reference_and_recent"}:
        return SpanChoice(span="everything", sentence=f"everything instead of {span.replace('_', ' ')}: {why}")
    return SpanChoice(span=span, sentence=span.replace("_", " "))


def _missing(span: SpanName, facts: SpanFacts) -> str:
    """Why a span cannot be told; empty where it can."""
    if span == "since_change" and facts.since is None:
        return "no alert says when the change began"
    if span == "reference_and_recent" and facts.reference_until is None:
        return "no row is of the reference"
    return ""


def _folds(training: pd.DataFrame, times: pd.Series, length: timedelta) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """The newest parts of some rows, each with all rows before it."""
    end = times.max() + pd.Timedelta(1, "us")
    edges = [end - number * pd.Timedelta(length) for number in range(FOLDS + 1)]
    return [(training[times < start], training[(times >= start) & (times < stop)]) for stop, start in pairwise(edges)]


def _reason(best: str, tried: Mapping[str, float], folds: int, spec: ModelSpec) -> str:
    others = ", ".join(f"{value:.4f} {name.replace('_', ' ')}" for name, value in tried.items() if name != best)
    length = format_duration(spec.retraining.holdout_span)
    of = f"the newest {length} of the training rows" if folds == 1 else f"the newest {folds} times {length} of them"
    return f"{best.replace('_', ' ')} won with a mean loss of {tried[best]:.4f} on {of}; {others or 'nothing else'}"
