"""How SageMaker data-capture files map onto the model's columns."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from steward.spec.spec_section import SpecSection, spelling


def _one_list(location: str) -> str:
    if location.count("[*]") > 1:
        raise ValueError(f"{location!r} has [*] more than once; records lie in one list")
    return location


_LOCATION = r"^((\$\.?)?([^.\[\]]+|\[(\d+|\*)\])(\.[^.\[\]]+|\[(\d+|\*)\])*)?$"
CaptureLocation = Annotated[
    str,
    StringConstraints(pattern=_LOCATION, max_length=500),
    AfterValidator(_one_list),
    spelling(_LOCATION, "place in a document: write keys and positions, such as predictions[*].score"),
]
"""Keys, positions and at most one `[*]` for every item of a list."""


class Capture(SpecSection):
    """The layout of captured requests and responses; files in the inbox that are captures are read by it."""

    inputs: Annotated[list[str], Field(min_length=1)] = Field(description="The columns of a request, in its order.")
    outputs: Annotated[list[str], Field(min_length=1)] = Field(
        description="The columns of a response, in its order; `_` for a field to leave out."
    )
    request: CaptureLocation = Field(
        default="",
        description="Where the records lie in a JSON request, as a monitor's `features_attribute` says it, such as "
        "`data.features` or `instances[*].features`. Unset: objects, lists, lists of them, and what `instances` holds.",
    )
    response: CaptureLocation = Field(
        default="", description="The same of a JSON response; unset, what `predictions` holds, too."
    )
