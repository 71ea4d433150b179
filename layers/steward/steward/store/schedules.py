"""EventBridge Scheduler: creates, reads and deletes schedules."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from steward import aws
from steward.errors import StewardError

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import GetScheduleOutputTypeDef

_MISSING = "ResourceNotFoundException"


class ScheduleRefused(StewardError):
    """EventBridge Scheduler does not accept an expression or a time zone."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule: when, and what it sends to which queue or function.

    Attributes:
        flexible_minutes: how long it may be put off; 0 for not at all.
        dead_letters_arn: the queue of what could not be sent within a day, in 185 attempts (which are the service's
            defaults); empty for none.
        enabled: whether it fires.
        key_arn: the KMS key that it is encrypted with; empty for one of AWS's own.
    """

    name: str
    expression: str
    timezone: str
    flexible_minutes: int
    target_arn: str
    role_arn: str
    dead_letters_arn: str
    message: Mapping[str, Any]
    enabled: bool = True
    key_arn: str = ""


class Scheduler:
    """The deployment's schedule group."""

    def __init__(self, group: str) -> None:
        self.group = group

    def find(self, name: str) -> Schedule | None:
        """The schedule of a name; None where there is none, or not even the group."""
        try:
            return _schedule(aws.scheduler().get_schedule(Name=name, GroupName=self.group))
        except ClientError as error:
            if _code(error) != _MISSING:
                raise
            return None

    def put(self, schedule: Schedule) -> None:
        """Create a schedule, or change the one of its name; a group that is gone is made again.

        Raises:
            ScheduleRefused: the expression or the time zone is not accepted; the message is the service's own.
        """
        minutes = schedule.flexible_minutes
        wanted: dict[str, Any] = {
            "Name": schedule.name,
            "GroupName": self.group,
            "ScheduleExpression": schedule.expression,
            "ScheduleExpressionTimezone": schedule.timezone,
            "FlexibleTimeWindow": (
                {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes} if minutes else {"Mode": "OFF"}
            ),
            "State": "ENABLED" if schedule.enabled else "DISABLED",
            "Target": {
                "Arn": schedule.target_arn,
                "RoleArn": schedule.role_arn,
                "DeadLetterConfig": {"Arn": schedule.dead_letters_arn},
                "Input": json.dumps(dict(schedule.message)),
            },
        }
        if schedule.key_arn:
            wanted["KmsKeyArn"] = schedule.key_arn
        try:
            if not _done(lambda: aws.scheduler().update_schedule(**wanted)):
                if not self.exists():
                    self.create()
                aws.scheduler().create_schedule(**wanted)
        except ClientError as error:
            if _code(error) == "ValidationException":
                raise ScheduleRefused(
                    f"EventBridge Scheduler refuses {schedule.expression!r} in {schedule.timezone}: "
                    f"{error.response['Error']['Message']}"
                ) from error
            raise

    def exists(self) -> bool:
        """Whether the group is there."""
        return _done(lambda: aws.scheduler().get_schedule_group(Name=self.group))

    def create(self) -> None:
        """Make the group; nothing happens where it is there."""
        try:
            aws.scheduler().create_schedule_group(Name=self.group)
        except ClientError as error:
            if _code(error) != "ConflictException":
                raise

    def delete(self, name: str) -> None:
        """Remove a schedule; nothing happens where there is none."""
        _done(lambda: aws.scheduler().delete_schedule(Name=name, GroupName=self.group))


def _schedule(found: "GetScheduleOutputTypeDef") -> Schedule:
    target = found["Target"]
    return Schedule(
        name=found["Name"],
        expression=found["ScheduleExpression"],
        timezone=found.get("ScheduleExpressionTimezone", "UTC"),
        flexible_minutes=found["FlexibleTimeWindow"].get("MaximumWindowInMinutes", 0),
        target_arn=target["Arn"],
        role_arn=target["RoleArn"],
        dead_letters_arn=target.get("DeadLetterConfig", {}).get("Arn", ""),
        message=_document(target.get("Input", "")),
        enabled=found.get("State", "ENABLED") == "ENABLED",
        key_arn=found.get("KmsKeyArn", ""),
    )


def _document(text: str) -> Mapping[str, Any]:
    """What a schedule sends; somebody may have written over it what is no JSON object."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _done(ask: Callable[[], object]) -> bool:
    """Whether it could be done; False where what it is about is not there."""
    try:
        ask()
    except ClientError as error:
        if _code(error) != _MISSING:
            raise
        return False
    return True


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
