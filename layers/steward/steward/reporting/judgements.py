"""The part of a report about gates: what each of them was shown of a version, and how it decided."""

from collections.abc import Sequence
from typing import Literal

from pydantic import AwareDatetime

from steward.events import ObjectRef
from steward.reporting.report_evidence import StoredDocument
from steward.reporting.reported_monitors import ReportPart
from steward.results import shorten
from steward.validation.evaluation import Evaluation, GateFinding, GateResult

MOST_FINDINGS = 20
"""Findings of a gate that a report has, those first that refuse."""
_LONGEST = 1200
"""Characters of what a gate says: as many as the remedy at its end is read with."""


class GateEvidence(ReportPart):
    """One gate.

    Attributes:
        figure: what the value is; empty where it measures none, or several.
        value, low, high: the figure and its bounds.
        required: what the lower bound must exceed.
        confidence: of each bound by itself.
        findings: of several things that it looked at.
        more: how many findings the report leaves out.
    """

    gate: str
    passed: bool
    message: str
    figure: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    required: float | None = None
    rows: int | None = None
    confidence: float | None = None
    findings: list[GateFinding] = []
    more: int = 0

    @classmethod
    def of(cls, result: GateResult) -> "GateEvidence":
        """The evidence of one gate, cut to what people read."""
        ranked = sorted(result.findings, key=lambda finding: finding.passed)
        shown = [one.model_copy(update={"message": shorten(one.message)}) for one in ranked[:MOST_FINDINGS]]
        return cls(
            gate=result.gate,
            passed=result.passed,
            message=shorten(result.message, _LONGEST),
            figure=result.figure,
            value=result.value,
            low=result.low,
            high=result.high,
            required=result.required,
            rows=result.rows,
            confidence=result.confidence,
            findings=shown,
            more=len(ranked) - len(shown),
        )


class Judgement(ReportPart):
    """What the gates said of one version.

    Attributes:
        occasion: whether the version was to take over, or was tested in charge.
        opponent: the version that it was compared with; None for a constant.
        holdout_start: the first moment of the rows it was judged on.
        rows: how many.
        summary: the first gate that refused, or the gain that convinced.
    """

    version: str
    occasion: Literal["validation", "test"]
    opponent: str | None
    as_of: AwareDatetime
    holdout_start: AwareDatetime
    rows: int
    passed: bool
    summary: str
    gates: list[GateEvidence]
    source: ObjectRef


def judgements(
    validations: Sequence[StoredDocument[Evaluation]], tests: Sequence[StoredDocument[Evaluation]]
) -> list[Judgement]:
    """The judgements of a report, the newest first; each evaluation once."""
    known = {kept.stored: _judgement(kept, "validation") for kept in validations}
    known |= {kept.stored: _judgement(kept, "test") for kept in tests}
    return sorted(known.values(), key=lambda one: (one.as_of, one.version), reverse=True)


def _judgement(kept: StoredDocument[Evaluation], occasion: Literal["validation", "test"]) -> Judgement:
    evaluation = kept.it
    return Judgement(
        version=evaluation.version,
        occasion=occasion,
        opponent=evaluation.champion,
        as_of=evaluation.as_of,
        holdout_start=evaluation.holdout_start,
        rows=evaluation.holdout_rows,
        passed=evaluation.passed,
        summary=shorten(evaluation.summary),
        gates=[GateEvidence.of(result) for result in evaluation.gates],
        source=kept.stored,
    )
