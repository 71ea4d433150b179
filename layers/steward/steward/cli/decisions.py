"""`steward decisions`: what the retraining policy decided, by which rules, and on what inputs."""

from collections.abc import Sequence
from typing import Annotated

import typer

from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack
from steward.cli.terminal import console, draw_table, print_json
from steward.lineage.identifiers import UnknownId
from steward.retraining.policy_decision import PolicyDecision
from steward.retraining.policy_rules import RuleResult
from steward.store import keys

_SHOWN = 10


def show_decisions(
    model: Model,
    decision: Annotated[
        str | None,
        typer.Argument(help="The ID of a decision or of the run that it started, or its beginning: with all inputs."),
    ] = None,
    last: Annotated[int, typer.Option(help="Show this many, counted from the newest.", min=1)] = _SHOWN,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show the decisions of the retraining policy that started a run or held one back, newest first."""
    data = Deployment.of(stack).require(model).data
    listed = sorted((item.key for item in data.list(keys.decisions(model) + (decision or ""))), reverse=True)
    found = [data.load(key, PolicyDecision) for key in listed[:last]]
    if decision and not found:
        raise UnknownId(f"{model} has no decision {decision}; `steward decisions {model}` lists them")
    if as_json:
        print_json(found)
    elif not found:
        console.print(f"{model}: nothing has asked for a run yet", markup=False)
    elif decision:
        for one in found:
            _show(one)
    else:
        console.print(_table(model, found))


def _table(model: str, found: Sequence[PolicyDecision]) -> object:
    drawn = draw_table(f"Decisions of {model}", "as of", "decision", "result", "why", whole=("as of", "decision"))
    for one in found:
        why = console.stack(*(rule.sentence for rule in _reasons(one)))
        drawn.add_row(f"{one.as_of:%Y-%m-%d %H:%M}", one.decision, _result(one), why)
    return drawn


def _reasons(one: PolicyDecision) -> list[RuleResult]:
    return one.held if one.verdict == "decline" else one.fired


def _result(one: PolicyDecision) -> str:
    return "run started" if one.verdict == "start" else "held back"


def _show(one: PolicyDecision) -> None:
    """The rules that applied, and every input that is set."""
    console.print(f"{one.decision}: {_result(one)}, as of {one.as_of:%Y-%m-%d %H:%M} UTC", style="bold", markup=False)
    for title, rules in (("asked", one.fired), ("held back", one.held)):
        for rule in rules:
            console.print(f"  {title} by {rule.rule}: {rule.sentence}", markup=False)
    drawn = draw_table("Inputs", "input", "value", whole=("input",))
    for name, value in one.inputs.model_dump(mode="json", exclude_defaults=True).items():
        drawn.add_row(name.replace("_", " "), str(value))
    console.print(drawn)
