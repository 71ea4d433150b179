"""`steward status`: champion, newest check, alerts and newest run of each model."""

from collections.abc import Sequence
from typing import Annotated

import typer

from steward.cli.defects import read
from steward.cli.deployment import Deployment
from steward.cli.model_status import ModelStatus, model_statuses
from steward.cli.options import Json, Stack
from steward.cli.status_table import alerts_table, table
from steward.cli.terminal import console, print_json
from steward.defects.defect import Defect
from steward.store.deployment import QueueUnreadable, backlog

_CHAIN = {"IngestRecords": "uploads", "CheckWindow": "checks", "KickRetraining": "retraining decisions"}
"""What waits in the queue of each function that an upload leads to."""

_DEFECTS = 3
"""Defects that are named."""


def show_status(
    model: Annotated[str | None, typer.Argument(help="One model; all of them when left out.")] = None,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show champions, alerts and the newest runs.

    Exits with 1 when an alert is firing, the newest run failed, or no version is in charge since it or its reference
    was rejected.
    """
    deployment = Deployment.of(stack)
    if model:
        deployment.require(model)
    found = sorted(model_statuses(deployment, model), key=lambda one: one.urgency)
    if as_json:
        print_json([status.record() for status in found])
    else:
        _show(found, alerts=model is not None)
        if model and (sentence := describe_defects(read(deployment.data, model))):
            console.print(sentence, style="yellow", markup=False)
        if sentence := describe_backlog(deployment, found):
            console.print(sentence, style="dim", markup=False)
    raise typer.Exit(1 if any(status.needs_a_look for status in found) else 0)


def _show(found: list["ModelStatus"], *, alerts: bool) -> None:
    none = "no models yet: `steward suggest` writes a declaration, and `steward push MODEL.yaml` uploads it"
    for status in found:  # first of all, until another person has reviewed it
        for override in status.routing.unreviewed:
            console.print(f"{status.model}: EMERGENCY: {override.sentence}", style="bold red", markup=False)
    console.print(table(found) if found else none)
    for status in found:
        if freeze := status.routing.freeze:
            waiting = len(status.routing.held)
            console.print(f"{status.model}: {freeze.sentence} ({waiting} waiting)", style="yellow", markup=False)
        if release := status.routing.release:
            console.print(status.release_sentence(release), markup=False)
    for status in found if alerts else []:
        console.print()
        console.print(alerts_table(status))


def describe_backlog(deployment: Deployment, statuses: list[ModelStatus]) -> str:
    """What uploads have led to that is not done yet, as a sentence; empty where all is, or nobody may ask."""
    try:
        counts = {function: backlog(deployment.outputs[f"{function}QueueUrl"]) for function in _CHAIN}
    except QueueUnreadable:
        return ""
    waits = [
        f"{name} {in_work + waiting}" + (f" ({waiting} waiting)" if waiting else "")
        for function, (in_work, waiting) in counts.items()
        if in_work + waiting
        for name in [_CHAIN[function]]
    ]
    running = [status.model for status in statuses if status.newest_run and not status.newest_run.ended]
    sentences = [f"still in work, of all models: {', '.join(waits)}"] if waits else []
    sentences += [f"in training, validation or release: {', '.join(running)}"] if running else []
    return "; ".join(sentences)


def describe_defects(defects: Sequence[Defect]) -> str:
    """The defects that are left, in a few lines: rejected files, which no alert may tell of, among them."""
    left = [defect for defect in defects if not defect.finished]
    if not left:
        return ""
    more = [f"and {len(left) - _DEFECTS} more"] if len(left) > _DEFECTS else []
    lines = "\n".join(["", *(f"  {defect.title}" for defect in left[:_DEFECTS]), *(f"  {line}" for line in more)])
    return f"Defects that are left (`steward defects {left[0].model}`):{lines}"
