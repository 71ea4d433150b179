"""Monitors of signs that somebody tampers with what a model learns from."""

from typing import Annotated

from pydantic import Field

from steward.spec.spec_section import Share, SpecSection


class RepeatedRowsMonitor(SpecSection):
    """The share of rows that agree with one row in every feature, compared with the reference: a flood of copies."""

    maximum_increase: Share = Field(default=0.05, description="How much larger than in the reference the share may be.")


class ContradictedLabelsMonitor(SpecSection):
    """The share of confident predictions that the label contradicts, compared with the holdout: flipped labels."""

    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        default=0.9, description="Predicted probability of the decided class from which a prediction is confident."
    )
    maximum_increase: Share = Field(default=0.02, description="How much larger than in the holdout the share may be.")
