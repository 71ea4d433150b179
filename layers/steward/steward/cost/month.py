"""Monthly cost of a model, from its traffic and the measured cost of an upload, hour and day."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Self

from pydantic import ConfigDict, NonNegativeFloat

from steward.cost.prices import PriceName, Usage, add_uses, scale_use
from steward.documents import InputHidingModel

DAYS = 30
HOURS = 24 * DAYS
POLLS = 3 * 60 * HOURS
"""Requests of one poller, which asks an idle queue for 20 seconds each time; SQS counts each."""
POLLERS, FEWEST_POLLERS = 5, 2
"""How many pollers an idle queue has where a maximum of concurrency is set, as the queues' metrics show
(github.com/getlift/lift/issues/132), and where none is: AWS says that Lambda may then do with "as few as 2"
(docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html), and promises no figure."""
MODEL_METRICS = 6
"""The most CloudWatch metrics that a model has."""

CHECKPOINT_SIGNATURES = 10
"""Requests to the signing key for one day's checkpoint: its public key, eight checkpoints before, and the signature."""
AUDIT_SIGNATURES = 3
"""For one audit: the public key, the last checkpoint, and the statement of provenance."""

type Measured = dict[PriceName, NonNegativeFloat]


class CostCalibration(InputHidingModel):
    """What was counted on a deployment in process (`tests/benchmarks/cost`), in the units of the price list.

    Attributes:
        seconds_a_call: how long a request to AWS was assumed to take.
        kept_minutes: for how long an idle environment of a function was assumed to be kept: later it starts anew.
        upload: one upload of predictions.
        hour: what the hourly schedules lead to, with one window that closed.
        day: what the daily schedules lead to.
        watch: what watch_deployment does in an hour where no model is declared.
        month_once: what people ask for once a month: a retraining that another person approves, and an erasure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured: date
    seconds_a_call: float
    kept_minutes: float
    upload: Measured
    hour: Measured
    day: Measured
    watch: Measured
    month_once: Measured = {}

    @classmethod
    @cache
    def current(cls) -> Self:
        """What this Steward was measured to take."""
        return cls.model_validate_json(files(__package__).joinpath("calibration.json").read_bytes())

    def month(self, uploads: float) -> dict[PriceName, float]:
        """The use of one model in thirty days, with so many uploads."""
        often = scale_use(self.upload, uploads), scale_use(self.hour, HOURS), scale_use(self.day, DAYS)
        return add_uses(*often, self.month_once)

    def idle(self, limited: int, unlimited: int, alarms: int) -> dict[PriceName, float]:
        """The use of a deployment in thirty days in which nothing happens.

        Args:
            limited: queues whose function has a maximum of concurrency.
            unlimited: queues whose function has none.
            alarms: of CloudWatch.
        """
        use: dict[PriceName, float] = {"sqs_requests": polls(limited, unlimited), "cloudwatch_alarms": alarms}
        return add_uses(use, scale_use(self.watch, HOURS))


def key_requests(use: Usage) -> float:
    """The most requests to KMS that some use takes with a customer's key, as if no service kept a data key.

    An object takes one, without the Bucket Keys by which S3 asks "up to 99 percent" less (S3 User Guide, "Reducing the
    cost of SSE-KMS"). A message, an event and a notification take two, to encrypt and to decrypt; so does an execution,
    for its variables and its log. The requests of queues are counted too that are about no message.

    >>> key_requests({"s3_writes": 1, "s3_reads": 2, "lambda_requests": 1, "sqs_requests": 3, "lambda_arm64": 9})
    8
    """
    once: tuple[PriceName, ...] = ("s3_writes", "s3_reads", "sqs_requests", "scheduler_invocations")
    twice: tuple[PriceName, ...] = ("eventbridge_events", "sns_publishes", "lambda_requests")
    return sum(use.get(name, 0) for name in once) + 2 * sum(use.get(name, 0) for name in twice)


def polls(limited: int, unlimited: int) -> float:
    """How often Lambda asks idle queues in thirty days; the arguments are those of `idle`."""
    return float((limited * POLLERS + unlimited * FEWEST_POLLERS) * POLLS)
