"""Rules between columns, segments of the rows, protected attributes and watched resources."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from steward.spec.spec_section import SpecSection, spelling


def _parses(text: str) -> str:
    from steward.spec.expressions import parse  # noqa: PLC0415 - most declarations have none

    parse(text)
    return text


Expression = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(_parses)]
"""A condition on a row: columns, numbers, quoted text, arithmetic, comparisons, `and`, `or`, `not`, `in [...]` and
`missing(column)`."""

_PART_NAME = r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$"
PartName = Annotated[
    str,
    StringConstraints(pattern=_PART_NAME),
    spelling(_PART_NAME, "name: write at most 64 letters, digits, hyphens and underscores, beginning with a letter"),
]


class Rule(SpecSection):
    """A condition that every valid row meets; a row that has empty cells where it looks is let through."""

    name: PartName
    check: Expression
    reason: str = Field(default="", description="What to tell whoever sent a row that breaks it.")


class Segment(SpecSection):
    """Rows watched on their own: one segment for each value of a column, or the rows that meet a condition."""

    name: PartName
    column: str | None = Field(default=None, description="A categorical or boolean feature or attribute.")
    where: Expression | None = None


class Fairness(SpecSection):
    """Groups that must be treated alike."""

    protected: Annotated[list[str], Field(min_length=1)] = Field(
        description="Categorical or boolean features or attributes."
    )
    favourable: str | None = Field(
        default=None,
        description="The class that is good to get; the positive label when unset, and needed where there are several.",
    )


class Resource(SpecSection):
    """Something in CloudWatch that serves the model."""

    type: Literal["sagemaker_endpoint", "lambda_function", "ecs_service"]
    name: str
    variant: str | None = Field(default=None, description="Of a SageMaker endpoint; AllTraffic when unset.")
    cluster: str | None = Field(default=None, description="Of an ECS service; `default` when unset.")
    processors: Annotated[int, Field(ge=1)] = Field(
        default=1,
        description="vCPUs of one instance of a SageMaker endpoint. SageMaker adds up their use, 100 % each; it is "
        "divided by this.",
    )
    gpus: Annotated[int, Field(ge=1)] = Field(default=1, description="GPUs of one instance, likewise.")


class BusinessValue(SpecSection):
    """What each kind of decision is worth, in any unit."""

    true_positive: float = 0.0
    false_positive: float = 0.0
    true_negative: float = 0.0
    false_negative: float = 0.0

    @property
    def threshold(self) -> float | None:
        """The probability from which on the positive decision is worth more; None where no decision is worth deciding.

        Deciding positive gains (true_positive - false_negative) with the probability p of the positive label, and
        loses (true_negative - false_positive) with 1 - p (C. Elkan, 2001, The foundations of cost-sensitive learning,
        IJCAI).

        >>> BusinessValue(true_positive=9, false_positive=-1).threshold
        0.1
        """
        gain = self.true_positive - self.false_negative
        loss = self.true_negative - self.false_positive
        return loss / (gain + loss) if gain > 0 and loss > 0 else None
