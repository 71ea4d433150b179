"""Outcomes of a version, by task: sums from which every performance metric is computed."""

from typing import TYPE_CHECKING, Annotated, assert_never

from pydantic import Field

from steward.performance.binary_outcomes import BinaryOutcomes
from steward.performance.multiclass_outcomes import MulticlassOutcomes
from steward.performance.regression_outcomes import RegressionOutcomes

if TYPE_CHECKING:
    from steward.spec.model import ModelSpec

__all__ = ["BinaryOutcomes", "MulticlassOutcomes", "Outcomes", "RegressionOutcomes", "no_outcomes"]

Outcomes = Annotated[BinaryOutcomes | MulticlassOutcomes | RegressionOutcomes, Field(discriminator="task")]
"""What became of predictions once their labels came; outcomes of one task add up."""


def no_outcomes(spec: "ModelSpec") -> Outcomes | None:
    """The identity of `+` for the task of a model; None for a task that has no labels."""
    match spec.task:
        case "binary_classification":
            return BinaryOutcomes()
        case "multiclass_classification":
            return MulticlassOutcomes.empty(spec.classes)
        case "regression":
            return RegressionOutcomes()
        case "text_generation":
            return None
        case unreachable:
            assert_never(unreachable)
