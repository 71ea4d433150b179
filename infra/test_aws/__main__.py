"""Run the end-to-end tests in an AWS account: `make test-aws`, with AWS_PROFILE and AWS_REGION as for `make deploy`.

It says where and for how much, and stops there unless told to go on (`YES=1`). It deploys what `make build` made into a
stack of its own, tests it, asks it what only an account can show, and removes it with its buckets, whatever happened.
"""

import argparse
import math
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

from infra.deploy.preflight import describe_account, describe_choice, look_up_account, refuse_long_name
from infra.docs.template import of_type
from infra.local.process import ROOT
from infra.pipeline.throwaway import PREFIX, remove
from infra.test_aws.price import MODELS, RUN_HOURS, UPLOADS, polled_queues, price_run
from infra.test_aws.questions import (
    Answer,
    Client,
    ask_ledger,
    ask_log_level,
    ask_new_alarms,
    ask_pollers,
    ask_removal,
)
from steward.cost.month import HOURS, polls
from steward.errors import StewardError

QUIET = timedelta(minutes=10)
"""How long nothing is sent to the stack, to see what an idle one costs."""

_METRICS_LATE = timedelta(minutes=3)


def main(arguments: list[str] | None = None) -> None:
    """Run; exit with what the tests exit with, or 1 where an assumption of the template does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--yes", action="store_true", help="deploy and test; without it, only say where and for how much"
    )
    parser.add_argument("--quiet-minutes", type=int, default=QUIET // timedelta(minutes=1))
    given = parser.parse_args(arguments)
    stack = f"{PREFIX}{uuid.uuid4().hex[:8]}"
    try:
        refuse_long_name(stack)
        account = look_up_account(stack)
    except StewardError as error:
        sys.exit(f"{error}")
    print(describe_account(account, stack))
    print(describe_choice(account))
    print(describe_price())
    if not given.yes:
        sys.exit("Nothing was deployed. To go on: make test-aws YES=1")
    os.environ["AWS_DEFAULT_REGION"] = account.region
    session: Any = boto3.Session()
    run = Run(stack, account.identity, session.client)
    try:
        run.deploy(account.quotas)
        code = run.test()
        run.ask(timedelta(minutes=given.quiet_minutes))
    finally:
        run.remove()
    for answer in run.answers:
        print(f"{_verdict(answer):<10} {answer.question}\n           {answer.found}")
    sys.exit(code or any(answer.expected is False for answer in run.answers))


def describe_price() -> str:
    """What the run costs, and under which assumptions."""
    bill = price_run(sum(polled_queues("small")), len(of_type("AWS::CloudWatch::Alarm")))
    amount = math.ceil(bill.amount * 100) / 100
    assumed = f"{UPLOADS:,} uploads of {MODELS} models in {RUN_HOURS} hours"
    return f"About {amount:.2f} {bill.prices.currency}, if it takes {assumed}, at prices of {bill.prices.as_of}."


class Run:
    """One throw-away stack.

    Attributes:
        answers: to the questions asked so far.
    """

    def __init__(self, stack: str, identity: str, client: Client) -> None:
        self.answers: list[Answer] = []
        self._stack = stack
        self._identity = identity
        self._client = client
        self._quotas = "standard"

    def deploy(self, quotas: str) -> None:
        """Deploy what was built; subprocess.CalledProcessError if that fails."""
        self._quotas = quotas
        script = ROOT / "infra" / "pipeline" / "deploy.sh"
        parameters = [f"AccountQuotas={quotas}", "Dashboard=off", "ModelMetrics=off", "LedgerRetentionDays=1"]
        subprocess.run([script, self._stack, "e2e", "test-aws", *parameters], check=True)

    def test(self) -> int:
        """The exit code of the tests that need no emulator."""
        command = [sys.executable, "-m", "pytest", "tests/e2e", "-m", "not emulator and not benchmark"]
        environment = os.environ | {"STEWARD_E2E_STACK": self._stack}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode

    def ask(self, quiet: timedelta, sleep: Callable[[float], None] = time.sleep) -> None:
        """Ask the questions that a living stack answers, after it was left alone for a while."""
        self.answers += [ask(self._client, self._stack) for ask in (ask_log_level, ask_new_alarms, ask_ledger)]
        print(f"The stack is left alone for {quiet}, to see how often Lambda asks its idle queues.")
        sleep((quiet + _METRICS_LATE).total_seconds())
        until = (datetime.now(UTC) - _METRICS_LATE).replace(second=0, microsecond=0)
        since = until - quiet
        queues = polled_queues(self._quotas)
        self.answers.append(
            ask_pollers(self._client, self._stack, since, until, polls(*queues) / HOURS / 60 / sum(queues))
        )

    def remove(self) -> None:
        """Remove the stack, and note what could not be."""
        found = self._stack_id()
        try:
            remove(self._stack)
        finally:
            if found:
                self.answers.append(ask_removal(self._identity, list(self._events(found))))

    def _stack_id(self) -> str | None:
        """By which a removed stack is still found; None where it was never made."""
        pages = self._client("cloudformation").get_paginator("list_stacks").paginate()
        stacks = (one for page in pages for one in page["StackSummaries"] if one["StackName"] == self._stack)
        return next((one["StackId"] for one in stacks if one["StackStatus"] != "DELETE_COMPLETE"), None)

    def _events(self, stack_id: str) -> Iterator[dict[str, Any]]:
        pages = self._client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
        return (event for page in pages for event in page["StackEvents"])


def _verdict(answer: Answer) -> str:
    return {True: "as assumed", False: "NOT SO", None: "unknown"}[answer.expected]


if __name__ == "__main__":
    main()
