"""The price list, and the bill of counted usage."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal, Self

from pydantic import ConfigDict, NonNegativeFloat, PositiveFloat

from steward.documents import InputHidingModel

PriceName = Literal[
    "s3_writes",
    "s3_reads",
    "s3_transitions",
    "s3_standard",
    "s3_standard_ia",
    "s3_intelligent_tiering",
    "s3_monitored_objects",
    "lambda_requests",
    "lambda_arm64",
    "sqs_requests",
    "eventbridge_events",
    "scheduler_invocations",
    "sns_publishes",
    "logs",
    "cloudwatch_metrics",
    "cloudwatch_metric_requests",
    "cloudwatch_alarms",
    "kms_requests",
    "kms_keys",
    "kms_signatures",
]

type Usage = Mapping[PriceName, float]
"""How much of what, in the units of the price list, in a month."""


class Price(InputHidingModel):
    """What so many of a unit cost.

    Attributes:
        free: units a month that an account does not pay for, whatever it uses them for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str
    per: PositiveFloat
    price: NonNegativeFloat
    free: NonNegativeFloat = 0


class PriceList(InputHidingModel):
    """Prices of one day in one region."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    region: str
    currency: str
    source: str
    prices: dict[PriceName, Price]

    @classmethod
    @cache
    def current(cls) -> Self:
        """The list that comes with this Steward."""
        return cls.model_validate_json(files(__package__).joinpath("prices.json").read_bytes())

    def bill(self, use: Usage) -> "Bill":
        """Price some usage."""
        return Bill(self, dict(use))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill.

    Attributes:
        amount: at the list price.
        after_free: the same once the account's free units are taken off, should nothing else use them.
    """

    name: PriceName
    unit: str
    quantity: float
    amount: float
    after_free: float


@dataclass(frozen=True, slots=True)
class Bill:
    """What some use comes to."""

    prices: PriceList
    use: Usage

    def __iter__(self) -> Iterator[Line]:
        """Its lines, in the order of the price list."""
        for name, price in self.prices.prices.items():
            quantity = self.use.get(name, 0)
            if quantity:
                paid = max(0, quantity - price.free)
                yield Line(
                    name, price.unit, quantity, quantity / price.per * price.price, paid / price.per * price.price
                )

    @property
    def amount(self) -> float:
        """The sum at list prices."""
        return sum(line.amount for line in self)

    @property
    def after_free(self) -> float:
        """The sum after the account's free units."""
        return sum(line.after_free for line in self)


def add_uses(*uses: Usage) -> dict[PriceName, float]:
    """Several uses as one.

    >>> add_uses({"s3_reads": 2}, {"s3_reads": 3, "logs": 1})
    {'s3_reads': 5, 'logs': 1}
    """
    total: dict[PriceName, float] = {}
    for use in uses:
        for name, quantity in use.items():
            total[name] = total.get(name, 0) + quantity
    return total


def scale_use(use: Usage, factor: float) -> dict[PriceName, float]:
    """A use so many times over."""
    return {name: quantity * factor for name, quantity in use.items()}
