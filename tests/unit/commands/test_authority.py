"""A command is carried out in its time, for those whom the declaration names."""

from datetime import timedelta

import pytest
from hypothesis import given

from steward.commands.authority import CLOCK_SKEW, check_author, check_time, principal
from steward.commands.requests import Command
from steward.errors import CommandInvalid, NotProven, SpecInvalid
from steward.spec.commands import CommandPolicy
from steward.spec.document import read_spec
from steward.spec.principals import role_of
from tests.unit.commands.requests import commands
from tests.unit.examples import SPEC

SECOND = timedelta(seconds=1)
ANN = "arn:aws:iam::123456789012:user/staff/ann"
EVE = "arn:aws:sts::123456789012:assumed-role/leads/eve"


@given(commands())
def test_a_command_lives_from_its_issue_to_its_end(command: Command) -> None:
    for now in (command.issued_at - CLOCK_SKEW, command.issued_at, command.expires_at - SECOND):
        check_time(command, now)
    for now in (command.issued_at - CLOCK_SKEW - SECOND, command.expires_at, command.expires_at + SECOND):
        with pytest.raises(CommandInvalid):
            check_time(command, now)


@pytest.mark.parametrize(
    ("pattern", "author", "may"),
    [
        (ANN, ANN, True),
        ("arn:aws:iam::123456789012:user/staff/*", ANN, True),
        ("arn:aws:iam::*:user/*", ANN, True),
        ("arn:aws:iam::123456789012:user/ann", ANN, False),
        ("arn:aws:iam::999999999999:user/staff/ann", ANN, False),
        ("arn:aws:iam::123456789012:user/staff/an?", ANN, True),
        ("arn:aws:iam::123456789012:user/staff/a?", ANN, False),
        ("arn:aws:iam::123456789012:user/staff/[a-z]nn", ANN, False),
        ("arn:aws:iam::123456789012:user.staff.ann", ANN, False),
        ("arn:aws:iam::123456789012:role/leads", EVE, True),
        ("arn:aws:iam::123456789012:role/lead", EVE, False),
        (EVE, EVE, True),
        ("arn:aws:sts::123456789012:assumed-role/leads/ann", EVE, False),
        ("arn:aws:iam::*:role/*", ANN, False),
    ],
)
@given(command=commands())
def test_a_pattern_names_its_principals_and_no_others(
    pattern: str, author: str, *, may: bool, command: Command
) -> None:
    policy = CommandPolicy.model_validate({"allow": {command.command: ["arn:aws:iam::1:user/nobody", pattern]}})
    if may:
        check_author(policy, command, author)
    else:
        with pytest.raises(CommandInvalid, match="may not give the command"):
            check_author(policy, command, author)
    check_author(CommandPolicy(), command, author)


def test_the_role_of_whoever_has_none_is_themselves() -> None:
    assert role_of(ANN) == ANN
    assert role_of("arn:aws-us-gov:sts::123456789012:assumed-role/a/b") == "arn:aws-us-gov:iam::123456789012:role/a"


@pytest.mark.parametrize("arn", [ANN, EVE, "arn:aws:iam::123456789012:root", "arn:aws-cn:iam::123456789012:user/a"])
def test_those_who_can_sign_are_principals(arn: str) -> None:
    assert principal(arn) == arn


@pytest.mark.parametrize("arn", ["", "root", "arn:aws:iam::12:root", "arn:aws:s3:::bucket", f"{ANN}\n", f" {ANN}"])
def test_nothing_else_is_a_principal(arn: str) -> None:
    with pytest.raises(NotProven):
        principal(arn)


@pytest.mark.parametrize(
    "allow", ["{roll_back: []}", "{rollback: ['arn:aws:iam::1:root']}", "{thaw: [ann]}", "{thaw: ['*']}"]
)
def test_a_declaration_that_names_nobody_or_no_command_is_refused(allow: str) -> None:
    with pytest.raises(SpecInvalid, match=r"commands\.allow"):
        read_spec(f"{SPEC}\ncommands: {{allow: {allow}}}\n")
