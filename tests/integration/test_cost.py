"""`steward cost` counts what is stored, and prices a month of it."""

import json
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from steward.cli.app import app
from steward.cli.cost import Holdings
from steward.cli.deployment import Deployment as Deployed
from tests.integration import lemons

from .deployment import Deployment
from .template import with_queues


@pytest.fixture
def outputs(trained: Deployment) -> dict[str, str]:
    queues = {f"{name}QueueUrl": "url" for name in sorted(with_queues())}
    return {
        "DataBucketName": trained.data,
        "LedgerBucketName": trained.ledger,
        "BusName": "steward",
        "EnvironmentName": "production",
        "AcceptCommandsArn": "accept_commands",
        "UndeliveredEventsQueueUrl": "url",
        "AlarmsSetting": "on",
        "ModelMetricsSetting": "on",
    } | queues


def test_every_byte_of_a_model_is_counted(trained: Deployment, outputs: dict[str, str]) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=14), trained.champion("lemons"))
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(sold))
    trained.settle()
    with patch("steward.cli.deployment.stack_outputs", lambda _: outputs):
        held = Holdings.of(Deployed.of("steward"), "lemons", trained.clock.now)
    everything = {
        key: body
        for bucket in (trained.data, trained.ledger)
        for key, body in trained.contents("", bucket).items()
        if not key.startswith("specs/")
    }
    assert held.objects.total() >= len(everything)
    places = {"ledger" if key[0] == "l" and key.startswith("lemons/") else key.split("/")[0] for key in everything}
    assert {place for place, _ in held.bytes} == places
    assert held.uploads == 2


def test_a_month_is_priced_and_the_idle_deployment_told_apart(trained: Deployment, outputs: dict[str, str]) -> None:
    with patch("steward.cli.deployment.stack_outputs", lambda _: outputs):
        result = CliRunner().invoke(app, ["cost", "lemons"], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    assert "lemons: what is stored" in result.output
    assert "a month of" in result.output
    assert "with 7 queues and 9 alarms, while idle" in result.output
    assert "custom metrics, months" in result.output


@pytest.mark.parametrize("key", ["", "arn:aws:kms:us-east-1:123456789012:key/1"], ids=["without a key", "with one"])
def test_requests_to_the_key_are_priced_where_there_is_one(
    trained: Deployment, outputs: dict[str, str], key: str
) -> None:
    with patch("steward.cli.deployment.stack_outputs", lambda _: {**outputs, "KmsKeySetting": key}):
        result = CliRunner().invoke(app, ["cost", "lemons"], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    assert result.output.count("requests to KMS, at most") == (2 if key else 0)  # the model's, and the deployment's
    assert result.output.count("keys of KMS") == bool(key)


def test_signatures_and_each_key_are_priced_where_a_stack_has_them(
    trained: Deployment, outputs: dict[str, str]
) -> None:
    arn = "arn:aws:kms:us-east-1:123456789012:key/1"
    named = {"SigningKeySetting": arn, "PseudonymKeySetting": arn}
    with patch("steward.cli.deployment.stack_outputs", lambda _: outputs | named):
        result = CliRunner().invoke(app, ["cost", "lemons", "--json"], env={"COLUMNS": "160"})
    told = json.loads(result.stdout)
    idle = {line["name"]: line for line in told["deployment"]["bill"]["lines"]}
    assert (idle["kms_keys"]["quantity"], idle["kms_keys"]["amount"]) == (2, 2.0)
    assert idle["kms_signatures"]["quantity"] == 300
    (model,) = told["models"]
    signed = {line["name"]: line["quantity"] for line in model["bill"]["lines"]}
    assert signed["kms_signatures"] == 90
