"""`steward redrive`: lists dead-lettered messages with their errors, and redrives them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.errors import StewardError
from steward.store import logs
from steward.store.dead_letters import DeadLetters, Letter, failed_event, undelivered_message

UNDELIVERED = "undelivered_events"
"""What the queue of events is called that EventBridge, or the scheduler, could not hand over."""

_KILLED = "no function could say why: it was killed, ran out of time or memory, or the log is gone"


def redrive(
    function: Annotated[str | None, typer.Argument(help="Of one function, or undelivered_events; of all.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Send them round again.")] = False,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """List dead-lettered messages with the error, or send them again. Exits with 1 if any remain."""
    found = list(failed_messages(Deployment.of(stack), function))
    stays = 0
    for each in found:
        if send and each.target:
            each.letters.redrive(each.letter, each.target)
        else:
            each.letters.give_back(each.letter)
            stays += 1
    if as_json:
        print_json([each.record(send=send) for each in found])
    elif found:
        console.print(table(found))
    else:
        console.print("no dead letters: nothing failed too often")
    if send and found and not as_json:
        console.print(f"{len(found) - stays} sent round again; `steward watch` shows what becomes of them")
    raise typer.Exit(1 if stays else 0)


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """A dead-lettered message: its queue, its error, and the queue or function it is redriven to."""

    place: str
    letters: DeadLetters
    letter: Letter
    reason: str
    target: str | None

    def record(self, *, send: bool) -> dict[str, object]:
        """What a program reads of it: where it was, what it says, why it failed and whether it went round again."""
        return {
            "place": self.place,
            "message_id": self.letter.message,
            "sent_at": self.letter.sent_at,
            "body": self.letter.body,
            "reason": self.reason,
            "sent_again": send and self.target is not None,
        }


def failed_messages(deployment: Deployment, only: str | None) -> Iterator[FailedMessage]:
    """Every dead letter, with the reason why it failed the last time.

    Args:
        deployment: whose.
        only: a function, or `undelivered_events`; all when None.

    Raises:
        StewardError: there is no such function.
    """
    places = _places(deployment)
    if only is not None and only not in places:
        raise StewardError(f"there is no {only!r}; one of {', '.join(sorted(places))}")
    for place, url in places.items():
        if only in (None, place):
            letters = DeadLetters(url)
            for letter in letters.take():
                yield _describe_letter(deployment, place, letters, letter)


def table(found: list[FailedMessage]) -> Table:
    """One row a letter."""
    drawn = draw_table(f"{len(found)} dead letters", "where", "sent", "message", "why", whole=("where", "sent"))
    for each in found:
        drawn.add_row(
            each.place, f"{each.letter.sent_at:%Y-%m-%d %H:%M}", _describe_message(each.letter.body), each.reason
        )
    return drawn


def _places(deployment: Deployment) -> dict[str, str]:
    ending = "DeadLettersUrl"
    found = {
        _function(name.removesuffix(ending)): url for name, url in deployment.outputs.items() if name.endswith(ending)
    }
    return {**found, UNDELIVERED: deployment.outputs["UndeliveredEventsQueueUrl"]}


def _describe_letter(deployment: Deployment, place: str, letters: DeadLetters, letter: Letter) -> FailedMessage:
    if place == UNDELIVERED:
        errors = [letter.attributes.get(name) for name in ("ERROR_CODE", "ERROR_MESSAGE")]
        reason = ": ".join(part for part in errors if part) or "it came without a reason"
        letter, target = undelivered_message(letter)
        return FailedMessage(place, letters, letter, reason, target)
    queue = deployment.outputs.get(f"{_logical_id(place)}QueueUrl")
    if queue is None:
        event = failed_event(letter)
        if event is None:
            return FailedMessage(place, letters, letter, "it is no record of a failed invocation", None)
        letter, failed = event
        return FailedMessage(place, letters, letter, failed.reason, failed.function_arn)
    reason = logs.reason_of(deployment.outputs["LogGroupName"], letter.message, letter.sent_at) or _KILLED
    return FailedMessage(place, letters, letter, reason, queue)


def _function(logical_id: str) -> str:
    """`CheckWindow` → `check_window`."""
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in logical_id).lstrip("_")


def _logical_id(function: str) -> str:
    return "".join(word.capitalize() for word in function.split("_"))


def _describe_message(body: str) -> str:
    """What a message is about, in a few words; its beginning where it is nothing that Steward knows."""
    try:
        content = json.loads(body)
        detail = content["detail"]
        subject = detail.get("model") or detail["object"]["key"]
    except (ValueError, TypeError, KeyError, AttributeError):
        return body[:80]
    return f"{content.get('detail-type')} {subject} {detail.get('correlation_id', '')}".rstrip()
