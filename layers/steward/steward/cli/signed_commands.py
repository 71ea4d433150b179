"""Commands that people send to a deployment: signed, sent, and followed to their result."""

import dataclasses
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.text import Text

from steward.cli import history
from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack
from steward.cli.terminal import console, print_json
from steward.cli.wait_notice import wait_notice
from steward.commands import requests
from steward.commands.codec import Message, Sending, digest, encode
from steward.commands.command_result import CommandResult
from steward.commands.proof import BODY, Proof, signed_headers
from steward.errors import StewardError
from steward.events import DefectChange
from steward.ledger import LedgerEntry
from steward.spec.durations import parse_duration
from steward.spec.problems import Positions, list_problems, shorten_problems
from steward.spec.severity import Severity
from steward.store import keys, sts
from steward.store.functions import NoAnswer, invoke_now

EFFECTS: dict[str, dict[str, bool]] = {
    "retrain": {"training_requested": True, "training_declined": False},
    "freeze": {"promotions_frozen": True},
    "thaw": {"promotions_thawed": True},
    "remove": {"model_removed": True},
    "roll_back": {"champion_rolled_back": True, "rollback_declined": False},
    "open_defect": {"defect_changed": True, "defect_refused": False},
    "change_defect": {"defect_changed": True, "defect_refused": False},
    "reproduce": {"training_reproduced": True, "reproduction_failed": False},
}
"""The ledger's entries that tell what a command led to, and whether that is what was asked for."""

MonitorOption = Annotated[str | None, typer.Option(help="One monitor; every one when left out.")]
Why = Annotated[str, typer.Option(help="Why: it is read by others, and stays in the ledger.")]
Until = Annotated[str | None, typer.Option(help="An end, such as 2026-12-01T08:00+01:00; UTC without an offset.")]
For = Annotated[str | None, typer.Option("--for", help="How long, such as 2d.")]
CommandPatience = Annotated[float, typer.Option(min=0, help="Seconds after which to stop waiting; then exits with 2.")]


def acknowledge(  # noqa: PLR0917 - the options of a command
    model: Model,
    monitor: MonitorOption = None,
    note: Annotated[str, typer.Option(help="What others should know.")] = "",
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Acknowledge an alert, so that it does not escalate. Exits with 1 when refused."""
    _send_command(
        requests.AcknowledgeCommand, model, patience, stack, _now(), as_json=as_json, monitor=monitor, note=note
    )


def mute(  # noqa: PLR0917 - the options of a command
    model: Model,
    reason: Why,
    monitor: MonitorOption = None,
    span: For = None,
    until: Until = None,
    lift: Annotated[bool, typer.Option("--lift", help="End a mute now.")] = False,
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Mute notifications: --for 2d, --until TIME, or --lift. Exits with 1 when refused."""
    now = _now()
    end = now if lift else _end(now, span, until)
    if end is None or (lift and (span or until)):
        raise StewardError("say how long: one of --for 2d, --until 2026-12-01T08:00+01:00 or --lift")
    _send_command(
        requests.MuteCommand, model, patience, stack, now, as_json=as_json, monitor=monitor, until=end, reason=reason
    )


def check(
    model: Model,
    window: Annotated[str | None, typer.Option(help="One window by its id; what closed lately when left out.")] = None,
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Check windows now; `steward watch` shows the results. Exits with 1 when refused."""
    _send_command(requests.CheckCommand, model, patience, stack, _now(), as_json=as_json, window=window)


def retrain(
    model: Model, reason: Why, patience: CommandPatience = 30, as_json: Json = False, stack: Stack = "steward"
) -> None:
    """Request a retraining. Exits with 1 when the policy declines, or the command is refused."""
    _send_command(requests.RetrainCommand, model, patience, stack, _now(), as_json=as_json, reason=reason)


def freeze(  # noqa: PLR0917 - the options of a command
    model: Model,
    reason: Why,
    span: For = None,
    until: Until = None,
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Stop promotions: for a time, until a time, or until thawed. Exits with 1 when refused."""
    now = _now()
    _send_command(
        requests.FreezeCommand,
        model,
        patience,
        stack,
        now,
        as_json=as_json,
        until=_end(now, span, until),
        reason=reason,
    )


def thaw(
    model: Model, reason: Why, patience: CommandPatience = 30, as_json: Json = False, stack: Stack = "steward"
) -> None:
    """End a freeze, and promote what waited. Exits with 1 when refused."""
    _send_command(requests.ThawCommand, model, patience, stack, _now(), as_json=as_json, reason=reason)


def roll_back(
    model: Model, reason: Why, patience: CommandPatience = 30, as_json: Json = False, stack: Stack = "steward"
) -> None:
    """Make the previous champion the champion again. Exits with 1 when there is none, or the command is refused."""
    _send_command(requests.RollBackCommand, model, patience, stack, _now(), as_json=as_json, reason=reason)


def remove(  # noqa: PLR0917 - the options of a command
    model: Model,
    reason: Why,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether to go on.")] = False,
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Remove a model permanently. Exits with 1 when refused.

    Its schedules are deleted; nothing is checked, alerted, audited or trained any more. New uploads stay in the inbox
    and are rejected. Records, versions, reports and the ledger stay, until the declaration's retention expires.
    `steward status` and the page of all models omit the model. Its name cannot be used again.
    """
    Deployment.of(stack).require(model)
    if not yes:
        typer.confirm(
            f"{model} is checked, alerted and trained no more, its uploads are refused, and its name is not given "
            "again; its records, versions and ledger stay. Remove it?",
            abort=True,
            err=True,
        )
    _send_command(requests.RemoveCommand, model, patience, stack, _now(), as_json=as_json, reason=reason)


def open_defect(  # noqa: PLR0917 - the options of a command
    model: Model,
    title: Annotated[str, typer.Argument(help="What is wrong, in a sentence.")],
    severity: Annotated[Severity, typer.Option(help="How soon it must be done with.")] = "warning",
    window: Annotated[
        list[str] | None, typer.Option(help="A window that it is in, by its id; may be repeated.")
    ] = None,
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Report an error in a model's data. Exits with 1 when refused."""
    said = {"title": title, "severity": severity, "windows": window or []}
    _send_command(requests.OpenDefectCommand, model, patience, stack, _now(), as_json=as_json, **said)


def change_defect(  # noqa: PLR0917 - the options of a command
    model: Model,
    defect: Annotated[str, typer.Argument(help="Its id, as `steward defects` lists it.")],
    change: Annotated[DefectChange, typer.Argument(help="What is to become of it.")],
    owner: Annotated[str | None, typer.Option(help="With assign: to whom.")] = None,
    note: Annotated[str, typer.Option(help="What others should know.")] = "",
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Confirm, assign, correct, verify, close or dismiss a defect. Exits with 1 when its state does not allow that."""
    said = {"defect": defect, "change": change, "owner": owner, "note": note}
    _send_command(requests.ChangeDefectCommand, model, patience, stack, _now(), as_json=as_json, **said)


COMMANDS = (acknowledge, mute, check, retrain, freeze, thaw, roll_back, open_defect, change_defect, remove)
"""Every command of this module, in the order of the help."""


def _send_command(
    kind: type[requests.Command], model: str, patience: float, stack: str, now: datetime, *, as_json: bool, **said: Any
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


def build_command(
    kind: type[requests.Command], model: str, now: datetime | None = None, **said: Any
) -> requests.Command:
    """A command that is given now; StewardError says what of it is not allowed."""
    begins = now or _now()
    life = {"id": uuid.uuid4(), "model": model, "issued_at": begins, "expires_at": begins + requests.LIFETIME}
    try:
        return kind.model_validate(life | said)
    except ValidationError as error:
        fields: Positions = dict.fromkeys([(), *((name,) for name in kind.model_fields)])
        raise StewardError(shorten_problems(list_problems(error, fields))[0]) from error


def wait_for_result(deployment: Deployment, command: requests.Command, patience: float) -> CommandResult:
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


def wait_for_effect(
    deployment: Deployment, command: requests.Command, after: int, patience: float
) -> LedgerEntry | None:
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


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _end(now: datetime, span: str | None, until: str | None) -> datetime | None:
    """The moment that --for or --until say; None where neither does."""
    if span and until:
        raise StewardError("say either --for or --until, not both")
    try:
        if span:
            return now + parse_duration(span)
    except ValueError as error:
        raise StewardError(f"--for: {error}") from error
    try:
        moment = datetime.fromisoformat(until) if until else None
    except ValueError as error:
        raise StewardError(
            f"--until: {until!r} is no time: write one such as 2026-12-01T08:00+01:00, in UTC without an offset"
        ) from error
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None
