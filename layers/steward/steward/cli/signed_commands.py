"""Commands that people send to a deployment: signed, sent, and followed to their result."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from steward.cli.command_delivery import send_command, this_second
from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack
from steward.commands import requests
from steward.errors import StewardError
from steward.events import DefectChange
from steward.spec.durations import parse_duration
from steward.spec.severity import Severity

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
    send_command(
        requests.AcknowledgeCommand,
        model,
        patience,
        stack,
        this_second(),
        as_json=as_json,
        monitor=monitor,
        note=note,
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
    now = this_second()
    end = now if lift else read_end(now, span, until)
    if end is None or (lift and (span or until)):
        raise StewardError("say how long: one of --for 2d, --until 2026-12-01T08:00+01:00 or --lift")
    send_command(
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
    send_command(requests.CheckCommand, model, patience, stack, this_second(), as_json=as_json, window=window)


def retrain(
    model: Model, reason: Why, patience: CommandPatience = 30, as_json: Json = False, stack: Stack = "steward"
) -> None:
    """Request a retraining. Exits with 1 when the policy declines, or the command is refused."""
    send_command(requests.RetrainCommand, model, patience, stack, this_second(), as_json=as_json, reason=reason)


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
    now = this_second()
    send_command(
        requests.FreezeCommand,
        model,
        patience,
        stack,
        now,
        as_json=as_json,
        until=read_end(now, span, until),
        reason=reason,
    )


def thaw(
    model: Model, reason: Why, patience: CommandPatience = 30, as_json: Json = False, stack: Stack = "steward"
) -> None:
    """End a freeze, and promote what waited. Exits with 1 when refused."""
    send_command(requests.ThawCommand, model, patience, stack, this_second(), as_json=as_json, reason=reason)


def roll_back(
    model: Model, reason: Why, patience: CommandPatience = 30, as_json: Json = False, stack: Stack = "steward"
) -> None:
    """Make the previous champion the champion again. Exits with 1 when there is none, or the command is refused."""
    send_command(requests.RollBackCommand, model, patience, stack, this_second(), as_json=as_json, reason=reason)


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
    send_command(requests.RemoveCommand, model, patience, stack, this_second(), as_json=as_json, reason=reason)


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
    send_command(requests.OpenDefectCommand, model, patience, stack, this_second(), as_json=as_json, **said)


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
    send_command(requests.ChangeDefectCommand, model, patience, stack, this_second(), as_json=as_json, **said)


COMMANDS = (acknowledge, mute, check, retrain, freeze, thaw, roll_back, open_defect, change_defect, remove)
"""Every command of this module, in the order of the help."""


def read_end(now: datetime, span: str | None, until: str | None) -> datetime | None:
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
