"""Base class of all sections of a declaration."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from steward.documents import TolerantModel


def spelling(pattern: str, words: str) -> BeforeValidator:
    """Refuses text that a pattern does not match, in words: pydantic would show the pattern.

    Args:
        pattern: the one that the type's schema has.
        words: what the text should be and how to write it, after "'...' is no ".
    """

    def check(text: object) -> object:
        if isinstance(text, str) and not re.search(pattern, text):
            raise ValueError(f"{text[:40]!r} is no {words}")
        return text

    return BeforeValidator(check)


MODEL_NAME = r"^[a-z][a-z0-9-]{0,53}$"
ModelName = Annotated[
    str,
    StringConstraints(pattern=MODEL_NAME),
    spelling(
        MODEL_NAME,
        "name of a model: write at most 54 lower-case letters, digits and hyphens, beginning with a letter, "
        "such as car-loan",
    ),
]
"""Lower case, digits and hyphens, beginning with a letter: safe in object keys and topics. At most 54 characters: a
schedule's name is the model's and up to 10 more, and EventBridge Scheduler takes 64."""

Share = Annotated[float, Field(ge=0, le=1)]
Tolerance = Annotated[float, Field(ge=0)]


def error_at(problem: str, *place: str | int) -> PydanticCustomError:
    """Build a validation error located at a part of the declaration."""
    path = ".".join(map(str, place))
    return PydanticCustomError("misplaced", "{path}: {problem}", {"path": path, "problem": problem, "place": place})


class SpecSection(TolerantModel):
    """Part of a declaration: numbers that are infinite or none are mistakes.

    Unknown keys are mistakes too where a person writes them, which `read_spec` refuses; a stored declaration may be of
    a newer release, whose keys are kept. A boolean is no number: YAML reads `yes` as true, which pydantic takes for 1;
    as text it is refused with the rest.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_boolean_numbers(cls, content: object) -> object:
        if not isinstance(content, Mapping):
            return content
        wrong = {
            name: str(content[name]).lower()
            for name, field in cls.model_fields.items()
            if isinstance(content.get(name), bool) and _holds_number(field.annotation)
        }
        return {**content, **wrong} if wrong else content


def _holds_number(annotation: Any) -> bool:
    """Whether a type is that of a number, or of one that may be left out."""
    return annotation in (float, int) or any(map(_holds_number, get_args(annotation)))
