"""What an erasure does about the versions that were trained on the erased rows."""

from datetime import timedelta
from typing import Literal, Self

from pydantic import Field, model_validator

from steward.spec.durations import Duration
from steward.spec.spec_section import SpecSection


class ErasurePolicy(SpecSection):
    """What becomes of versions that were trained on rows of a subject that is erased."""

    trained_versions: Literal["retrain", "keep"] = Field(
        default="retrain",
        description="`retrain`: a retraining without the rows is requested if the champion was trained on them; "
        "`keep`: versions stay, with the reason.",
    )
    within: Duration = Field(
        default=timedelta(days=30), description="With `retrain`: how long after the erasure another champion is due."
    )
    reason: str = Field(default="", description="With `keep`: why versions may stay; the statement quotes it.")
    suppress: Literal["earlier", "always"] = Field(
        default="earlier",
        description="Which rows of an erased subject are not taken in again: those of a moment before the erasure, and "
        "those with an erased id; or `always` all.",
    )

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if self.trained_versions == "keep" and not self.reason:
            raise ValueError("trained_versions: keep needs a reason, which the statement of an erasure quotes")
        return self
