"""Checks across the columns of a row."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from steward.records.chunk_violations import Violations
from steward.records.columns import Chunk, Column, NumericColumn
from steward.records.conditions import evaluate
from steward.spec.expressions import columns_of
from steward.spec.quality import Rule

SLACK = 1e-3
"""How far from one the probabilities of all classes may add up to: they come rounded."""


def check_score_sums(faults: Violations, scores: Sequence[Column]) -> None:
    """The probabilities of all classes are one in all; where one is missing, nothing is known."""
    total = np.sum([column.values for column in scores if isinstance(column, NumericColumn)], axis=0)
    faults.note(
        np.abs(total - 1) > SLACK,
        "scores_do_not_add_up",
        None,
        lambda at: f"the scores of all classes add up to {total[at]:.6g}; write probabilities, which add up to 1",
    )


def check_error_counts(faults: Violations, chunk: Chunk, measures: Mapping[str, str]) -> None:
    """No more requests fail than there are."""
    requests, errors = (chunk.columns.get(measures.get(name, name)) for name in ("requests", "errors"))
    if isinstance(requests, NumericColumn) and isinstance(errors, NumericColumn):
        faults.note(
            errors.values > requests.values,
            "more_errors_than_requests",
            measures["errors"],
            lambda at: f"{errors.values[at]:g} errors in {requests.values[at]:g} requests; count both over one period",
        )


def check_whole_counts(faults: Violations, chunk: Chunk, measures: Mapping[str, str]) -> None:
    """Requests are counted in whole numbers."""
    for name in ("requests", "errors", "latency_count"):
        column = chunk.columns.get(measures.get(name, name))
        if isinstance(column, NumericColumn):
            with np.errstate(invalid="ignore"):
                broken = column.values != np.floor(column.values)
            faults.note(
                broken & np.isfinite(column.values),
                "no_whole_number",
                measures[name],
                partial(_fraction, measures[name], column),
            )


def check_latency_bounds(faults: Violations, chunk: Chunk, measures: Mapping[str, str]) -> None:
    """The lower bound of latencies is not above the upper one, and bounds and counts are of some latency."""
    latency, low, count = (
        chunk.columns.get(measures.get(name, name)) for name in ("latency", "latency_low", "latency_count")
    )
    high = latency.values if isinstance(latency, NumericColumn) else np.full(chunk.rows, np.nan)
    if isinstance(low, NumericColumn):
        faults.note(
            low.values > high,
            "bounds_crossed",
            measures["latency_low"],
            lambda at: f"no less than {low.values[at]:g} ms and no more than {high[at]:g} ms; exchange the bounds",
        )
    for name, column in (("latency_low", low), ("latency_count", count)):
        if isinstance(column, NumericColumn):
            faults.note(
                np.isnan(high) & np.isfinite(column.values),
                "missing_latency",
                measures[name],
                lambda _: f"says more of a latency that is not there; give {measures.get('latency', 'latency')} too",
            )


def _fraction(name: str, column: NumericColumn, at: int) -> str:
    return f"{name} is {column.values[at]:g}; write a whole number"


def check_rules(faults: Violations, chunk: Chunk, rules: Sequence[Rule]) -> None:
    """Every row meets the declared conditions, unless a cell that one looks at is empty.

    A rule that looks at a column that the file lacks is not asked.
    """
    for rule in rules:
        if not columns_of(rule.check) <= chunk.columns.keys():
            continue
        broken = evaluate(rule.check, chunk).false
        faults.note(broken, f"rule:{rule.name}", None, partial(_report_broken, rule), mild=True)


def _report_broken(rule: Rule, _: int) -> str:
    return f"the row breaks the rule {rule.name} ({rule.check}): {rule.reason or 'correct it, or the declaration'}"
