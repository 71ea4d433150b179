"""Prices a run of the end-to-end tests before it begins, by the same price list as `steward cost`."""

from infra.docs.template import of_type
from steward.cost.month import HOURS, CostCalibration
from steward.cost.prices import Bill, PriceList, add_uses, scale_use

RUN_HOURS = 2
"""Deployment, tests and removal take less."""

UPLOADS = 1_500
"""Files that the tests are assumed to upload. Each is priced as one of the calibration's, which have many more rows."""

MODELS = 40
"""Models that the tests are assumed to declare. Their schedules are reckoned as if all ran for the whole time."""

COLD_STARTS = 4
"""Functions of a new stack start cold, and read caches that are empty: times what a warm one takes."""


def polled_queues(quotas: str) -> tuple[int, int]:
    """Queues whose function has a maximum of concurrency, and those whose function has none.

    Args:
        quotas: the template's parameter AccountQuotas; where it is small, all have a maximum.
    """
    events = [function.get("Events", {}) for function in of_type("AWS::Serverless::Function").values()]
    scaling = [event["Messages"]["Properties"]["ScalingConfig"] for event in events if "Messages" in event]
    limited = sum(quotas == "small" or "MaximumConcurrency" in one for one in scaling)
    return limited, len(scaling) - limited


def price_run(queues: int, alarms: int) -> Bill:
    """The bill of a run, at list prices and rounded up at each step.

    Args:
        queues: queues of the template that wake a function; each is priced as one that is polled most.
        alarms: alarms of the template.
    """
    calibration = CostCalibration.current()
    share = RUN_HOURS / HOURS
    return PriceList.current().bill(
        add_uses(
            scale_use(calibration.upload, UPLOADS * COLD_STARTS),
            scale_use(calibration.hour, MODELS * RUN_HOURS * COLD_STARTS),
            scale_use(calibration.day, MODELS),
            scale_use(calibration.idle(queues, 0, alarms), share),
        )
    )
