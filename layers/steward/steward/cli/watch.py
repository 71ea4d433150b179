"""`steward watch`: follows the decisions of a model in the ledger."""

import math
from typing import Annotated

import typer

from steward.cli import history
from steward.cli.deployment import Deployment
from steward.cli.options import Patience, Stack
from steward.cli.terminal import console, errors, print_json
from steward.cli.training_watch import TrainingWatch


def watch(
    model: Annotated[str, typer.Argument(help="Whose ledger.")],
    last: Annotated[int, typer.Option(help="Begin with this many entries that are there already.")] = 20,
    patience: Patience = math.inf,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Lines: one entry of the ledger each.")] = False,
    stack: Stack = "steward",
) -> None:
    """Follow the decisions about a model, until interrupted or until none was made for --patience.

    While a version is trained, its stage, the rows read, and the fit that is best so far are printed on standard error.
    """
    deployment = Deployment.of(stack).require(model, for_history=True)
    newest = deployment.ledger.length(model)
    end = "until interrupted (Ctrl-C)" if math.isinf(patience) else f"until nothing has come for {patience:g} s"
    errors.print(f"every decision on {model}, {end}")
    training = TrainingWatch(deployment.data, model)
    begin = max(0, newest - last)
    for entry in history.follow(deployment.ledger, model, after=begin, seconds=patience, between=training.look):
        if as_json:
            print_json(entry, lines=True)
        else:
            console.print(history.line(entry))
