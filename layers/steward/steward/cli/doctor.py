"""`steward doctor`: problems of a deployment, each with the command that remedies it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import typer

from steward.cli.options import Json
from steward.cli.options import Stack as StackName
from steward.cli.terminal import console, print_json
from steward.events import Problem
from steward.repositories.model_examination import examine_models
from steward.repositories.replica_examination import examine_replicas
from steward.runtime import ScheduleSettings
from steward.selfcheck.incidents import OpenIncidents
from steward.selfcheck.last_watch import LastWatch
from steward.selfcheck.runbooks import runbook
from steward.selfcheck.schema_versions import SchemaVersions
from steward.selfcheck.template import DeployedStack, TemplateResource, resources
from steward.selfcheck.template_drift import compare
from steward.services import watch_deployment
from steward.store import deployment, inspection, keys
from steward.store.bucket import Bucket
from steward.store.ledger import Ledger

_LONG = timedelta(minutes=10)
"""Nothing takes as long but a large upload or a training."""


def show_diagnosis(
    as_json: Json = False,
    stack: StackName = "steward",
) -> None:
    """Find problems of the deployment, with the command that fixes each. Exits with 1 if there are any."""
    found = list(diagnose(inspection.deployed_stack(stack), datetime.now(UTC)))
    if as_json:
        print_json(found)
        raise typer.Exit(1 if found else 0)
    for problem in found:
        console.print(problem.sentence, style="bold red", markup=False)
        console.print(f"  {problem.remedy}", markup=False, soft_wrap=True)
        console.print(f"  {problem.runbook}", style="dim", markup=False, soft_wrap=True)
    if not found:
        console.print(f"{stack} is as its template says, and what should have happened has happened", markup=False)
    raise typer.Exit(1 if found else 0)


def diagnose(stack: DeployedStack, now: datetime) -> Iterator[Problem]:
    """Everything that is wrong with a deployment at a moment."""
    asked = resources(stack)
    present = dict(inspection.inspect_resources(asked))
    yield from compare(stack, present)
    gone = {logical for logical, facts in present.items() if facts is None}
    yield from _silence(stack, asked, gone)
    yield from _letters(asked, gone)
    yield from _late(asked, gone, now)
    if gone & {"DataBucket", "Schedules"}:
        return  # what is in them is gone with them
    yield from _models(asked, now)
    if "LedgerBucket" not in gone:
        yield from _replicas(asked, now)


def _silence(stack: DeployedStack, asked: dict[str, TemplateResource], gone: set[str]) -> Iterator[Problem]:
    for logical, resource in asked.items():
        if (
            resource.kind == "AWS::SNS::Topic"
            and logical not in gone
            and not inspection.subscriptions(resource.physical)
        ):
            yield Problem(
                cause=f"{logical}-silent",
                sentence=f"Nobody has subscribed to the topic {logical}, so nobody hears of alerts.",
                remedy=f"aws sns subscribe --region {stack.region} --topic-arn {resource.physical} --protocol email "
                "--notification-endpoint YOUR@ADDRESS",
                runbook=runbook("nobody-has-subscribed"),
            )


def _letters(asked: dict[str, TemplateResource], gone: set[str]) -> Iterator[Problem]:
    for logical, resource in asked.items():
        kept = resource.kind == "AWS::SQS::Queue" and not logical.endswith("Queue") and logical not in gone
        count = deployment.messages(resource.physical) if kept else 0
        if count:
            yield watch_deployment.dead_letters(logical, count)


def _late(asked: dict[str, TemplateResource], gone: set[str], now: datetime) -> Iterator[Problem]:
    """Queues whose oldest message, such as an upload, is in work for long."""
    queues = {
        resource.physical.rsplit("/", 1)[-1]: logical
        for logical, resource in asked.items()
        if resource.kind == "AWS::SQS::Queue" and logical.endswith("Queue") and logical not in gone
        if deployment.messages(resource.physical)
    }
    yield from watch_deployment.old_messages(queues, now, _LONG)


def _models(asked: dict[str, TemplateResource], now: datetime) -> Iterator[Problem]:
    """What is wrong with the store and with the models' schedules, and what they should have brought about."""
    settings = _settings(asked)
    data = Bucket(settings.data_bucket, settings.environment)
    yield from (data.load_if_present(keys.schema_versions(), SchemaVersions) or SchemaVersions()).problems()
    last = data.load_if_present(keys.last_watch(), LastWatch) or LastWatch()
    for examined in examine_models(settings, data, now, last.resumed):
        upload = f"s3://{data.name}/specs/{examined.model}.yaml"
        for name, sentence in examined.amiss.items():
            yield Problem(
                cause=f"schedule-{name}",
                sentence=f"{sentence[0].upper()}{sentence[1:]}.",
                remedy=f"aws s3 cp {upload} {upload} --metadata-directive REPLACE",
                runbook=runbook("schedules"),
            )
        yield from examined.overdue


def _replicas(asked: dict[str, TemplateResource], now: datetime) -> Iterator[Problem]:
    """Whether S3 copies to the replicas; what the newest watch found, where nothing new can be told."""
    settings = _settings(asked)
    data, ledger = Bucket(settings.data_bucket, settings.environment), Ledger(Bucket(settings.ledger_bucket), "cli")
    known = data.load_if_present(keys.deployment_problems(), OpenIncidents) or OpenIncidents()
    yield from examine_replicas(settings, data, ledger, now, known.problems)


def _settings(asked: dict[str, TemplateResource]) -> ScheduleSettings:
    return ScheduleSettings.model_validate(asked["WatchDeployment"].properties["Environment"]["Variables"])
