"""Lambda: invokes functions."""

import json
import time

from botocore.exceptions import ClientError, ReadTimeoutError
from pydantic import JsonValue

from steward import aws
from steward.errors import StewardError

_THROTTLED = "TooManyRequestsException"
_PAUSE = 0.3


class NotInvoked(StewardError):
    """Lambda does not invoke a function, or not from here, or the function failed."""


class NoAnswer(StewardError):
    """A function did not end in time; it may go on."""


def invoke_later(function_arn: str, event: JsonValue) -> None:
    """Have Lambda invoke a function with an event, and try again if that fails, as EventBridge does."""
    aws.functions().invoke(FunctionName=function_arn, InvocationType="Event", Payload=json.dumps(event).encode())


def invoke_now(function_arn: str, event: JsonValue, seconds: float) -> None:
    """Invoke a function with an event, and wait for its end. While it is throttled, it is asked again.

    Raises:
        NotInvoked: who asks may not, or the function failed.
        NoAnswer: it did not end within the seconds.
    """
    deadline = time.monotonic() + seconds
    while True:
        client = aws.functions_within(max(0.05, deadline - time.monotonic()))
        try:
            answer = client.invoke(FunctionName=function_arn, Payload=json.dumps(event).encode())
        except ReadTimeoutError as error:
            raise NoAnswer(f"{function_arn} did not end within {seconds:g} s") from error
        except ClientError as error:
            if error.response["Error"]["Code"] != _THROTTLED:
                said = error.response["Error"].get("Message", error)
                raise NotInvoked(f"{function_arn} cannot be invoked: {said}") from error
            if time.monotonic() >= deadline:
                raise NoAnswer(f"{function_arn} is throttled for {seconds:g} s") from error
            time.sleep(_PAUSE)
            continue
        if answer.get("FunctionError"):
            failed = answer["Payload"].read().decode(errors="replace")
            raise NotInvoked(f"{function_arn} failed: {failed[:400]}; `steward doctor` shows what may be wrong")
        return
