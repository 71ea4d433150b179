"""Asynchronous invocations as Lambda has them, in the emulator: retries, and records of what failed too often.

MiniStack 1.5.33 lets rules and schedules run a function once; where it retries, each attempt has an id of its own, a
throttle counts as an attempt, and no record goes to an event bus.
"""

import contextvars
import datetime as dt
import json
import threading
import time
import uuid
from collections import defaultdict
from typing import Any

AT_ONCE = 2
"""How many events of one function are in work at once: each takes a process, with its own layers."""
RETRY_SECONDS = 1.0
"""Before the first retry, and twice as long before the second; Lambda waits a minute, and two."""

_request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="")


class AsyncInvocations:
    """Events that Lambda keeps until functions are done with them.

    Attributes:
        in_work: how many they are.
    """

    def __init__(self, functions: Any, events: Any) -> None:
        self._functions, self._events = functions, events
        self._turns: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(AT_ONCE))
        self._lock, self.in_work = threading.Lock(), 0

    def add(self, function: dict[str, Any], event: Any) -> None:
        """Invoke a function with an event, some time."""
        self._count(1)
        threading.Thread(
            target=contextvars.copy_context().run, args=(self._finish, function, event), daemon=True
        ).start()

    def dispatch(self, arn: str, payload: str) -> None:
        """Do what a rule, or a schedule that is due, does with a function as its target."""
        function, config, _ = self._functions._get_func_record_for_ref(arn)  # noqa: SLF001 - it has no other name
        if function and config:
            self.add({**function, "config": config}, json.loads(payload))

    def _count(self, change: int) -> None:
        with self._lock:
            self.in_work += change
        self._functions.esm_wake.set()  # a queue may wait for this

    def _finish(self, function: dict[str, Any], event: Any) -> None:
        try:
            self._try(function, event)
        finally:
            self._count(-1)

    def _try(self, function: dict[str, Any], event: Any) -> None:
        config = function["config"]
        settings = (function.get("event_invoke_configs") or {}).get("$LATEST", {})
        _request.set(str(uuid.uuid4()))
        last = int(settings.get("MaximumRetryAttempts", 2))
        result = self._execute(function, event)
        for attempt in range(last):
            if not result.get("error"):
                return
            time.sleep(RETRY_SECONDS * 2**attempt)
            result = self._execute(function, event)
        if not result.get("error"):
            return
        destination = settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination:
            self._report(destination, _record(config["FunctionArn"], event, result, last + 1))

    def _execute(self, function: dict[str, Any], event: Any) -> dict[str, Any]:
        with self._turns[function["config"]["FunctionName"]]:
            while True:
                result: dict[str, Any] = self._functions._execute_function_with_config_scope(function, event)  # noqa: SLF001
                if not result.get("throttle"):
                    return result
                time.sleep(0.2)

    def _report(self, destination: str, record: dict[str, Any]) -> None:
        if ":sqs:" in destination:
            queue = self._events.parse_arn(destination)
            self._events._dispatch_to_sqs(queue, json.dumps(record))  # noqa: SLF001
            return
        entry = {"Source": "lambda", "DetailType": "Lambda Function Invocation Result - Failure"}
        bus = destination.rsplit("/", 1)[-1]
        self._events._put_events({"Entries": [{**entry, "EventBusName": bus, "Detail": json.dumps(record)}]})  # noqa: SLF001


def install() -> AsyncInvocations:
    """Replace what MiniStack does; what takes its place."""
    from ministack.services import eventbridge, lambda_svc  # noqa: PLC0415 - they read the environment when imported

    invocations = AsyncInvocations(lambda_svc, eventbridge)
    execute = lambda_svc._execute_function_dispatch  # noqa: SLF001

    def under_one_id(function: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        return execute(function, config, event, _request.get() or request_id, started)

    lambda_svc._execute_function_dispatch = under_one_id  # noqa: SLF001
    lambda_svc.invoke_async_with_retry = invocations.add
    eventbridge._dispatch_to_lambda = invocations.dispatch  # noqa: SLF001
    return invocations


def _record(arn: str, event: Any, result: dict[str, Any], attempts: int) -> dict[str, Any]:
    return {
        "version": "1.0",
        "timestamp": dt.datetime.now(dt.UTC).isoformat(),
        "requestContext": {
            "requestId": _request.get(),
            "functionArn": f"{arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": result.get("function_error") or "Unhandled"},
        "responsePayload": result.get("body"),
    }
