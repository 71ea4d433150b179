"""`steward except`: excepts an invariant from audits for a time, or ends its exception."""

from typing import Annotated

import typer

from steward.cli.command_delivery import send_command, this_second
from steward.cli.options import Json, Model, Stack
from steward.cli.signed_commands import CommandPatience, For, Until, Why, read_end
from steward.commands import requests
from steward.errors import StewardError


def except_invariant(  # noqa: PLR0917 - the options of a command
    model: Model,
    invariant: Annotated[str, typer.Argument(help="Its name, as `steward audit` lists it; blanks or underscores.")],
    reason: Why,
    owner: Annotated[str | None, typer.Option(help="Who answers for it, and reviews it before it ends.")] = None,
    span: For = None,
    until: Until = None,
    end: Annotated[bool, typer.Option("--end", help="End the exception now.")] = False,
    review: Annotated[
        bool, typer.Option("--review", help="Review the exception that another person declared, so that it counts.")
    ] = False,
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Except an invariant for 180 days at most: its finding is shown as excepted, and alerts nobody until then.

    Where the declaration asks for approvals, it counts once another person has reviewed it. Author, owner, reason and
    end are in the ledger. Exits with 1 when refused.
    """
    now = this_second()
    moment = now if end or review else read_end(now, span, until)
    if moment is None or (end and review) or ((end or review) and (span or until)):
        raise StewardError("say how long: one of --for 90d, --until 2026-12-01T08:00+01:00 or --end; or say --review")
    if owner is None and not (end or review):
        raise StewardError("say who answers for it: --owner NAME")
    send_command(
        requests.ExceptCommand,
        model,
        patience,
        stack,
        now,
        as_json=as_json,
        invariant=invariant.strip().replace(" ", "_"),
        owner=owner or "nobody",
        until=moment,
        review=review,
        reason=reason,
    )
