"""The names that the user's files give to the parts of a record."""

from collections import Counter
from typing import Self

from pydantic import Field, model_validator

from steward.spec.spec_section import SpecSection
from steward.spec.time_formats import TimeFormat


class Columns(SpecSection):
    """The names that the user's files give to the parts of a record."""

    id: str = Field(description="Identifies one prediction; labels find it by this.")
    time: str = Field(description="When the prediction was made, or its event took place.")
    time_format: TimeFormat | None = Field(
        default=None,
        description="How text and digits in the time column of predictions, labels and reference rows are read, as by "
        "Python's strptime: `%d.%m.%Y %H:%M`; unset: ISO 8601, or a number since 1970.",
    )
    score: str | None = Field(
        default=None, description="Binary classification: the probability of the positive label, from 0 to 1."
    )
    scores: dict[str, str] = Field(
        default_factory=dict, description="Several classes: the column with the probability of each class."
    )
    prediction: str | None = Field(
        default=None,
        description="The decided class (unset: score >= threshold, or the likeliest class), or the predicted value.",
    )
    label: str = Field(
        default="label", description="The ground truth, in label, correction and reference files: a class, or a value."
    )
    version: str = Field(default="version", description="The version that made the prediction.")
    entity: str | None = Field(
        default=None,
        description="Whom or what a row is about (a customer, a device, a session), where several rows are about one: "
        "rows of one entity do not count as independent. It may be a feature or an attribute too.",
    )
    latency: str | None = Field(default=None, description="How long the prediction took, in milliseconds.")
    error: str | None = Field(default=None, description="Whether the request failed: true or false, or an HTTP status.")
    cpu: str | None = Field(default=None, description="Processor use, in percent.")
    gpu: str | None = Field(default=None, description="GPU use, in percent.")
    memory: str | None = Field(default=None, description="Memory use, in percent.")
    attributions: dict[str, str] = Field(
        default_factory=dict, description="The column with the attribution (a SHAP value, say) of each feature."
    )

    @property
    def outputs(self) -> dict[str, str]:
        """Score columns by the name of the profile's part: `score`, or `scores.<class>`."""
        single = {"score": self.score} if self.score else {}
        return single | {f"scores.{name}": column for name, column in self.scores.items()}

    @property
    def operation(self) -> dict[str, str]:
        """The columns of operation that the files have, by what they measure."""
        named = {
            "latency": self.latency,
            "error": self.error,
            "cpu": self.cpu,
            "gpu": self.gpu,
            "memory": self.memory,
        }
        return {name: column for name, column in named.items() if column is not None}

    @property
    def roles(self) -> tuple[str, ...]:
        """Every column with a role of its own, in the order of this declaration; attributions come last."""
        single = (self.id, self.time, self.score, *self.scores.values(), self.prediction, self.label, self.version,
                  self.entity)  # fmt: skip
        named = (name for name in single if name is not None)
        return (*named, *self.operation.values(), *self.attributions.values())

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        repeated = sorted(name for name, count in Counter(self.roles).items() if count > 1)
        if repeated:
            raise ValueError(f"column {', '.join(repeated)} is given two roles; each role needs a column of its own")
        if self.score and self.scores:
            raise ValueError("score is for two classes, scores is for several; declare one of them")
        return self
