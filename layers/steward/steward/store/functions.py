"""Lambda: invokes functions asynchronously."""

import json

from pydantic import JsonValue

from steward import aws


def invoke_later(function_arn: str, event: JsonValue) -> None:
    """Have Lambda invoke a function with an event, and try again if that fails, as EventBridge does."""
    aws.functions().invoke(FunctionName=function_arn, InvocationType="Event", Payload=json.dumps(event).encode())
