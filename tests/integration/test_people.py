"""Each policy for people allows what their commands ask of AWS, and nothing that none of them asks."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tests.integration import lemons

from .deployment import ACCOUNT, BUS, Deployment, Objects, deployed
from .memory_cloud import DATA
from .policies import Request, allows, of_policy, several, stack, unused
from .recording import Asked, recorded
from .sts import Person, strict
from .terminal import reached, run

GROUP = " and "
ANN = Person("AKIAANN", "ann's secret", f"arn:aws:iam::{ACCOUNT}:user/ann")
WINDOW = "20240115T000000Z_1d"
UPLOADS = [f"push {{folder}}/{name}.csv --model lemons --kind predictions" for name in ("drifted", "bad", "some")]
COMMANDS: dict[tuple[str, ...], list[str]] = {
    ("PeopleWhoUpload",): [
        *UPLOADS, "push {folder}/reference.csv --model lemons --kind reference",
        "push {folder}/some.csv --model pears --kind labels",
    ],
    ("PeopleWhoDeclare",): ["push {folder}/lemons.yaml {folder}/melons.yaml"],
    ("PeopleWhoRead",): [
        "status", "status lemons", "watch lemons --patience 0", "log lemons", "show lemons champion",
        f"show lemons {WINDOW}", "outcome lemons", "defects lemons", "decisions lemons",
        "report lemons --out {folder}", f"explain lemons {WINDOW}", "explain lemons feature_drift", "audit lemons",
        "audit --bundle {folder}/evidence.zip", "status pears",
    ],
    ("PeopleWhoRead", "PeopleWhoSeeRows"): [
        "quarantine list lemons",
        "diff lemons champion champion", "checkout lemons champion --to {folder}/version",
    ],
    ("PeopleWhoCommand",): [
        "acknowledge lemons --monitor feature_drift --note seen", "mute lemons --for 2d --reason quiet",
        "check lemons", "freeze lemons --for 2d --reason away", "thaw lemons --reason back",
        "open-defect lemons bad", "thaw pears --reason none",
    ],
    ("PeopleWhoApprove",): [
        f"release lemons approve --evidence {'0' * 32} --reason checked", "release lemons reject --reason worse",
        "review lemons --reason checked", "thaw pears --reason none",
    ],
}  # fmt: skip
"""What each kind of people do; `quarantine release` is an upload by who sees rows."""
NOT_ASKED_HERE = {
    ("PeopleWhoUpload", "cloudformation:DescribeStacks"),  # how every command begins; these tests name the stack
    ("PeopleWhoDeclare", "cloudformation:DescribeStacks"),
    ("PeopleWhoRead", "cloudformation:DescribeStacks"),
    ("PeopleWhoCommand", "cloudformation:DescribeStacks"),
    ("PeopleWhoApprove", "cloudformation:DescribeStacks"),
    ("PeopleWhoApprove", "lambda:InvokeFunction"),
    ("PeopleWhoApprove", "s3:PutObject"),  # is denied
    ("PeopleWhoUpload", "s3:AbortMultipartUpload"),  # of a file in parts whose upload is interrupted
    (
        "PeopleWhoCommand",
        "lambda:InvokeFunction",
    ),  # these tests call the function; e2e's invoke it
    ("PeopleWhoRead", "arn:aws:s3:::steward-data/outcomes/*"),  # `explain` of a labelled window: test_explain.py
}


@pytest.fixture(scope="module")
def asked(first_champion: tuple[Objects, datetime], tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """What the commands of each group ask, which the deployment answers meanwhile."""
    found: Asked = {}
    folder = tmp_path_factory.mktemp("people")
    with deployed() as steward:
        steward.restore(*first_champion)
        write_files(folder, steward.champion("lemons"))
        with working(steward, found) as command:
            for group, lines in COMMANDS.items():
                for line in lines:
                    command(GROUP.join(group), line.format(folder=folder))
    return found


def write_files(folder: Path, champion: str) -> None:
    scored = lemons.predictions(lemons.sales(1, first_day=14), champion)
    some = scored.assign(age=scored.age.astype(str), sale=[f"n{row}" for row in range(len(scored))])
    some.loc[some.index[:3], "age"] = "x"
    for name, rows in {
        "drifted": scored.assign(mileage=scored.mileage * 1.4),
        "bad": scored.drop(columns="age"),
        "some": some,
        "reference": lemons.sales(4, seed=5),
    }.items():
        (folder / f"{name}.csv").write_bytes(lemons.csv(rows))
    (folder / "lemons.yaml").write_text(lemons.SPEC + "alerting: {notify_at: info}\n")
    (folder / "melons.yaml").write_text(lemons.SPEC.replace("model: lemons", "model: melons"))


@contextmanager
def working(steward: Deployment, found: Asked) -> Iterator[Callable[[str, str], None]]:
    """Run commands; what the deployment's functions ask in between is not theirs."""
    running = [""]

    def aside(name: str) -> Any:
        real = getattr(Deployment, name)

        def apart(*given: Any, **named: Any) -> Any:
            before, running[0] = running[0], ""
            try:
                return real(*given, **named)
            finally:
                running[0] = before

        return patch.object(Deployment, name, apart)

    def command(who: str, line: str) -> None:
        running[0] = who
        try:
            ran = run(*line.split())
        finally:
            running[0] = ""
        assert ran.code < 2 or " pears" in line, f"{line}: {ran.text}"

    with (
        reached(steward, working=True),
        patch("steward.cli.signed_commands.this_second", lambda: steward.clock.now),
        strict([ANN], steward.clock),
        patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": ANN.key, "AWS_SECRET_ACCESS_KEY": ANN.secret}),
        aside("settle"),
        aside("invoke"),
        recorded(lambda: running[0], found),
    ):
        yield command


def in_a_stack(request: Request) -> Request:
    """A request with the name that a stack gives the queue; tests call queues as functions are called."""
    return replace(request, resource=request.resource.replace(f"{ACCOUNT}:", f"{ACCOUNT}:{BUS}-"))


@pytest.mark.parametrize("group", COMMANDS, ids=GROUP.join)
def test_people_may_do_what_they_are_to_do(asked: Asked, group: tuple[str, ...]) -> None:
    own = [one for policy in group for one in of_policy(stack(), policy)]
    requests = {in_a_stack(one) if one.action.startswith("sqs:") else one for one in asked[GROUP.join(group)]}
    assert len(requests) > 5
    assert not [one for one in requests if not allows(stack(), own, one, ANN.arn)]


@pytest.mark.parametrize("policy", sorted({policy for group in COMMANDS for policy in group}))
def test_people_may_do_nothing_that_no_command_asks(asked: Asked, policy: str) -> None:
    requests = [
        in_a_stack(one) if one.action.startswith("sqs:") else one
        for group in COMMANDS
        if policy in group
        for one in asked[GROUP.join(group)]
    ]
    own = of_policy(stack(), policy)
    readable = {place for one in own if "s3:GetObject" in several(one["Action"]) for place in several(one["Resource"])}
    missing = {what.removeprefix(f"arn:aws:s3:::{DATA}/") for what in readable}  # S3 tells who may list that a key is
    found = {(policy, what) for one in own for what in unused(one, requests, ANN.arn) if what not in missing}
    assert found == {(name, what) for name, what in NOT_ASKED_HERE if name == policy}
