"""EventBridge Scheduler: the one door to schedules."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from steward import aws
from steward.errors import StewardError


class ScheduleRefused(StewardError):
    """EventBridge Scheduler does not accept an expression or a time zone."""


class Schedules:
    """The deployment's schedule group, and the role that its schedules send messages under."""

    def __init__(self, group: str, role_arn: str) -> None:
        self.group = group
        self.role_arn = role_arn

    def put(self, name: str, expression: str, timezone: str, queue_arn: str, message: Mapping[str, Any]) -> None:
        """Create a schedule that sends a message to a queue, or change it to do so.

        Raises:
            ScheduleRefused: the expression or the time zone is not accepted; the message is the service's own.
        """
        wanted: dict[str, Any] = {
            "Name": name,
            "GroupName": self.group,
            "ScheduleExpression": expression,
            "ScheduleExpressionTimezone": timezone,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": queue_arn, "RoleArn": self.role_arn, "Input": json.dumps(message)},
        }
        try:
            try:
                aws.scheduler().update_schedule(**wanted)
            except ClientError as error:
                if _code(error) != "ResourceNotFoundException":
                    raise
                aws.scheduler().create_schedule(**wanted)
        except ClientError as error:
            if _code(error) == "ValidationException":
                raise ScheduleRefused(
                    f"EventBridge Scheduler refuses {expression!r} in {timezone}: {error.response['Error']['Message']}"
                ) from error
            raise

    def delete(self, name: str) -> None:
        """Remove a schedule; nothing happens where there is none."""
        try:
            aws.scheduler().delete_schedule(Name=name, GroupName=self.group)
        except ClientError as error:
            if _code(error) != "ResourceNotFoundException":
                raise


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
