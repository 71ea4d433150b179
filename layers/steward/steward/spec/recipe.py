"""What a declaration says of a training: estimator, parameters, preprocessing, search and calibration."""

import math
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from steward.spec.spec_section import SpecSection

Estimator = Literal[
    "HistGradientBoostingClassifier",
    "LogisticRegression",
    "RandomForestClassifier",
    "HistGradientBoostingRegressor",
    "Ridge",
    "RandomForestRegressor",
    "ElasticNet",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "SGDClassifier",
    "SGDRegressor",
    "GaussianNB",
    "KNeighborsClassifier",
    "KNeighborsRegressor",
    "IsolationForest",
]

Scalar = float | int | str | bool | None

Imputer = Literal["median", "mean", "most_frequent", "none"]
Transformer = Literal["QuantileTransformer", "PowerTransformer", "none"]
Scaler = Literal["StandardScaler", "RobustScaler", "MinMaxScaler", "MaxAbsScaler", "none"]
Encoder = Literal["OneHotEncoder", "OrdinalEncoder", "TargetEncoder"]

Direction = Literal["increasing", "decreasing"]

BOOSTING: tuple[Estimator, ...] = ("HistGradientBoostingClassifier", "HistGradientBoostingRegressor")
FORESTS: tuple[Estimator, ...] = (
    "RandomForestClassifier", "RandomForestRegressor", "ExtraTreesClassifier", "ExtraTreesRegressor",
)  # fmt: skip
TREES: tuple[Estimator, ...] = (*BOOSTING, *FORESTS, "IsolationForest")
"""Estimators of trees: missing cells stay missing, and neither scale nor shape of a number matters."""

NEIGHBOURS: tuple[Estimator, ...] = ("KNeighborsClassifier", "KNeighborsRegressor")
UNWEIGHTED: tuple[Estimator, ...] = NEIGHBOURS
"""Estimators in which no row can count more than another."""

_REGRESSORS = frozenset({"Ridge", "ElasticNet"})


def regresses(estimator: str) -> bool:
    """Whether an estimator predicts values, not classes.

    >>> regresses("Ridge"), regresses("IsolationForest")
    (True, False)
    """
    return estimator.endswith("Regressor") or estimator in _REGRESSORS


class Preprocessing(SpecSection):
    """What is done to columns before an estimator sees them, by scikit-learn's names; unset: as suits the estimator.

    Numbers and embeddings are imputed, transformed and scaled, in this order; categories and booleans are encoded.
    """

    imputer: Imputer | None = Field(default=None, description="What stands in for a missing number.")
    transformer: Transformer | None = Field(
        default=None, description="Gives numbers another distribution: normal in both cases, by ranks or by a power."
    )
    scaler: Scaler | None = Field(default=None, description="Gives numbers one scale.")
    encoder: Encoder | None = Field(
        default=None,
        description="Makes numbers of categories: a column for each, a code for each, or the mean of the target.",
    )
    maximum_categories: Annotated[int, Field(ge=2, le=10_000)] = Field(
        default=254, description="Of one column; the rarest beyond them count as one. Not for TargetEncoder."
    )


class ParameterRange(SpecSection):
    """The numbers among which a search draws: whole ones where both ends are whole."""

    minimum: int | float
    maximum: int | float
    log: bool = Field(
        default=False, description="Draw evenly on a logarithmic scale, for learning rates and penalties."
    )

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are drawn."""
        return isinstance(self.minimum, int) and isinstance(self.maximum, int)

    @model_validator(mode="after")
    def _has_numbers(self) -> Self:
        if not self.minimum < self.maximum:
            raise ValueError(
                f"minimum {self.minimum:g} is not below maximum {self.maximum:g}; write the smaller number as minimum"
            )
        if self.log and self.minimum <= 0:
            raise ValueError(f"log needs a minimum above 0, and it is {self.minimum:g}; raise it, or remove log")
        return self


def _searched_kind(values: object) -> str | None:
    if isinstance(values, list | tuple):
        return "list"
    return "range" if isinstance(values, Mapping | ParameterRange) else None


SearchedValues = Annotated[
    Annotated[list[Scalar], Tag("list")] | Annotated[ParameterRange, Tag("range")],
    Discriminator(
        _searched_kind,
        custom_error_type="searched_values",
        custom_error_message="write a list of values, such as [7, 15], or a range, such as {minimum: 7, maximum: 31}",
    ),
]


class ParameterSearch(SpecSection):
    """Parameters to try on the training rows before a version is fitted; the declared ones are tried first."""

    parameters: dict[str, SearchedValues] = Field(
        description="By parameter: a list of values, or `{minimum: 0.01, maximum: 0.3, log: true}`."
    )
    tries: Annotated[int, Field(ge=2, le=200)] = Field(
        default=20, description="Combinations at most, the declared parameters among them."
    )
    seconds: Annotated[float, Field(gt=0, le=600)] = Field(
        default=240.0, description="No further combination is begun once so many seconds would be exceeded."
    )
    folds: Annotated[int, Field(ge=1, le=10)] = Field(
        default=3, description="Each combination is fitted so often, on all rows before a later part of them."
    )

    @model_validator(mode="after")
    def _has_candidates(self) -> Self:
        if not self.parameters:
            raise ValueError("parameters has nothing to try; write one, such as max_leaf_nodes: [7, 15, 31]")
        for name, values in self.parameters.items():
            if not values:
                raise ValueError(f"parameters.{name} is an empty list; give it values, or remove it")
        return self


def _check_weights(value: object) -> object:
    """Class weights by label, as text."""
    if value == "balanced" or not value:
        return value or None
    if not isinstance(value, Mapping):
        raise ValueError("write balanced, or how much each label counts, such as {late: 5}")  # noqa: TRY004 - a mistake
    for name, weight in value.items():
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not 0 < weight < math.inf:
            raise ValueError(f"{name} counts {weight!r}; write a number above 0")
    return {str(name): weight for name, weight in value.items()}


ClassWeight = Annotated[Literal["balanced"] | dict[str, Annotated[float, Field(gt=0)]], BeforeValidator(_check_weights)]


class Recipe(SpecSection):
    """A scikit-learn estimator from the allow-list, its parameters, and what is done before and after it."""

    estimator: Estimator
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    seed: int = 0
    preprocessing: Preprocessing = Field(default_factory=Preprocessing)
    monotonic: dict[str, Direction] = Field(
        default_factory=dict,
        description="Numeric features with which the score (of two classes the probability of the positive label) may "
        "only rise, or only fall.",
    )
    class_weight: ClassWeight | None = Field(
        default=None,
        description="How much rows of a class count, by label (1 where none is given), or `balanced`: classes alike.",
    )
    search: ParameterSearch | None = None
    calibration: Literal["isotonic", "sigmoid"] | None = Field(
        default=None,
        description="Make probabilities of scores, on rows that the estimator was not fitted on and that do not judge "
        "it: by a step function, or by a logistic curve (Platt).",
    )

    @model_validator(mode="after")
    def _one_seed(self) -> Self:
        searched = self.search.parameters if self.search else {}
        if "random_state" in {*self.parameters, *searched}:
            raise ValueError("random_state is set by seed; write `seed: 7` in the recipe instead")
        return self

    @property
    def weighs_rows(self) -> bool:
        """Whether its estimator can let some rows count more than others."""
        return self.estimator not in UNWEIGHTED

    @property
    def preprocessed(self) -> Preprocessing:
        """The preprocessing with what suits the estimator where nothing is declared."""
        trees = self.estimator in TREES
        usual: dict[str, str] = {
            "imputer": "none" if trees else "median",
            "transformer": "none",
            "scaler": "none" if trees else "StandardScaler",
            "encoder": "OrdinalEncoder" if trees else "OneHotEncoder",
        }
        unset = {name: word for name, word in usual.items() if getattr(self.preprocessing, name) is None}
        return self.preprocessing.model_copy(update=unset)

    @property
    def settings(self) -> list[str]:
        """What is declared beside estimator, parameters, seed, search and calibration, in words.

        >>> Recipe(estimator="GaussianNB", preprocessing={"scaler": "none"}, class_weight="balanced").settings
        ['scaler none', 'class weight balanced']
        """
        found = [
            f"{name.replace('_', ' ')} {value}"
            for name, value in self.preprocessing.model_dump(exclude_defaults=True).items()
        ]
        found += [f"{direction} with {name}" for name, direction in self.monotonic.items()]
        if isinstance(self.class_weight, dict):
            found += [f"class weight {weight:g} of {name}" for name, weight in self.class_weight.items()]
        elif self.class_weight:
            found.append(f"class weight {self.class_weight}")
        return found
