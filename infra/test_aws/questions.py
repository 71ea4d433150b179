"""What only an account can show: five questions that AWS's documents leave open, asked of a stack that just ran."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

Client = Callable[[str], Any]
"""Makes a boto3 client of a service."""

_LONG_POLL = timedelta(seconds=20)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what AWS says.

    Attributes:
        expected: whether the template's assumption holds; None where nothing was found to judge by.
    """

    question: str
    found: str
    expected: bool | None


def ask_log_level(client: Client, stack: str, wanted: str = "INFO") -> Answer:
    """Whether every function has the log level that the template's parameter asks for."""
    levels = {
        name: client("lambda").get_function_configuration(FunctionName=name)["LoggingConfig"].get("ApplicationLogLevel")
        for name in resources(client, stack, "AWS::Lambda::Function").values()
    }
    others = sorted(f"{name}: {level}" for name, level in levels.items() if level != wanted)
    found = f"{len(levels)} functions, " + (", ".join(others) if others else f"all at {wanted}")
    return Answer("Does Lambda log at the level of the parameter LogLevel?", found, not others if levels else None)


def ask_pollers(client: Client, stack: str, since: datetime, until: datetime, reckoned: float) -> Answer:
    """How often Lambda asks an idle queue, from the receives that found nothing.

    Args:
        client: makes clients.
        stack: which nothing reached in between.
        since: when the quiet time began, a whole minute.
        until: when it ended, a whole minute.
        reckoned: requests a minute and queue that `steward cost` assumes.
    """
    mappings = client("lambda").get_paginator("list_event_source_mappings").paginate()
    mine = set(resources(client, stack, "AWS::Lambda::Function").values())
    queues = [
        mapping["EventSourceArn"].rsplit(":", 1)[-1]
        for page in mappings
        for mapping in page["EventSourceMappings"]
        if mapping["FunctionArn"].split(":")[6] in mine
    ]
    minutes = (until - since) / _MINUTE
    rates = {
        queue: sum(point["Sum"] for point in _empty_receives(client, queue, since, until)) / minutes for queue in queues
    }
    question = "How many pollers ask an idle queue?"
    if not any(rates.values()):
        return Answer(question, "CloudWatch has no empty receives for the quiet time", None)
    lowest, highest = min(rates.values()), max(rates.values())
    a_poller = _MINUTE / _LONG_POLL
    found = (
        f"{lowest:.1f} to {highest:.1f} requests a minute and queue, as of {lowest / a_poller:.1f} to "
        f"{highest / a_poller:.1f} pollers; steward cost reckons with {reckoned:.1f} requests"
    )
    return Answer(question, found, sum(rates.values()) / len(rates) <= reckoned)


def ask_new_alarms(client: Client, stack: str) -> Answer:
    """Whether an alarm rings only because it is new."""
    names = sorted(resources(client, stack, "AWS::CloudWatch::Alarm").values())
    first: dict[str, str] = {}
    for name in names:
        pages = (
            client("cloudwatch")
            .get_paginator("describe_alarm_history")
            .paginate(AlarmName=name, HistoryItemType="StateUpdate", ScanBy="TimestampAscending")
        )
        for item in (item for page in pages for item in page["AlarmHistoryItems"]):
            first.setdefault(name, item["HistorySummary"])
    rung = [f"{name}: {summary}" for name, summary in first.items() if summary.endswith("to ALARM")]
    found = f"{len(names)} alarms, {len(first)} evaluated since; " + ("; ".join(rung) if rung else "none rang at first")
    return Answer("Does a new alarm ring at its first evaluation?", found, not rung if first else None)


def ask_ledger(client: Client, stack: str) -> Answer:
    """Whether the ledger bucket refuses its administrators what its policy denies, of which emulators see a part.

    That functions could write meanwhile shows that S3 and EventBridge give the condition keys which their roles need;
    that the stack is removed, that CloudFormation may still take the policy away.
    """
    name = resources(client, stack, "AWS::S3::Bucket")["LedgerBucket"]
    s3 = client("s3")
    page = s3.list_object_versions(Bucket=name, MaxKeys=1).get("Versions", [])
    question = "Does the ledger bucket refuse what its policy denies?"
    if not page:
        return Answer(question, "nothing was written to the ledger", None)
    entry = {"Bucket": name, "Key": page[0]["Key"]}
    version = entry | {"VersionId": page[0]["VersionId"]}
    attempts: dict[str, Callable[[], Any]] = {
        "overwrite an entry": lambda: s3.put_object(**entry, Body=b"x"),
        "create an entry": lambda: s3.put_object(Bucket=name, Key="probe/0000000001.json", Body=b"x", IfNoneMatch="*"),
        "hide an entry": lambda: s3.delete_object(**entry),
        "delete an entry": lambda: s3.delete_object(**version, BypassGovernanceRetention=True),
        "suspend versioning": lambda: s3.put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Suspended"}
        ),
    }
    done = [attempt for attempt, call in attempts.items() if not _is_denied(call)]
    found = f"{len(attempts)} attempts, " + (f"done: {', '.join(done)}" if done else "all denied")
    return Answer(question, found, not done)


def _is_denied(call: Callable[[], Any]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDenied"
    return False


def ask_removal(identity: str, events: list[dict[str, Any]]) -> Answer:
    """Whether the rights of this run sufficed to remove the stack.

    Args:
        identity: the ARN that removed it; only the pipeline's role answers for the pipeline.
        events: of the stack's removal, as `describe_stack_events` gives them.
    """
    failed = sorted(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event["ResourceStatus"] == "DELETE_FAILED"
    )
    found = f"removed by {identity}: " + ("; ".join(failed) if failed else "every resource")
    return Answer("Do the rights of the deploying role suffice to remove a stack?", found, not failed)


def resources(client: Client, stack: str, kind: str) -> dict[str, str]:
    """The physical ids of a stack's resources of one type, by logical id."""
    pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    return {
        one["LogicalResourceId"]: one["PhysicalResourceId"]
        for page in pages
        for one in page["StackResourceSummaries"]
        if one["ResourceType"] == kind
    }


def _empty_receives(client: Client, queue: str, since: datetime, until: datetime) -> list[dict[str, Any]]:
    points: list[dict[str, Any]] = client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="NumberOfEmptyReceives",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=since,
        EndTime=until,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return points
