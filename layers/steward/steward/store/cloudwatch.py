"""CloudWatch: reads metrics of resources."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from itertools import batched
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from steward import aws
from steward.errors import StewardError

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

_QUESTIONS_A_CALL = 500
_REFUSED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnrecognizedClientException"}


class MetricsRefused(StewardError):
    """CloudWatch does not let Steward read; to try again is of no use."""


class MetricsUnavailable(StewardError):
    """CloudWatch could not answer in full; the same question may be answered later."""


class Asked(Hashable, Protocol):
    """One statistic of one metric."""

    @property
    def namespace(self) -> str:
        """Of the service."""

    @property
    def metric(self) -> str:
        """Its name."""

    @property
    def dimensions(self) -> tuple[tuple[str, str], ...]:
        """By which the metric is told from others of its name."""

    @property
    def statistic(self) -> str:
        """Sum, Average, Minimum, Maximum, SampleCount or a percentile such as p99.9."""


def minutes[Question: Asked](
    questions: Sequence[Question], start: datetime, end: datetime
) -> dict[Question, dict[datetime, float]]:
    """The value of each minute that has one.

    Returns:
        By question and the minute's start.

    Raises:
        MetricsRefused: Steward may not read them.
        MetricsUnavailable: CloudWatch failed at one of them.
    """
    found: dict[Question, dict[datetime, float]] = {question: {} for question in questions}
    for asked in batched(questions, _QUESTIONS_A_CALL, strict=False):
        queries = [_query(f"q{at}", question) for at, question in enumerate(asked)]
        pages = aws.cloudwatch().get_paginator("get_metric_data")
        try:
            for page in pages.paginate(MetricDataQueries=queries, StartTime=start, EndTime=end):
                for result in page["MetricDataResults"]:
                    _take(result, found[asked[int(result["Id"][1:])]], start, end)
        except ClientError as error:
            if error.response["Error"]["Code"] in _REFUSED:
                raise MetricsRefused(error.response["Error"].get("Message") or str(error)) from error
            raise
    return found


def _query(identifier: str, question: Asked) -> "MetricDataQueryTypeDef":
    return {
        "Id": identifier,
        "MetricStat": {
            "Metric": {
                "Namespace": question.namespace,
                "MetricName": question.metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in question.dimensions],
            },
            "Period": 60,
            "Stat": question.statistic,
        },
    }


def _take(result: Any, found: dict[datetime, float], start: datetime, end: datetime) -> None:
    """The values of one page; those that begin at the end belong to the next span."""
    status = result.get("StatusCode", "Complete")
    if status in {"Forbidden", "InternalError"}:
        said = "; ".join(message.get("Value", "") for message in result.get("Messages", [])) or status
        raise MetricsRefused(said) if status == "Forbidden" else MetricsUnavailable(said)
    values = zip(result["Timestamps"], result["Values"], strict=True)
    found.update({moment: value for moment, value in values if start <= moment < end})
