"""What a comparison found, as JSON and as people read it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from steward.results import MetricResult


class Rows(BaseModel):
    """How many rows either side has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: int
    current: int


class Drift(BaseModel):
    """The decision.

    Attributes:
        detected: whether any result drifts.
        family_wise_rate: the chance of any drift in unchanged data, over all results together.
        columns: that drift.
        independent_rows: whether rows counted as independent, for want of a time column or of three windows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    detected: bool
    family_wise_rate: float
    columns: list[str]
    independent_rows: bool


class ComparisonReport(BaseModel):
    """A comparison of two tables.

    Attributes:
        rows: of either.
        drift: the decision.
        results: all that it rests on; `unknown` with its reason where nothing could be measured.
        notes: what a reader should know beside them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    rows: Rows
    drift: Drift
    results: list[MetricResult]
    notes: list[str]
