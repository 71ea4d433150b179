"""CloudWatch Logs: the error of a failed message."""

import json
from datetime import datetime

from steward import aws


def reason_of(log_group: str, message: str, since: datetime) -> str | None:
    """Why a message failed the last time; None where no function could say so."""
    pages = (
        aws.logs()
        .get_paginator("filter_log_events")
        .paginate(logGroupName=log_group, startTime=int(since.timestamp() * 1000), filterPattern=f'"{message}"')
    )
    found = None
    for page in pages:
        for event in page["events"]:
            found = _reason(event.get("message", ""), message) or found
    return found


def _reason(line: str, message: str) -> str | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    named = isinstance(said, dict) and said.get("message_id") == message
    return str(said["reason"]) if named and "reason" in said else None
