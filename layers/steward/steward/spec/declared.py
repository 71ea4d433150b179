"""What everything written by hand has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

MODEL_NAME = r"^[a-z][a-z0-9-]{0,53}$"
ModelName = Annotated[str, StringConstraints(pattern=MODEL_NAME)]
"""Lower case, digits and hyphens, beginning with a letter: safe in object keys and topics. At most 54 characters: a
schedule's name is the model's and up to 10 more, and EventBridge Scheduler takes 64."""

Share = Annotated[float, Field(ge=0, le=1)]
Tolerance = Annotated[float, Field(ge=0)]


def misplaced(problem: str, *place: str | int) -> PydanticCustomError:
    """The error of a check that looks at several parts of a declaration: what is wrong, and with which part."""
    path = ".".join(map(str, place))
    return PydanticCustomError("misplaced", "{path}: {problem}", {"path": path, "problem": problem, "place": place})


class Declared(BaseModel):
    """Anything written by hand: unknown keys are mistakes, and so are numbers that are infinite or none."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)
