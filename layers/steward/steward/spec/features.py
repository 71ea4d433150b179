"""What a column of a record holds, and which of its cells are valid."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from steward.spec.spec_section import SpecSection
from steward.spec.time_formats import TimeFormat

MOST_DIMENSIONS = 4096


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
"""A regular expression that a whole cell must match."""


class _Column(SpecSection):
    """What all types share."""

    nullable: bool = Field(default=True, description="Whether a row may leave it empty; if not, such a row is invalid.")
    importance: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="Its weight among the features; without any, the importances that the version measured.",
    )
    monitored: bool = Field(default=True, description="Whether its drift is tested at all.")
    minimum_effect: Annotated[float, Field(ge=0)] | None = Field(
        default=None,
        description="Its own practical threshold: standard deviations for numbers, a share of the rows for categories.",
    )


class NumericFeature(_Column):
    """A number; values outside the bounds, where given, are invalid."""

    type: Literal["numeric"]
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self


class CategoricalFeature(_Column):
    """A category, the same in every spelling of its canonical form; with a domain, other values are invalid."""

    type: Literal["categorical"]
    domain: Annotated[list[str], Field(min_length=1)] | None = None
    pattern: Pattern | None = None


class BooleanFeature(_Column):
    """True or false: `true`/`false`, `yes`/`no`, `t`/`f`, `y`/`n`, `1`/`0` in any case."""

    type: Literal["boolean"]


class DatetimeFeature(_Column):
    """A moment: ISO 8601, a number since 1970, or in a format. Monitored by its age, weekday and hour."""

    type: Literal["datetime"]
    format: TimeFormat | None = Field(
        default=None, description="How its text and digits are read, as by Python's strptime: `%d.%m.%Y`."
    )


class TextFeature(_Column):
    """Free text. Monitored by its length, words, non-letters and words outside the reference's vocabulary."""

    type: Literal["text"]
    pattern: Pattern | None = None
    maximum_length: Annotated[int, Field(ge=1)] | None = None


class EmbeddingFeature(_Column):
    """A list of as many numbers in every row. Monitored by its norm, its angle to the reference and as a whole."""

    type: Literal["embedding"]
    dimensions: Annotated[int, Field(ge=1, le=MOST_DIMENSIONS)]


def _shorthand(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


_Short = Literal["numeric", "categorical", "boolean", "datetime", "text"]
_Feature = NumericFeature | CategoricalFeature | BooleanFeature | DatetimeFeature | TextFeature | EmbeddingFeature

Feature = Annotated[
    _Feature,
    Field(discriminator="type"),
    BeforeValidator(_shorthand, json_schema_input_type=_Short | _Feature),
]
