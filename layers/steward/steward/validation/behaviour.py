"""The gates that ask a version of rows that people choose: golden rows, and the holdout with a feature moved."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from steward.records.canonical import canonical_category
from steward.results import count_of
from steward.spec.features import Feature, NumericFeature
from steward.spec.gate_settings import DeclaredCell, Expectation, GoldenRows
from steward.spec.model import ModelSpec
from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import Contest, Probe
from steward.validation.evaluation import GateFinding, GateResult
from steward.validation.probed_rows import spread_rows

_ROUNDING = 1e-9
_NAMED = 3
"""Findings that a message names."""


class SteadyGoldenRows:
    """The predictions of the golden rows have not moved by more than declared."""

    name = "golden_rows"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Each row is held to its declared prediction, or else to what the champion says."""
        golden, probe = policy.golden_rows, contest.probe
        if golden is None or probe is None:
            return None
        findings = _compare_golden(golden, probe, contest.champion_version)
        moves = [finding.value for finding in findings if finding.value is not None]
        if not moves:
            message = "not compared: there is no champion to ask, and no prediction is declared"
            return GateResult(gate=self.name, passed=True, message=message, findings=findings)
        moved = [finding for finding in findings if not finding.passed]
        rows = count_of(len(findings), "golden row")
        message = (
            f"{len(moved)} of {rows} moved by more than the {golden.maximum_change:g} allowed: {_first(moved)}. If "
            "that is meant, declare their new predictions in validation.golden_rows, or raise maximum_change"
            if moved
            else f"{rows} moved by at most {max(moves):.4f}, within the {golden.maximum_change:g} allowed"
        )
        return GateResult(gate=self.name, passed=not moved, message=message, value=max(moves), findings=findings)


class ExpectedBehaviour:
    """Predictions answer as declared when one feature of the holdout's rows is moved.

    Source: M. T. Ribeiro, T. Wu, C. Guestrin and S. Singh (2020), Beyond accuracy: behavioral testing of NLP models
    with CheckList, ACL, 4902-4912 (invariance and directional expectation tests).
    """

    name = "expectations"

    def evaluate(self, contest: Contest, policy: ValidationPolicy) -> GateResult | None:
        """Compare the share of rows that answer otherwise with what each expectation allows."""
        if not policy.expectations or contest.probe is None:
            return None
        findings = [check_expectation(expectation, contest.probe) for expectation in policy.expectations]
        unmet = [finding for finding in findings if not finding.passed]
        known = count_of(len(findings), "expectation")
        message = (
            f"{len(unmet)} of {known} not met: {_first(unmet)}. Train by a recipe or on rows that keep to it, or allow "
            "more by tolerance or maximum_violations"
            if unmet
            else f"{known} met on rows of the holdout: {_first(findings)}"
        )
        return GateResult(gate=self.name, passed=not unmet, message=message, findings=findings)


def check_expectation(expectation: Expectation, probe: Probe) -> GateFinding:
    """The share of the holdout's rows whose prediction answers a moved feature otherwise than expected.

    Rows where the feature is missing, has the value already, or would leave its declared bounds are left out.
    """
    rows = probe.holdout.iloc[spread_rows(len(probe.holdout))]
    feature = probe.spec.features[expectation.feature]
    cells = rows[expectation.feature]
    moved = _move(cells, expectation, feature)
    taken = (cells.notna() & moved.notna() & (cells.astype(object) != moved.astype(object))).to_numpy()
    limit = expectation.maximum_violations
    added = expectation.add is not None
    how = f"{expectation.feature} {f'{expectation.add:+g}' if added else f'= {expectation.set_to}'}"
    if not taken.any():
        message = f"{expectation.name}: not measured: {how} moves no row of the holdout within the feature's bounds"
        return GateFinding(name=expectation.name, passed=True, message=message, limit=limit, rows=0)
    before = _predict(probe, rows[taken], expectation)
    after = _predict(probe, rows[taken].assign(**{expectation.feature: moved[taken]}), expectation)
    excess = _excess(after - before, expectation)
    share = float(np.mean(excess > expectation.tolerance + _ROUNDING))
    allowed = f"at most {limit:.1%} may, and the largest change is {float(excess.max()):.4g}"
    other = {"not_lower": "lower", "not_higher": "higher", "unchanged": "changed"}[expectation.prediction]
    message = f"{expectation.name}: with {how} {share:.1%} of {len(before):,} rows are {other}; {allowed}"
    return GateFinding(
        name=expectation.name, passed=share <= limit, message=message, value=share, limit=limit, rows=len(before)
    )


def row_frame(rows: Sequence[Mapping[str, DeclaredCell]], spec: ModelSpec) -> pd.DataFrame:
    """Rows of a declaration as recipes take them: a column a feature, missing cells as None or NaN."""
    columns = {
        name: pd.Series([_canonical(row.get(name), feature) for row in rows], dtype=_dtype(feature))
        for name, feature in spec.features.items()
    }
    return pd.DataFrame(columns)


def _compare_golden(golden: GoldenRows, probe: Probe, champion: str | None) -> list[GateFinding]:
    frame = row_frame(golden.rows, probe.spec)
    after = _as_table(probe.challenger(frame))
    before = _as_table(probe.champion(frame)) if probe.champion else np.full_like(after, np.nan)
    spec = probe.spec
    outputs = [spec.columns.prediction] if spec.task == "regression" else list(spec.columns.outputs.values())
    source = [f"champion {champion}" if probe.champion else ""] * len(golden.rows)
    for at, row in enumerate(golden.rows):
        if outputs[0] in row:
            before[at] = [row[name] for name in outputs]  # type: ignore[index]
            source[at] = "the declaration"
    findings = []
    for at, (old, new) in enumerate(zip(before, after, strict=True)):
        name = f"row {at + 1}"
        if not source[at]:
            message = f"{name}: not compared, since there is no champion to ask and no prediction is declared"
            findings.append(GateFinding(name=name, passed=True, message=message, limit=golden.maximum_change))
            continue
        change = np.abs(new - old)
        most = int(change.argmax())
        moved = float(change[most])
        findings.append(
            GateFinding(
                name=name,
                passed=moved <= golden.maximum_change + _ROUNDING,
                message=f"{name}: from {old[most]:.4f} ({source[at]}) to {new[most]:.4f}",
                value=moved,
                limit=golden.maximum_change,
            )
        )
    return findings


def _move(cells: pd.Series, expectation: Expectation, feature: Feature) -> pd.Series:
    """The feature's cells as they are moved; NaN or None where they cannot be."""
    if expectation.add is not None:
        moved = cells.astype("float64") + expectation.add
    else:
        moved = pd.Series([_canonical(expectation.set_to, feature)] * len(cells), index=cells.index)
    if isinstance(feature, NumericFeature):
        low = -np.inf if feature.minimum is None else feature.minimum
        high = np.inf if feature.maximum is None else feature.maximum
        return moved.astype("float64").where(moved.between(low, high))
    return moved.astype(object)


def _excess(change: NDArray[np.float64], expectation: Expectation) -> NDArray[np.float64]:
    """How far each prediction goes against the expectation, at least 0, shape (rows,)."""
    match expectation.prediction:
        case "not_lower":
            return np.maximum(-change, 0)
        case "not_higher":
            return np.maximum(change, 0)
        case "unchanged":
            return np.abs(change)


def _predict(probe: Probe, rows: pd.DataFrame, expectation: Expectation) -> NDArray[np.float64]:
    scores = probe.challenger(rows)
    return scores if expectation.label is None else scores[:, probe.spec.classes.index(expectation.label)]


def _as_table(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return scores.reshape(len(scores), -1).astype(np.float64)


def _canonical(cell: DeclaredCell, feature: Feature) -> DeclaredCell:
    """A cell as records hold it."""
    if cell is None or isinstance(cell, list):
        return cell
    return float(cell) if isinstance(feature, NumericFeature) else canonical_category(str(cell))


def _dtype(feature: Feature) -> str:
    return "float64" if isinstance(feature, NumericFeature) else "object"


def _first(findings: Sequence[GateFinding]) -> str:
    """The messages of the first few."""
    more = len(findings) - _NAMED
    named = "; ".join(finding.message for finding in findings[:_NAMED])
    return f"{named}; and {more} more" if more > 0 else named
