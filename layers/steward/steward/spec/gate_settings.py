"""What the gates ask: predictions of rows that people choose, and limits of calibration, time, memory and size."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from steward.spec.features import BooleanFeature, CategoricalFeature, EmbeddingFeature, Feature, NumericFeature
from steward.spec.spec_section import Share, SpecSection, Tolerance

DeclaredCell = bool | float | str | list[float] | None
"""What a row of a declaration holds in one column; None where it is missing."""

SettingPath = tuple[str | int, ...]


class GoldenRows(SpecSection):
    """Rows whose predictions must not move from one version to the next."""

    maximum_change: Tolerance = Field(
        description="The most that a prediction may move: a probability, or for regression the value."
    )
    rows: Annotated[list[dict[str, DeclaredCell]], Field(min_length=1, max_length=1000)] = Field(
        description="Features by name; one left out is missing. A row that has the score or prediction too, in its "
        "column's name, is held to that; any other to what the champion says."
    )


class Expectation(SpecSection):
    """How predictions answer when one feature of a row is moved."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    feature: str
    add: float | None = Field(default=None, description="What is added to a number.")
    set_to: float | str | None = Field(default=None, description="What the feature is set to.")
    prediction: Literal["not_lower", "not_higher", "unchanged"]
    label: str | None = Field(
        default=None, description="The class whose probability is meant, where there are several."
    )
    tolerance: Tolerance = Field(default=0.0, description="A smaller change of the prediction is none.")
    maximum_violations: Share = Field(default=0.0, description="The share of rows that may answer otherwise.")

    @model_validator(mode="after")
    def _moves_one_way(self) -> Self:
        if (self.add is None) == (self.set_to is None):
            raise ValueError("needs either add, for a number, or set_to")
        if self.add == 0:
            raise ValueError("add 0 moves nothing; write how far the feature is to move")
        return self


class Robustness(SpecSection):
    """How much of the metric may be lost where the holdout's cells are disturbed."""

    maximum_decay: Tolerance = Field(description="How much worse the metric may become, in its own unit.")
    noise: Annotated[float, Field(gt=0, le=5)] | None = Field(
        default=None, description="Gaussian noise on every number, in standard deviations."
    )
    missing: Annotated[float, Field(gt=0, le=0.5)] | None = Field(
        default=None, description="The share of cells that are made empty, where they may be."
    )
    shift: Annotated[float, Field(gt=0, le=5)] | None = Field(
        default=None, description="How far every number is moved, up or down, in standard deviations."
    )

    @model_validator(mode="after")
    def _disturbs_something(self) -> Self:
        if self.noise is None and self.missing is None and self.shift is None:
            raise ValueError("needs one of noise, missing and shift: what the cells are disturbed by")
        return self


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


def gate_problems(
    golden: GoldenRows | None,
    expectations: Sequence[Expectation],
    features: Mapping[str, Feature],
    outputs: Sequence[str],
    classes: Sequence[str],
) -> Iterator[tuple[str, SettingPath]]:
    """What of the settings does not fit the declaration, and where.

    Args:
        golden: the golden rows, if any.
        expectations: of the model's behaviour.
        features: of the model.
        outputs: the columns of its score, scores or prediction.
        classes: where there are several.
    """
    for at, row in enumerate(golden.rows if golden else ()):
        yield from ((problem, ("golden_rows", "rows", at)) for problem in _row_problems(row, features, outputs))
    for at, expectation in enumerate(expectations):
        yield from (
            (problem, ("expectations", at, *where))
            for problem, where in _expectation_problems(expectation, features, classes)
        )
        if expectation.name in {before.name for before in expectations[:at]}:
            yield "another expectation has this name; give each its own", ("expectations", at, "name")


def _row_problems(
    row: Mapping[str, DeclaredCell], features: Mapping[str, Feature], outputs: Sequence[str]
) -> Iterator[str]:
    for name, cell in row.items():
        if name in features:
            problem = _misfit(cell, features[name])
            if problem:
                yield f"{name}: {problem}"
        elif name not in outputs:
            yield f"{name} is neither a feature nor {' or '.join(outputs)}"
        elif isinstance(cell, bool) or not isinstance(cell, float | int):
            yield f"{name}: the declared prediction is a number"
    if 0 < len(row.keys() & set(outputs)) < len(outputs):
        yield f"declare all of {', '.join(outputs)}, or none"


def _expectation_problems(
    expectation: Expectation, features: Mapping[str, Feature], classes: Sequence[str]
) -> Iterator[tuple[str, SettingPath]]:
    feature = features.get(expectation.feature)
    if feature is None:
        yield f"{expectation.feature} is no feature", ("feature",)
    elif expectation.add is not None and not isinstance(feature, NumericFeature):
        yield f"{expectation.feature} is no number; write set_to, and what it is to be", ("add",)
    elif expectation.set_to is not None and (problem := _misfit(expectation.set_to, feature)):
        yield problem, ("set_to",)
    if classes and expectation.label not in classes:
        yield f"label is needed: the class whose probability is meant, one of {', '.join(classes)}", ("label",)
    elif expectation.label is not None and not classes:
        yield "is for multiclass_classification; remove it", ("label",)


def _misfit(cell: DeclaredCell, feature: Feature) -> str | None:
    """Why a cell cannot be one of a feature's; None where it can. Any may be missing."""
    if feature.type in ("datetime", "text"):
        return f"no recipe learns from a {feature.type} feature; leave it out"
    return None if cell is None or _fits(cell, feature) else f"{cell!r} is {_EXPECTED[feature.type]}"


_EXPECTED = {
    "numeric": "no number within the feature's bounds",
    "boolean": "neither true nor false",
    "categorical": "no category of the feature's domain",
    "embedding": "no list of as many numbers as the feature has dimensions",
}


def _fits(cell: DeclaredCell, feature: Feature) -> bool:
    match feature:
        case NumericFeature():
            low = -math.inf if feature.minimum is None else feature.minimum
            high = math.inf if feature.maximum is None else feature.maximum
            return not isinstance(cell, bool) and isinstance(cell, float | int) and low <= cell <= high
        case BooleanFeature():
            return str(cell).lower() in ("true", "false")
        case EmbeddingFeature():
            return isinstance(cell, list) and len(cell) == feature.dimensions
    domain = feature.domain if isinstance(feature, CategoricalFeature) else None
    return not isinstance(cell, list) and (domain is None or not isinstance(cell, str) or cell in domain)
