"""Limits that a version is held to on the holdout and where it serves: calibration, latency, memory and size."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from steward.spec.spec_section import Share, SpecSection


class CalibrationBounds(SpecSection):
    """How far scores may be from the shares of rows that turn out so (expected calibration error)."""

    maximum_error: Share | None = Field(
        default=None, description="The most that the error may be; refused where its whole interval is above."
    )
    maximum_rise: Share | None = Field(
        default=None,
        description="The most that the error may be above the champion's, and above the first approved version's, on "
        "the same rows; refused where a larger rise is proved.",
    )

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if self.maximum_error is None and self.maximum_rise is None:
            raise ValueError("needs maximum_error, maximum_rise, or both, such as maximum_error: 0.05")
        return self


class ServingBudgets(SpecSection):
    """What a version may take where it serves; measured by the function that validates it, in a process of its own."""

    milliseconds: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Median time to score `rows` rows, warm; refused where its whole interval is above."
    )
    rows: Annotated[int, Field(ge=1, le=10_000)] = Field(default=1, description="Rows that are scored at once.")
    memory_megabytes: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="Peak resident memory of a process that loads the libraries and the artifact and scores the rows.",
    )
    artifact_megabytes: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Size of the artifact, as it is stored."
    )

    @property
    def measured(self) -> bool:
        """Whether anything is limited that only a process shows."""
        return self.milliseconds is not None or self.memory_megabytes is not None

    @model_validator(mode="after")
    def _limits_something(self) -> Self:
        if not self.measured and self.artifact_megabytes is None:
            raise ValueError("needs milliseconds, memory_megabytes or artifact_megabytes: what is to be limited")
        return self
