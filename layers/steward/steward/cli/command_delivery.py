"""Signs a command, sends it, and follows it to its result."""

import dataclasses
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import typer
from pydantic import ValidationError
from rich.text import Text

from steward.cli import history
from steward.cli.deployment import Deployment
from steward.cli.terminal import console, print_json
from steward.cli.wait_notice import wait_notice
from steward.commands.codec import Message, Sending, digest, encode
from steward.commands.command_base import LIFETIME, Command
from steward.commands.command_result import CommandResult
from steward.commands.proof import BODY, Proof, signed_headers
from steward.errors import StewardError
from steward.ledger import LedgerEntry
from steward.spec.problems import Positions, list_problems, shorten_problems
from steward.store import keys, sts
from steward.store.functions import NoAnswer, invoke_now

EFFECTS: dict[str, dict[str, bool]] = {
    "retrain": {"training_requested": True, "training_declined": False},
    "freeze": {"promotions_frozen": True},
    "thaw": {"promotions_thawed": True},
    "remove": {"model_removed": True},
    "release": {
        "release_changed": True,
        "champion_promoted": True,
        "release_declined": False,
        "override_reviewed": True,
        "guardrails_changed": True,
    },
    "roll_back": {"champion_rolled_back": True, "rollback_declined": False},
    "open_defect": {"defect_changed": True, "defect_refused": False},
    "change_defect": {"defect_changed": True, "defect_refused": False},
    "except": {"exception_changed": True},
    "reproduce": {"training_reproduced": True, "reproduction_failed": False},
}
"""The ledger's entries that tell what a command led to, and whether that is what was asked for."""


def send_command(
    kind: type[Command], model: str, patience: float, stack: str, now: datetime, *, as_json: bool, **said: Any
) -> None:
    """Sign a command, send it, and show what became of it; ends the program with the exit code that says so."""
    deployment = Deployment.of(stack).require(model)
    command = build_command(kind, model, now, **said)
    after = deployment.ledger.length(model)
    answer = wait_for_result(deployment, command, patience)
    if not as_json:
        console.print(
            Text(f"{answer.verdict}: ", style="green" if answer.verdict == "accepted" else "bold red").append(
                Text(f"{answer.author or 'nobody proven'}: {answer.reason}", style="not bold default")
            )
        )
    accepted = answer.verdict == "accepted"
    entry = wait_for_effect(deployment, command, after, patience) if accepted else None
    if as_json:
        print_json({"verdict": answer.verdict, "author": answer.author, "reason": answer.reason, "led_to": entry})
    elif entry:
        console.print(history.line(entry))
    raise typer.Exit(0 if accepted and (entry is None or EFFECTS[command.command][entry.action]) else 1)


def build_command(kind: type[Command], model: str, now: datetime | None = None, **said: Any) -> Command:
    """A command that is given now; StewardError says what of it is not allowed."""
    begins = now or this_second()
    life = {"id": uuid.uuid4(), "model": model, "issued_at": begins, "expires_at": begins + LIFETIME}
    try:
        return kind.model_validate(life | said)
    except ValidationError as error:
        fields: Positions = dict.fromkeys([(), *((name,) for name in kind.model_fields)])
        raise StewardError(shorten_problems(list_problems(error, fields))[0]) from error


def wait_for_result(deployment: Deployment, command: Command, patience: float) -> CommandResult:
    """Send a command and wait for its answer."""
    text = encode(command)
    signature = sts.sign(
        BODY, lambda token: signed_headers(digest(text), deployment.data.name, command.issued_at, token)
    )
    proof = Proof.model_validate(dataclasses.asdict(signature))
    sending = Sending(id=str(uuid.uuid4()), body=Message(command=text, proof=proof).body())
    places = keys.command(command.model, str(command.id)), keys.refused_command(command.model, sending.id)
    with wait_notice("the answer of accept_commands", patience), suppress(NoAnswer):
        invoke_now(deployment.commands, sending.model_dump(mode="json"), patience)
    for place in places:
        if found := deployment.data.find(place):
            return CommandResult.model_validate_json(found.body)
    raise StewardError(
        f"no answer within {patience:g} s; it stands in s3://{deployment.data.name}/{places[0]} when it comes, and "
        f"the command expires at {command.expires_at:%H:%M:%S} UTC"
    )


def wait_for_effect(deployment: Deployment, command: Command, after: int, patience: float) -> LedgerEntry | None:
    """The entry of the ledger that tells what a command led to; None for one that leads to none.

    Raises:
        StewardError: nothing came of it within the patience.
    """
    effects = EFFECTS.get(command.command, {})
    if not effects:
        return None
    with wait_notice("what comes of it", patience):
        entries = history.follow(
            deployment.ledger, command.model, after=after, seconds=patience, about=command.correlation_id
        )
        entry = next((entry for entry in entries if entry.action in effects), None)
    if entry:
        return entry
    raise StewardError(
        f"nothing came of it within {patience:g} s: `steward watch {command.model}` shows it when it does, and "
        "`steward doctor` what may be in its way"
    )


def this_second() -> datetime:
    """The present moment in whole seconds, as commands carry it."""
    return datetime.now(UTC).replace(microsecond=0)
