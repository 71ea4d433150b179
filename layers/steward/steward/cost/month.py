"""Monthly cost of a model, from its traffic and the measured cost of an upload, hour and day."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Self

from pydantic import BaseModel, ConfigDict, NonNegativeFloat

from steward.cost.prices import PriceName, add_uses, scale_use

DAYS = 30
HOURS = 24 * DAYS
IDLE_POLLS = 15 * 60 * HOURS
"""Lambda asks an idle queue about 15 times a minute (five pollers of 20 seconds each), as the queues' metrics show
(github.com/getlift/lift/issues/132); AWS promises no figure. SQS counts each as a request."""

type Measured = dict[PriceName, NonNegativeFloat]


class CostCalibration(BaseModel):
    """What was counted on a deployment in process (`tests/benchmarks/cost`), in the units of the price list.

    Attributes:
        seconds_a_call: how long a request to AWS was assumed to take.
        upload: one upload of predictions.
        hour: what the hourly schedules lead to, with one window that closed.
        day: what the daily schedules lead to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured: date
    seconds_a_call: float
    upload: Measured
    hour: Measured
    day: Measured

    @classmethod
    @cache
    def current(cls) -> Self:
        """What this Steward was measured to take."""
        return cls.model_validate_json(files(__package__).joinpath("calibration.json").read_bytes())

    def month(self, uploads: float) -> dict[PriceName, float]:
        """The use of one model in thirty days, with so many uploads."""
        return add_uses(scale_use(self.upload, uploads), scale_use(self.hour, HOURS), scale_use(self.day, DAYS))


def idle(queues: int) -> dict[PriceName, float]:
    """What a deployment takes in thirty days while nothing happens, by its queues that wake functions."""
    return {"sqs_requests": float(queues * IDLE_POLLS)}
