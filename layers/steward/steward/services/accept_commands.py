"""Verifies the author of a command, decides on it once and publishes its event."""

from collections.abc import Iterator

from steward.commands.authority import check_author, check_time, principal
from steward.commands.codec import Message, Sending, decode, digest, model_of
from steward.commands.command_base import Command
from steward.commands.command_result import CommandResult
from steward.commands.proof import BODY, request_headers
from steward.errors import CommandInvalid, Conflict, NotProven, UnknownModel
from steward.events import CommandRefused, Event
from steward.function import Delivery
from steward.outbox import OutboxEntry, announce
from steward.repositories import models
from steward.runtime import Runtime, logger
from steward.store import keys, sts


def read_sending(delivery: Delivery, _: Runtime) -> Delivery:
    """The message that a function was invoked with, under the id of its sending.

    Raises:
        pydantic.ValidationError: it is none.
    """
    sending = Sending.model_validate_json(delivery.body)
    return Delivery(sending.id, sending.body, delivery.sent_at)


def accept_commands(runtime: Runtime, sent: Delivery) -> Iterator[Event]:
    """Carry out or refuse what a message asks for. A redelivery gets the answer that the message got first.

    The answer is stored before it is announced: a function that dies in between is made good by the redelivery, or,
    after a redrive, by the same text in another message. What it is given is not an event but the text of a message:
    the signature is of these bytes, and only who verifies them may read them as a command.

    Raises:
        pydantic.ValidationError, CommandInvalid: the message is none, or names no model; nobody can be told.
        botocore.exceptions.BotoCoreError, ClientError: AWS cannot be asked who gave it; try again.
    """
    message = sent.id
    envelope = Message.model_validate_json(sent.body)
    model = model_of(envelope.command)
    refused = runtime.data.find(keys.refused_command(model, message))
    if refused:
        yield from _refuse(runtime, model, CommandResult.model_validate_json(refused.body))
        return
    author = None
    try:
        command = decode(envelope.command)
        known = runtime.data.find(keys.command(model, str(command.id)))
        if known is None:
            check_time(command, runtime.now())
            author = _author(runtime, envelope, command)
            check_author(models.current_spec(runtime.data, model)[0].commands, command, author)
            answer = _claim_id(runtime, command, _decide(runtime, envelope, message, author, command.sentence))
        else:
            answer = CommandResult.model_validate_json(known.body)
        _check_first(runtime, command, answer, message, digest(envelope.command))
    except (CommandInvalid, NotProven, UnknownModel) as error:
        answer = _decide(runtime, envelope, message, author, str(error), verdict="refused")
        stored = runtime.data.create_if_absent(keys.refused_command(model, message), answer.model_dump_json().encode())
        answer = runtime.data.load(stored, CommandResult)
        yield from _refuse(runtime, model, answer)
    else:
        yield from _accept(runtime, command, answer)


def _author(runtime: Runtime, envelope: Message, command: Command) -> str:
    """Who gave a command, as AWS tells it.

    Raises:
        NotProven: AWS does not know, or not of this command, deployment and second.
    """
    signed = digest(envelope.command), runtime.data.name, command.issued_at
    return principal(sts.signer_identity(BODY, request_headers(*signed, envelope.proof, sts.region())))


def _decide(
    runtime: Runtime,
    envelope: Message,
    message: str,
    author: str | None,
    reason: str,
    *,
    verdict: str = "accepted",
) -> CommandResult:
    return CommandResult(
        message=message,
        command=envelope.command,
        sha256=digest(envelope.command),
        verdict="accepted" if verdict == "accepted" else "refused",
        author=author,
        reason=reason,
        decided_at=runtime.now(),
    )


def _claim_id(runtime: Runtime, command: Command, answer: CommandResult) -> CommandResult:
    """The answer under the command's id: this one, or that of a message which was faster."""
    key = keys.command(command.model, str(command.id))
    try:
        runtime.data.create(key, answer.model_dump_json().encode())
    except Conflict:
        return runtime.data.load(key, CommandResult)
    return answer


def _check_first(runtime: Runtime, command: Command, answer: CommandResult, message: str, sha256: str) -> None:
    """Refuse a message whose command was carried out for another.

    Raises:
        CommandInvalid: it was, or the id belongs to another command.
    """
    if answer.sha256 != sha256:
        raise CommandInvalid(f"id {command.id} belongs to another command; give it again under a new id")
    if answer.message != message and runtime.ledger.knows(command.model, "command_accepted", command.correlation_id):
        raise CommandInvalid(f"the command was carried out before, at {answer.decided_at.isoformat()}: it is replayed")


def _accept(runtime: Runtime, command: Command, answer: CommandResult) -> Iterator[Event]:
    author = str(answer.author)
    event = command.event(author, answer.decided_at)
    summary = f"{author} {answer.reason}"
    entry = OutboxEntry(event, "command_accepted", command.command, summary, identity=command.correlation_id)
    yield from announce(runtime, entry)
    _log(answer)


def _refuse(runtime: Runtime, model: str, answer: CommandResult) -> Iterator[Event]:
    event = CommandRefused(
        occurred_at=answer.decided_at,
        model=model,
        as_of=answer.decided_at,
        correlation_id=f"message-{answer.message}",
        command=_command_id(answer),
        message=answer.reason,
        author=answer.author,
    )
    yield from announce(runtime, OutboxEntry(event, "command_refused", event.command, answer.reason))
    _log(answer)


def _log(answer: CommandResult) -> None:
    logger.info("command", verdict=answer.verdict, author=answer.author, reason=answer.reason)


def _command_id(answer: CommandResult) -> str:
    try:
        return str(decode(answer.command).id)
    except CommandInvalid:
        return answer.message
