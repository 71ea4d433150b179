"""`steward guardrails`: those in force, the change that waits for an approval, and the commands that answer."""

from typing import Annotated, Any

import typer
import yaml

from steward.approvals.safeguards import Safeguards
from steward.cli.command_delivery import send_command, this_second
from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack
from steward.cli.signed_commands import CommandPatience
from steward.cli.terminal import console, print_json
from steward.commands.release_command import ReleaseCommand
from steward.errors import StewardError
from steward.repositories import models
from steward.repositories.safeguards import declared_safeguards
from steward.store.bucket import Bucket

_ACTIONS = ("approve", "reject", "request")


def guardrails(  # noqa: PLR0917 - the options of a command
    model: Model,
    action: Annotated[
        str | None, typer.Argument(help=f"What to do: {', '.join(_ACTIONS)}. Without one: show them.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why: it is read by others, and stays in the ledger.")] = None,
    evidence: Annotated[str, typer.Option(help="Of what is approved: the hash that the request shows.")] = "",
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show the guardrails in force, or approve or reject a declaration's change of them. Exits with 1 when declined."""
    if action is None:
        found = describe_guardrails(Deployment.of(stack).require(model).data, model)
        print_json(found) if as_json else _show(found)
        return
    if action not in _ACTIONS:
        raise StewardError(f"{action!r} is no action: write one of {', '.join(_ACTIONS)}")
    if not reason:
        raise StewardError(f'say why: steward guardrails {model} {action} --reason "..."')
    said = {"action": action, "subject": "guardrails", "evidence": evidence, "reason": reason}
    send_command(ReleaseCommand, model, patience, stack, this_second(), as_json=as_json, **said)


def describe_guardrails(data: Bucket, model: str) -> dict[str, Any]:
    """The guardrails of a model, as a program reads them.

    Raises:
        UnknownModel: no declaration of this name was accepted.
    """
    spec, _ = models.current_spec(data, model)
    history = models.routing(data, model).safeguards
    anchor, proposal = history.anchor, history.proposal
    approved = data.load(anchor.stored, Safeguards) if anchor else declared_safeguards(spec)
    changed = data.load(proposal.stored, Safeguards) if proposal else None
    asked = proposal.request if proposal else None
    return {
        "model": model,
        "in_force": approved.model_dump(mode="json", exclude_unset=True, exclude={"schema_version"}),
        "anchor": anchor.model_dump(mode="json") if anchor else None,
        "earlier": [one.model_dump(mode="json") for one in history.anchors[:-1]],
        "changed": changed.model_dump(mode="json", exclude_unset=True, exclude={"schema_version"}) if changed else None,
        "state": asked.state_at(this_second()) if asked else None,
        "waits": asked.sentence if asked else "",
        "commands": [
            f'steward guardrails {model} {action} --reason "..."'
            for action in (f"approve --evidence {asked.subject.evidence}", "reject")
        ]
        if asked
        else [],
    }


def _show(found: dict[str, Any]) -> None:
    anchor = found["anchor"]
    if anchor:
        console.print(f"In force since {anchor['since']}, first approved version {anchor['first_version']}:")
    else:
        console.print("Declared, and anchored once the first version is approved:")
    lines = [_yaml(found["in_force"])]
    if found["changed"] is not None:
        lines += [f"A declaration changes them ({found['state']}; {found['waits']}):", _yaml(found["changed"])]
    for line in [*lines, *(f"  {command}" for command in found["commands"])]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _yaml(content: dict[str, Any]) -> str:
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
