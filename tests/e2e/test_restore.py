"""A new stack adopts the buckets of a removed one, and then the copies that S3 made of them: everything goes on."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.local import deployment
from infra.local.process import ROOT
from infra.local.stack import Stack, beside
from steward.events import AlertRaised, AlertResolved, BatchIngested, CheckCompleted, DeploymentDegraded, ReleaseChanged
from steward.ledger import LedgerEntry, verify
from tests.integration import lemons

from .conftest import EVERY_ALERT, HARDLY_LABELLED
from .deployed import Deployed
from .test_commands import run

MODEL = "sloes"
SPEC = lemons.SPEC.replace("model: lemons", f"model: {MODEL}").replace("audit: null", "audit: rate(1 day)")
INBOX = f"inbox/{MODEL}/predictions"
ENVIRONMENT = "restored"
REPLICAS = "steward-replica"


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_a_new_stack_goes_on_with_the_buckets_of_a_removed_one_and_with_their_replicas(
    stack: Stack, tmp_path: Path
) -> None:
    replicas = deploy_replicas(stack)
    first = beside(stack, "steward-first", Environment=ENVIRONMENT, **replicas)
    with Deployed(first).listening() as deployed:
        version, open_alerts = live(deployed)
        own = (deployed.data, deployed.ledger)
    remove(stack, "steward-first")
    copies = (replicas["ReplicaDataBucketArn"].split(":")[-1], replicas["ReplicaLedgerBucketArn"].split(":")[-1])
    for kept, copied in zip(own, copies, strict=True):
        assert versions(stack, kept) == versions(stack, copied) != []
    refused = adopt(stack, "begin", "steward-moved", *copies, f"Environment={ENVIRONMENT}")
    assert refused.returncode == 1
    assert f"stack/{REPLICAS}/" in refused.stderr  # CloudFormation's own: the emulator tells no owner before
    remove(stack, REPLICAS)
    for name, (data, ledger) in (("steward-moved", copies), ("steward-again", own)):
        since = f"{datetime.now(UTC) - timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}"
        upload(stack, data, f"{INBOX}/gap.csv", scored(16))
        began = adopt(stack, "begin", name, data, ledger, f"Environment={ENVIRONMENT}")
        assert began.returncode == 0, began.stderr
        adopting = beside(stack, name, Environment=ENVIRONMENT)
        assert (adopting.outputs["DataBucketName"], adopting.outputs["LedgerBucketName"]) == (data, ledger)
        with Deployed(adopting).listening() as deployed:
            goes_on(deployed, version, open_alerts, since, tmp_path / name)


def goes_on(deployed: Deployed, version: str, open_alerts: set[str], since: str, folder: Path) -> None:
    """See that everything that the removed stack had works in the new one."""
    finished = adopt(deployed.stack, "finish", deployed.stack.name)
    assert finished.returncode == 0, finished.stderr
    deployed.rest()
    (told,) = deployed.told(DeploymentDegraded)
    assert [problem.cause for problem in told.problems] == ["unwatched"]
    assert "adopted the store of another" in told.problems[0].sentence
    assert len(deployed.notifications) == 1
    assert schedules(deployed) >= {f"{MODEL}-check", f"{MODEL}-audit", f"{MODEL}-defects"}

    assert steward(deployed, "doctor") == 0
    (missed,) = json.loads(output(deployed, "resend", "--since", since, "--json"))
    assert missed["key"] == f"{INBOX}/gap.csv"
    assert steward(deployed, "resend", "--since", since, "--send") == 0
    deployed.first(lambda: (one for one in deployed.told(BatchIngested, MODEL) if one.source == missed["key"]))
    deployed.rest()
    assert steward(deployed, "resend", "--since", since) == 0

    resolved = deployed.upload(f"{INBOX}/sound.csv", scored(17))
    checked = deployed.event(CheckCompleted, resolved)
    assert checked.version == version
    deployed.rest()
    assert {one.monitor for one in deployed.told(AlertResolved, MODEL)} >= open_alerts

    assert steward(deployed, "audit", MODEL) == 0
    assert steward(deployed, "status", MODEL) == 0
    assert steward(deployed, "checkout", MODEL, version, "--to", str(folder)) == 0
    entries = deployed.recorded(MODEL)
    verify(entries)
    assert {entry.action for entry in entries} >= {"champion_promoted", "alert_raised", "alert_resolved"}
    named = list(references(deployed, entries))
    assert len(named) > len(entries) / 2
    assert [name for name, held in named if not held] == []


def live(deployed: Deployed) -> tuple[str, set[str]]:
    """Run the loop until a version is in charge and alerts are open; that version, and the alerts."""
    deployed.upload(f"specs/{MODEL}.yaml", SPEC + EVERY_ALERT + HARDLY_LABELLED)
    deployed.rest()
    released = deployed.event(
        ReleaseChanged, deployed.upload(f"inbox/{MODEL}/reference/first.csv", lemons.csv(lemons.sales(14)))
    )
    assert released.stage == "champion"
    deployed.rest()
    deployed.event(CheckCompleted, deployed.upload(f"{INBOX}/first.csv", scored(14)))
    sold = lemons.sales(1, first_day=14)
    deployed.upload(f"inbox/{MODEL}/labels/first.csv", lemons.csv(lemons.labels(sold)))
    drifted = lemons.predictions(lemons.sales(1, first_day=15))
    correlation_id = deployed.upload(f"{INBOX}/odd.csv", lemons.csv(drifted.assign(mileage=drifted["mileage"] * 2)))
    deployed.event(AlertRaised, correlation_id)
    invoke_watch(deployed)
    deployed.rest()
    assert list(deployed.told(DeploymentDegraded)) == []
    assert released.version
    return released.version, {one.monitor for one in deployed.told(AlertRaised, MODEL)}


def deploy_replicas(stack: Stack) -> dict[str, str]:
    """Deploy the replicas; the parameters of a stack that is copied to them."""
    template = ROOT / "infra" / "replica" / "replica.yaml"
    deployment.sam(
        [
            *("deploy", "--template-file", template, "--stack-name", REPLICAS, "--s3-bucket", deployment.ARTIFACTS),
            *("--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"),
        ],
        stack.environment,
        str(stack.folder / f"deploy-{REPLICAS}.log"),
    )
    with closing(stack.client("cloudformation")) as cloudformation:
        (found,) = cloudformation.describe_stacks(StackName=REPLICAS)["Stacks"]
    arns = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
    retention = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}}}
    with closing(stack.client("s3")) as s3:  # which the emulator's CloudFormation leaves out
        s3.put_object_lock_configuration(
            Bucket=arns["ReplicaLedgerBucketArn"].split(":")[-1], ObjectLockConfiguration=retention
        )
    return arns


def remove(stack: Stack, name: str) -> None:
    """Remove a stack; its buckets stay."""
    with closing(stack.client("cloudformation")) as cloudformation:
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def adopt(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a step of `make adopt`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STEWARD_"))}
    command = [sys.executable, "-m", "infra.deploy.adopt", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=kept | stack.environment, capture_output=True, text=True, check=False, timeout=300
    )


def versions(stack: Stack, bucket: str) -> list[tuple[str, str]]:
    """Key and version id of every version in a bucket."""
    with closing(stack.client("s3")) as s3:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        return sorted((item["Key"], item["VersionId"]) for page in pages for item in page.get("Versions", []))


def upload(stack: Stack, bucket: str, key: str, body: bytes) -> None:
    """Upload while no stack hears of it."""
    with closing(stack.client("s3")) as s3:
        s3.put_object(Bucket=bucket, Key=key, Body=body)


def scored(day: int) -> bytes:
    """The predictions of a day as it should be."""
    return lemons.csv(lemons.predictions(lemons.sales(1, first_day=day)))


def invoke_watch(deployed: Deployed) -> None:
    """Do what the hourly rule does."""
    tick = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
    deployed.invoke_later(deployed.stack.outputs["WatchDeploymentFunctionName"], json.dumps(tick))


def schedules(deployed: Deployed) -> set[str]:
    """The names of the schedules in the stack's group."""
    group = deployed.stack.outputs["ScheduleGroupName"]
    return {one["Name"] for one in deployed.client("scheduler").list_schedules(GroupName=group)["Schedules"]}


def steward(deployed: Deployed, *arguments: str) -> int:
    """Run a command; its exit code, and what it said where that is not 0."""
    said = run(deployed.stack.environment | {"STEWARD_STACK": deployed.stack.name}, *arguments)
    if said.returncode:
        print(said.stdout, said.stderr)
    return said.returncode


def output(deployed: Deployed, *arguments: str) -> str:
    """Run a command; what it prints."""
    return run(deployed.stack.environment | {"STEWARD_STACK": deployed.stack.name}, *arguments).stdout


def references(deployed: Deployed, entries: list[LedgerEntry]) -> Iterator[tuple[str, bool]]:
    """Everything that decisions and checks rest on, and whether its exact bytes are there."""
    named: list[dict[str, Any]] = [reference.model_dump() for entry in entries for reference in entry.evidence]
    for reference in list(named):
        if reference["key"].startswith(f"checks/{MODEL}/"):
            check = deployed.document(reference["key"])
            named += [check[name] for name in ("baseline", "spec", "history", "outcomes") if check[name]]
    for reference in named:
        stored = deployed.s3.get_object(Bucket=deployed.data, Key=reference["key"], VersionId=reference["version_id"])
        digest = hashlib.sha256(stored["Body"].read()).hexdigest()
        yield f"{reference['key']} {reference['version_id']}", digest == reference["sha256"]
