"""A process that runs the functions of one release: `python release_worker.py FOLDER RELEASE`.

FOLDER has `layers/steward/` and `functions/`; RELEASE is `kept`, or `next` for what a coming release may do: each
document, part of a document and event has one more field, each check a result of a monitor that is not known yet, and
reports are recorded under an action that is not known yet. Requests come and go by pickle over standard input and
output; AWS is asked of the parent, by the same way, so that several releases have one store.
"""

import importlib.util
import io
import json
import os
import pickle
import sys
import threading
import time
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

FOLDER, RELEASE = Path(sys.argv[1]), sys.argv[2]
sys.path[:0] = [str(FOLDER / "layers" / "steward")]
REQUESTS, ANSWERS = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what functions print is no answer

from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError  # noqa: E402
from botocore.client import BaseClient  # noqa: E402
from botocore.response import StreamingBody  # noqa: E402

from steward import documents  # noqa: E402
from steward.spec import spec_section  # noqa: E402, F401 - the sections of a declaration get their field when it is stored

ADDED = (1, "of the next release")
UNKNOWN = "of_the_next_release"
_turn = threading.Lock()


class _NextTolerant(documents.TolerantModel):
    of_the_next_release: tuple[int, str] = ADDED


class _NextVersioned(documents.VersionedModel):
    of_the_next_release: tuple[int, str] = ADDED


if RELEASE == "next":
    documents.TolerantModel, documents.VersionedModel = _NextTolerant, _NextVersioned  # type: ignore[misc]

from steward.ledger import Decision, LedgerEntry, verify  # noqa: E402
from steward.monitoring import check as checks  # noqa: E402
from steward.runtime import Runtime  # noqa: E402
from steward.store.kinds import kinds_of  # noqa: E402
from steward.store.ledger import Ledger  # noqa: E402


def send(message: Any) -> None:
    """Tell the parent something."""
    pickle.dump(message, ANSWERS)
    ANSWERS.flush()


def call(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
    """Ask AWS, in place of botocore."""
    body = parameters.get("Body")
    if hasattr(body, "read"):
        parameters = parameters | {"Body": body.read()}
    if RELEASE == "next" and operation == "PutObject" and "/specs/" in parameters["Key"]:
        parameters = parameters | {"Body": declared_more(parameters["Body"])}
    with _turn:
        send(("call", operation, parameters))
        succeeded, answer = pickle.load(REQUESTS)  # noqa: S301
    if not succeeded:
        raise answer
    if isinstance(answer, dict) and "Body" in answer:
        answer["Body"] = StreamingBody(io.BytesIO(answer["Body"]), len(answer["Body"]))
    return answer


def declared_more(body: bytes) -> bytes:
    """A stored declaration, with sections and settings that no release has yet."""
    content = json.loads(body)
    spec = content["spec"]
    for section in (
        spec,
        spec["schedules"],
        spec["monitors"],
        spec["retraining"],
        *filter(None, spec["monitors"].values()),
    ):
        section[UNKNOWN] = ADDED
    return json.dumps(content).encode()


def invent(results: list[Any]) -> list[Any]:
    """The results of a check, and one of a monitor that no release has yet."""
    return [*results, results[0].model_copy(update={"monitor": UNKNOWN, "status": "breach"})] if results else results


def renamed(decision: Decision) -> Decision:
    """A decision, under an action that no release has yet if it is about a report."""
    return decision.model_copy(update={"action": UNKNOWN}) if decision.action == "report_rendered" else decision


def start(function: str) -> ModuleType:
    """A function as it is after a cold start."""
    spec = importlib.util.spec_from_file_location(f"functions_{function}", FOLDER / "functions" / function / "app.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Context:
    """What Powertools reads of Lambda's context."""

    memory_limit_in_mb = 512
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def __init__(self, function: str) -> None:
        self.function_name = function
        self.invoked_function_arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function}"

    def get_remaining_time_in_millis(self) -> int:
        """A minute, always."""
        return 60_000


def queued(event: dict[str, Any], message: str, now: datetime) -> dict[str, Any]:
    """An event as its queue delivers it to a release in which every function has a queue."""
    is_sending = set(event) == {"id", "body"}  # of a command
    record = {
        "messageId": message,
        "receiptHandle": "handle",
        "body": event["body"] if is_sending else json.dumps(event),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(int(now.timestamp() * 1000)),
            "SenderId": "sender",
            "ApproximateFirstReceiveTimestamp": "0",
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    }
    return {"Records": [record]}


def invoke(function: str, event: dict[str, Any], environment: dict[str, str], now: datetime, message: str) -> Any:
    """The messages that a function did not take, and why."""
    os.environ.update(environment)
    Runtime.now = lambda _: now  # type: ignore[method-assign, assignment]
    if function not in functions:
        functions[function] = start(function)
    handler, context = functions[function].handler, Context(function)
    context.aws_request_id = message
    if hasattr(handler, "processor") and "Records" not in event:
        event = queued(event, message, now)
    try:
        answer = handler(event, context)
        if "Records" not in event:
            return [], []
    except BatchProcessingError as error:
        failed = [record["messageId"] for record in event["Records"]]
        return failed, [repr(one) for one in error.child_exceptions]
    except Exception as error:
        if "Records" in event:
            raise
        return [message], [f"{function}: {error!r}"]
    failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
    errors = functions[function].handler.processor.exceptions if failed else []
    return failed, [f"{function}: {one[1]!r}" for one in errors]


def unreadable(stored: dict[str, list[bytes]]) -> list[str]:
    """What of a bucket this release cannot read, or would not give back as it is, and ledgers whose chain is broken."""
    found, chains = [], {}
    for key, bodies in stored.items():
        for kind in kinds_of(key):
            for body in bodies:
                try:
                    document = kind.load().model_validate_json(body)
                except Exception as error:  # noqa: BLE001
                    found.append(f"{key}: {str(error)[:400]}")
                    continue
                if not contains(json.loads(document.model_dump_json()), json.loads(body)):
                    found.append(f"{key} is not given back as it is")
                if isinstance(document, LedgerEntry):
                    chains.setdefault(document.model, []).append(document)
    for entries in chains.values():
        try:
            verify(entries)
        except Exception as error:  # noqa: BLE001
            found.append(str(error))
    return found


def contains(content: Any, part: Any) -> bool:
    """Whether JSON has all that is in other JSON."""
    if isinstance(part, dict) and isinstance(content, dict):
        return all(name in content and contains(content[name], inner) for name, inner in part.items())
    if isinstance(part, list) and isinstance(content, list):
        return len(part) == len(content) and all(map(contains, content, part))
    return bool(content == part)


functions: dict[str, ModuleType] = {}


def main() -> None:
    """Answer until the parent closes the pipe."""
    BaseClient._make_api_call = call  # type: ignore[attr-defined]
    time.sleep = lambda _: None  # type: ignore[assignment]
    if RELEASE == "next":
        made = checks.Check.__init__
        checks.Check.__init__ = lambda self, **said: made(self, **said | {"results": invent(said["results"])})  # type: ignore[method-assign]
        append = Ledger.append
        Ledger.append = lambda self, decision, **said: append(self, renamed(decision), **said)  # type: ignore[method-assign]
    wanted = {"invoke": invoke, "unreadable": unreadable}
    while True:
        try:
            name, arguments = pickle.load(REQUESTS)  # noqa: S301
        except EOFError:
            return
        send(("done", wanted[name](*arguments), None))


if __name__ == "__main__":
    main()
