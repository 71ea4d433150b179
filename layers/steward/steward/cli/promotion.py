"""`steward promote`: sends a version to another deployment and reports its answer."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Self

import typer

from steward import aws
from steward.cli import history
from steward.cli.deployment import Deployment
from steward.cli.terminal import console
from steward.cli.wait_notice import wait_notice
from steward.errors import StewardError
from steward.ledger import LedgerEntry

ENDS = {"champion_promoted": True, "version_rejected": False, "version_refused": False, "run_failed": False}
"""The entries of the ledger that end a promotion, and whether they are what was asked for."""

_PAUSE = 1.0
"""Between two looks at a run, in seconds."""


@dataclass(frozen=True, slots=True)
class PromotionTarget:
    """Where a deployment is: its stack, and the profile that reaches it."""

    stack: str
    profile: str | None

    @classmethod
    def parse(cls, text: str) -> Self:
        """`STACK`, or `STACK@PROFILE`.

        >>> PromotionTarget.parse("steward-staging@staging-account")
        PromotionTarget(stack='steward-staging', profile='staging-account')
        """
        stack, _, profile = text.partition("@")
        return cls(stack, profile or None)

    @contextmanager
    def connect(self) -> Iterator[Deployment]:
        """The deployment, while its profile is spoken with.

        Raises:
            NoDeployment: there is no such profile, or no such stack.
        """
        with aws.profile(self.profile):
            yield Deployment.of(self.stack)


def promote(  # noqa: PLR0917 - the options of a command
    model: Annotated[str, typer.Argument(help="Which model.")],
    version: Annotated[str, typer.Argument(help="A version released there, how its id begins, or `champion`.")],
    origin: Annotated[str, typer.Option("--from", metavar="STACK[@PROFILE]", help="The deployment that has it.")],
    destination: Annotated[str, typer.Option("--to", metavar="STACK[@PROFILE]", help="The one that is to accept it.")],
    over: Annotated[
        str | None,
        typer.Option(help="A version in charge there that it may take over from though not judged against it."),
    ] = None,
    patience: Annotated[float, typer.Option(help="Seconds without news after which to stop wait_notice.")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
) -> None:
    """Promote a version from one deployment to another, which verifies its evidence. Exits with 1 when refused."""
    from steward.cli import version_export  # noqa: PLC0415 - other commands need none of it
    from steward.repositories import models  # noqa: PLC0415 - other commands need none of it
    from steward.store.sts import caller_identity  # noqa: PLC0415

    here, there = PromotionTarget.parse(origin), PromotionTarget.parse(destination)
    with there.connect() as target:
        champion = models.routing(target.data, model).champion
        environment = target.data.environment
    with here.connect() as source:
        source.require(model)
        if source.data.environment == environment:
            raise StewardError(
                f"{origin} and {destination} are both environment {environment!r}; deploy them with other names"
            )
        sent = version_export.collect(source.data, source.ledger, model, version, champion)
    with there.connect() as target:
        after = target.ledger.length(model)
        correlation_id = version_export.upload(
            target.data, sent, author=caller_identity(), sent_at=datetime.now(UTC), over=over
        )
        entries = history.follow(target.ledger, model, after=after, seconds=patience, about=correlation_id)
        with wait_notice(f"what {environment} says of {sent.version}", patience):
            _wait_for_answer(entries, sent.version, as_json=as_json)
    raise StewardError(
        f"{environment} has not answered within {patience:g} s; `steward log {model} --stack {there.stack}` shows it"
    )


def _wait_for_answer(entries: Iterator[LedgerEntry], version: str, *, as_json: bool) -> None:
    """Show what the other deployment says, and leave with its verdict."""
    for entry in entries:
        if as_json and entry.action in ENDS:
            answer = {"version": version, "answer": entry.action, "summary": entry.summary, "sequence": entry.sequence}
            typer.echo(json.dumps(answer, indent=2))
        elif not as_json:
            console.print(history.line(entry))
        if entry.action in ENDS:
            raise typer.Exit(0 if ENDS[entry.action] else 1)


def outcome(
    model: Annotated[str, typer.Argument(help="Which model.")],
    patience: Annotated[float, typer.Option(help="Seconds after which to stop wait_notice.")] = 3600,
    as_json: Annotated[bool, typer.Option("--json", help="Print the run as JSON.")] = False,
    stack: Annotated[str, typer.Option(envvar="STEWARD_STACK", help="The name of the deployed stack.")] = "steward",
) -> None:
    """Wait for the newest run to end. Exits with 1 unless its version was promoted."""
    from steward.repositories.artifacts import newest_run  # noqa: PLC0415 - as above

    deployment = Deployment.of(stack).require(model)
    deadline = time.monotonic() + patience
    with wait_notice(f"the newest run of {model} to end", patience):
        while True:
            run = newest_run(deployment.data, model)
            if run is None:
                raise StewardError(
                    f"{model} has no run yet: the first begins with its reference data, `steward push FILE --model "
                    f"{model} --kind reference`; `steward watch {model}` shows what happens"
                )
            if run.ended:
                break
            if time.monotonic() >= deadline:
                raise StewardError(
                    f"run {run.run} of {model} is {run.stage}, and has not ended within {patience:g} s; "
                    f"`steward watch {model}` shows it when it has"
                )
            time.sleep(_PAUSE)
    if as_json:
        typer.echo(run.model_dump_json(indent=2))
    else:
        console.print(f"run {run.run} {run.stage}: {run.outcome}", markup=False)
    raise typer.Exit(0 if run.stage == "promoted" else 1)


COMMANDS: dict[str, Callable[..., None]] = {"outcome": outcome, "promote": promote}
"""By name."""
