"""`steward release`: where the gradual release of a version is, and the commands that move or end it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, get_args

import typer

from steward.cli.command_delivery import send_command, this_second
from steward.cli.deployment import Deployment
from steward.cli.options import Json, Model, Stack
from steward.cli.signed_commands import CommandPatience
from steward.cli.terminal import console, draw_table, print_json
from steward.commands.release_command import ReleaseCommand
from steward.errors import StewardError
from steward.events import OverrideAction
from steward.releasing.release import Release
from steward.releasing.release_rules import decide
from steward.releasing.release_windows import total_arms
from steward.repositories import models, replay
from steward.repositories.release_evidence import gather_evidence, read_windows
from steward.spec.durations import describe_duration
from steward.store.bucket import Bucket


def release(  # noqa: PLR0917 - the options of a command
    model: Model,
    action: Annotated[
        str | None, typer.Argument(help=f"What to do: {', '.join(get_args(OverrideAction))}. Without one: show it.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why: it is read by others, and stays in the ledger.")] = None,
    version: Annotated[str | None, typer.Option(help="Of several challengers, which.")] = None,
    evidence: Annotated[
        str, typer.Option(help="Of what is approved: the hash that the request and this command show.")
    ] = "",
    emergency: Annotated[
        bool, typer.Option("--emergency", help="Promote without approval; another person must review it.")
    ] = False,
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Show the gradual release of a version, or move, end, approve or reject it. Exits with 1 when declined.

    An approval is of exact evidence: the request that people receive, and this command without an action, show the
    whole command. `request` asks again for an approval that nobody gave in time.
    """
    if action is None:
        _show(model, stack, as_json=as_json)
        return
    if action not in get_args(OverrideAction):
        raise StewardError(f"{action!r} is no action: write one of {', '.join(get_args(OverrideAction))}")
    if not reason:
        raise StewardError(f'say why: steward release {model} {action} --reason "..."')
    said = {"action": action, "version": version, "evidence": evidence, "emergency": emergency, "reason": reason}
    send_command(ReleaseCommand, model, patience, stack, this_second(), as_json=as_json, **said)


def review(  # noqa: PLR0917 - the options of a command
    model: Model,
    reason: Annotated[str, typer.Option(help="What the review found: it is read by others, and stays in the ledger.")],
    version: Annotated[str | None, typer.Option(help="Of several overrides, which.")] = None,
    patience: CommandPatience = 30,
    as_json: Json = False,
    stack: Stack = "steward",
) -> None:
    """Review an emergency override: by another person than who overrode the approval. Exits with 1 when declined."""
    said = {"action": "review", "version": version, "reason": reason}
    send_command(ReleaseCommand, model, patience, stack, this_second(), as_json=as_json, **said)


def _show(model: str, stack: str, *, as_json: bool) -> None:
    deployment = Deployment.of(stack).require(model)
    found = describe_release(deployment.data, model)
    if as_json:
        print_json(found)
        return
    for override in found["unreviewed"]:
        console.print(f"EMERGENCY: {override}", style="bold red", markup=False, highlight=False, soft_wrap=True)
    if not found["release"]:
        console.print(
            f"No gradual release of {model} was made; {found['champion'] or 'no version'} answers everything."
        )
        return
    for line in release_lines(found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    table = draw_table("Changes", "as of", "version", "what", "why", "by")
    for change in found["changes"]:
        when = f"{datetime.fromisoformat(change['as_of']):%Y-%m-%d %H:%M}"
        table.add_row(when, change["version"], change["action"].replace("_", " "), change["why"], change["author"])
    console.print(table)
    for command in found["commands"]:
        console.print(f"  {command}", markup=False, highlight=False)


def release_lines(found: dict[str, Any]) -> list[str]:
    """A release in a few lines of text."""
    versions, phase = ", ".join(found["challengers"].values()), found["phase"].replace("_", " ")
    lines = [f"{found['release']}: {found['mode']} release of {versions} against {found['champion']}, {phase}"]
    if found["step"]:
        lines.append(f"  {found['step']}")
    rows = ", ".join(f"{arm} {count:,}" for arm, count in found["rows"].items())
    lines += [f"  rows so far: {rows}"] if rows else []
    lines += [f"  {found['interval']}"] if found["interval"] else []
    return [*lines, *([f"  waits: {found['waits']}"] if found["waits"] else [])]


def describe_release(data: Bucket, model: str) -> dict[str, Any]:
    """The newest gradual release of a model, as a program reads it; `release` is None where there is none.

    Raises:
        UnknownModel: no declaration of this name was accepted.
    """
    spec, _ = models.current_spec(data, model)
    routing = models.routing(data, model)
    newest = routing.releases[-1] if routing.releases else None
    unreviewed = [one.sentence for one in routing.unreviewed]
    if newest is None:
        return {
            "model": model,
            "release": None,
            "champion": routing.champion,
            "queued": len(routing.held),
            "unreviewed": unreviewed,
        }
    as_of = replay.replayed_until(data, spec) or datetime.now(UTC)
    waits, interval = "", ""
    if routing.release:
        evidence, results = gather_evidence(data, spec, routing, as_of, now=datetime.now(UTC))
        waits = decide(routing.release, evidence).why
        result = results.get(len(newest.steps) - 1)
        interval = result.reason if result and result.reason != waits else ""
    arms = total_arms(read_windows(data, model, newest))
    return {
        "model": model,
        "release": newest.release,
        "mode": newest.mode,
        "phase": newest.phase,
        "champion": newest.champion,
        "challengers": {arm: one.version for arm, one in newest.challengers.items()},
        "share": newest.step.share if routing.release else 0.0,
        "step": _describe_step(newest, as_of) if routing.release else "",
        "rows": {arm: sums.rows for arm, sums in arms.items()},
        "interval": interval,
        "waits": waits,
        "queued": len(routing.held),
        "approved": newest.approved,
        "changes": [change.model_dump(mode="json") for change in newest.changes],
        "approval": _describe_approval(newest),
        "unreviewed": unreviewed,
        "commands": commands_for(model, newest),
    }


def _describe_approval(release: Release) -> dict[str, Any] | None:
    """The approval that a release waits for; None where it waits for none."""
    request = release.request
    if release.phase != "awaiting_approval" or not request or release.approved:
        return None
    return {
        "evidence": request.subject.evidence,
        "evaluation": release.challenger(release.winner).judged.evaluation.model_dump(mode="json"),
        "until": request.until.isoformat() if request.until else None,
        "who": request.who,
        "approved_by": list(request.approvers),
    }


def _describe_step(release: Release, as_of: datetime) -> str:
    if release.mode == "direct":
        return ""
    shares = release.policy.by_steps.steps if release.mode == "canary" else [release.step.share]
    share = f"{release.step.share:.0%} of the entities" if release.mode != "shadow" else "answers nothing"
    baked = as_of - release.step.since
    minutes = baked - baked % timedelta(minutes=1)
    lasted = describe_duration(minutes) if minutes.total_seconds() > 0 else "no time"
    of = f" of {describe_duration(release.policy.by_steps.bake)}" if release.mode == "canary" else ""
    return f"step {len(release.steps)} of {len(shares)}: {share}, for {lasted}{of} in the time of the data"


def commands_for(model: str, release: Release) -> list[str]:
    """The exact commands of what a person can do about a running release."""
    actions: list[str] = []
    if release.ended:
        actions += ["request"] if release.expired else []
    elif release.phase == "awaiting_approval" or (release.policy.approval and not release.approved):
        actions += ["approve", "reject"]
    if release.phase == "running":
        actions += [*([] if release.on_last_step else ["advance"]), "promote", "abort"]
    waits = release.request is not None and not release.approved
    said = {
        "approve": f" --evidence {release.request.subject.evidence}" if release.request else "",
        "promote": " --emergency" if waits else "",
    }
    return [f'steward release {model} {action}{said.get(action, "")} --reason "..."' for action in actions]
