"""The command `steward` as its user meets it, against a deployment on moto: exit code and both streams."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from steward.cli.app import main
from steward.store.functions import NoAnswer

from .deployment import BUS, Deployment, logical_id
from .template import with_queues


@dataclass(frozen=True, slots=True)
class Ran:
    """One run of the command."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Both streams in one line."""
        return " ".join(f"{self.stdout} {self.stderr}".split())


def run(*arguments: str, answer: str = "") -> Ran:
    """Run the command; whatever is raised but an exit would be a traceback, and is raised here too.

    Args:
        arguments: of the command line.
        answer: what is typed.
    """
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["steward", *arguments]),
        patch.object(sys.modules["__main__"], "__package__", "", create=True),  # else help says `python -m pytest`
        patch.object(sys, "stdin", io.StringIO(answer)),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        else:
            code = 0
    return Ran(code, out.getvalue(), err.getvalue())


@contextmanager
def reached(deployment: Deployment, *, working: bool = False) -> Iterator[None]:
    """Let the command find a deployment.

    Args:
        deployment: which.
        working: its functions work while the command waits.
    """
    outputs = {
        "DataBucketName": deployment.data,
        "LedgerBucketName": deployment.ledger,
        "BusName": BUS,
        "EnvironmentName": deployment.name,
        "LogGroupName": "/steward",
        "UndeliveredEventsQueueUrl": deployment.arns["observer_url"],
        "AcceptCommandsArn": "accept_commands",
        **({"PseudonymKeySetting": arn} if (arn := deployment.arns.get("pseudonym_key")) else {}),
        **{
            f"{logical_id(function)}QueueUrl": url
            for function, url in deployment.queues.items()
            if logical_id(function) in with_queues()
        },
    }

    def invoke_now(_: str, sending: dict[str, str], seconds: float) -> None:
        if not working:
            raise NoAnswer(f"nothing works within {seconds:g} s")
        deployment.invoke("accept_commands", sending["body"], message_id=sending["id"])
        deployment.settle()

    settle = (lambda _: deployment.settle()) if working else (lambda _: None)
    with (
        patch("steward.cli.deployment.stack_outputs", lambda _: outputs),
        patch("steward.cli.command_delivery.invoke_now", invoke_now),
        patch.dict(os.environ, {"COLUMNS": "200", "NO_COLOR": "1"}),
        patch("time.sleep", settle),
    ):
        yield
