"""How labelled rows are divided: what is fitted on, what calibrates, what judges."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from steward.spec.spec_section import SpecSection


class SplitPolicy(SpecSection):
    """How the labelled rows of a run are divided into training, calibration and holdout rows."""

    by: Literal["time", "entity"] = Field(
        default="time",
        description="`time`: each part is newer than the one before. `entity`: the holdout is newer, and no entity is "
        "in two parts; rows of the holdout's entities before the holdout, and of the others in it, are left out.",
    )
    holdout_share: Annotated[float, Field(gt=0, le=0.5)] | None = Field(
        default=None, description="With `by: entity`, the share of the entities that are never fitted on; unset: 0.2."
    )
    calibration_share: Annotated[float, Field(ge=0, le=0.5)] | None = Field(
        default=None,
        description="The share of the rows before the holdout (of their entities, with `by: entity`) that is kept out "
        "of the fit to calibrate with: by time the newest of them.",
    )

    @model_validator(mode="after")
    def _share_of_entities(self) -> Self:
        if self.by == "time" and self.holdout_share is not None:
            raise ValueError(
                "holdout_share is of entities: write `by: entity` beside it, or remove it; by time, "
                "retraining.holdout_span says how long the holdout is"
            )
        return self

    @property
    def held_out_entities(self) -> float:
        """The share of the entities that are never fitted on."""
        return 0.0 if self.by == "time" else self.holdout_share or 0.2


def _split_shorthand(value: object) -> object:
    return {"by": value} if isinstance(value, str) else value


Split = Annotated[
    SplitPolicy, BeforeValidator(_split_shorthand, json_schema_input_type=Literal["time", "entity"] | SplitPolicy)
]
"""A split, or only what it goes by: `split: entity`."""
