"""Authorisation of commands: validity period and allowed principals."""

import re
from datetime import datetime, timedelta

from steward.commands.command_base import Command
from steward.errors import CommandInvalid, NotProven
from steward.spec.commands import CommandPolicy
from steward.spec.principals import is_among

CLOCK_SKEW = timedelta(minutes=1)
"""How far the clocks of people and functions may be apart."""

_PRINCIPAL = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::\d{12}:(?:root|(?:user|assumed-role|federated-user)/[!-~]+)")


def check_time(command: Command, now: datetime) -> None:
    """Refuse a command whose time is over or has not come.

    Raises:
        CommandInvalid: it is neither now, nor within a minute of it.
    """
    if now >= command.expires_at:
        raise CommandInvalid(f"the command expired at {command.expires_at.isoformat()}; give it again")
    if command.issued_at > now + CLOCK_SKEW:
        raise CommandInvalid(
            f"the command is of {command.issued_at.isoformat()}, and now it is {now.isoformat(timespec='seconds')}: "
            "set the clock of the machine that it was given on"
        )


def principal(arn: str) -> str:
    """An ARN, once it is seen to be that of someone who can sign.

    Raises:
        NotProven: it is none.
    """
    if not _PRINCIPAL.fullmatch(arn):
        raise NotProven(f"AWS names nobody who could give a command: {arn[:200]!r}")
    return arn


def check_author(policy: CommandPolicy, command: Command, author: str) -> None:
    """Refuse a command that its author may not give.

    Args:
        policy: what the model's declaration says; a command that it does not name is for all who can reach the queue.
        command: what is asked for.
        author: the ARN that AWS names.

    Raises:
        CommandInvalid: the declaration names others.
    """
    patterns = policy.patterns_for(command.command)
    if patterns is None:
        return
    if not is_among(author, patterns):
        raise CommandInvalid(
            f"{author} may not give the command {command.command} for {command.model}: "
            f"commands.allow in its declaration names {', '.join(patterns)}"
        )
