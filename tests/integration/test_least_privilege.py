"""Each function's role allows what the function asks of AWS, and nothing that it never asks.

The story of `test_outbox.py` has one example of each decision. What is asked elsewhere alone is listed with the test.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from unittest.mock import patch
from weakref import WeakKeyDictionary

import pytest

from steward.releasing.routing import Routing
from steward.releasing.traffic import Traffic
from steward.repositories import baselines, models
from steward.selfcheck.template import resolve
from steward.store import keys
from steward.store.bucket import Bucket
from tests.integration.lemons import START

from .calls import of_lambda
from .deployment import LambdaContext, logical_id
from .memory_cloud import DATA, LEDGER
from .policies import Request, allows, of_role, role_arn, several, stack, unused
from .recording import Asked, recorded
from .redelivery import FUNCTIONS, World, world
from .template import with_queues
from .test_outbox import PREDICTIONS, STORY, scored, upload

ERASED = "test_erase_subject.py"
ACCEPTED, KILLED, ROUND = "test_accept_version.py", "test_killed_runs.py", "test_watch_deployment.py, test_redrive.py"
NOT_ASKED_HERE: dict[str, dict[str, str]] = {
    "accept_version": {
        "data/models/*": ACCEPTED,
        "data/runs/*": ACCEPTED,
        "data/transfers/*": ACCEPTED,
        "ledger/*/decisions/version_accepted/*": ACCEPTED,
        "s3:GetObject": ACCEPTED,
        "s3:ListBucket": ACCEPTED,
        "s3:PutObject": ACCEPTED,
    },
    "attribute_features": {"data/erasing/*": ERASED},
    "audit_models": {
        "data/erasing/*": ERASED,
        "data/erasures/*": ERASED,
        "data/maintenance/*": "test_audit_models.py, where something has expired",
        "ledger/*/decisions/erasure_attested/*": ERASED,
        "cloudformation:DescribeStackResourceDrifts": "test_audit_models.py",
        "cloudformation:DescribeStacks": "test_audit_models.py: there is no stack here",
    },
    "check_window": {"data/reports/*/sagemaker/*": "test_sagemaker.py"},
    "collect_resources": {
        "data/inbox/*/telemetry/cloudwatch/*": "test_collect_resources.py",
        "inbox/*": "test_collect_resources.py",
    },
    "erase_subject": dict.fromkeys(
        [
            "events:PutEvents", "s3:AbortMultipartUpload", "s3:DeleteObjectVersion", "s3:GetObject",
            "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutObject", "sqs:SendMessage",
        ],
        ERASED,
    ),
    "ingest_records": {
        "data/remainders/*": ERASED,
        "s3:AbortMultipartUpload": "boto3's, of an upload in parts that fails",
        "quarantine/*": "asked for where a write is tried again",
        "s3:PutObjectVersionTagging": "test_personal_data.py",
    },
    "join_labels": {"data/ids/*": "test_labels_by_id.py", "s3:GetObjectVersion": "test_segments.py"},
    "kick_retraining": {
        "data/checks/*": "test_kick_retraining.py",
        "data/decisions/*": "test_kick_retraining.py",
        "data/defects/*": "test_kick_retraining.py",
        "ledger/*/decisions/reproduction_failed/*": "test_reproduce.py",
        "ledger/*/decisions/run_failed/*": KILLED,
    },
    "maintain_store": {
        "data/arrivals/*/deferred/*": "test_first_version.py",
        "data/arrivals/*/unmatched/*": "test_maintain_store.py",
        "data/quarantine/*": "test_maintain_store.py",
        "ledger/*/decisions/batch_rejected/*": "test_first_version.py",
    },
    "raise_alerts": {"ledger/*/decisions/action_held/*": "test_actions.py"},
    "register_model": {"scheduler:CreateScheduleGroup": "test_register_model.py"},
    "release_model": {
        "data/models/*/guardrails/*": "test_guardrails.py",
        "ledger/*/decisions/emergency_override/*": "test_approvals.py",
        "ledger/*/decisions/guardrails_changed/*": "test_guardrails.py",
        "ledger/*/decisions/override_reviewed/*": "test_approvals.py",
        "ledger/*/decisions/run_failed/*": "test_release_model.py",
    },
    "score_shadows": {"records/*": "asked for where records were removed since"},
    "train_model": {
        "data/erasing/*": ERASED,
        "data/progress/*": "test_training_progress.py",
        "ledger/*/decisions/run_failed/*": "test_runs.py",
    },
    "validate_model": {"data/erasing/*": ERASED, "ledger/*/decisions/run_failed/*": "test_runs.py"},
    "watch_deployment": dict.fromkeys(
        [
            "cloudwatch:GetMetricData", "lambda:InvokeFunction", "scheduler:CreateScheduleGroup",
            "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage",
        ],
        ROUND,
    ),
}  # fmt: skip
"""By function, what the story does not ask for, and where it is asked for."""


class Forgetful[Key, Value](WeakKeyDictionary[Key, Value]):
    """Gives nothing back: one process plays all functions here, which know nothing of each other's caches in Lambda."""

    def setdefault(self, key: Key, default: Value | None = None) -> Value:
        del key
        assert default is not None
        return default


@contextmanager
def forgetful() -> Iterator[None]:
    with patch.object(baselines, "_cache", Forgetful()), patch.object(models, "_newest", Forgetful()):
        yield


@pytest.fixture(scope="module")
def asked() -> Asked:
    """What each function asks in the story, and Lambda in its name."""
    found: Asked = {}
    with world() as steward, recorded(lambda: steward._running, found), forgetful():
        for name, phase in STORY.items():
            phase(steward)
            steward.settle()
            if name == "roll back":
                predict(steward)
                shadow_the_champion(steward)
    for function in FUNCTIONS:
        found[function] = found.get(function, set()) | set(asked_by_lambda(function))
    return found


def predict(steward: World) -> None:
    """Ask for a prediction, while Firehose takes no records."""
    row = {"age": 7.5, "mileage": 80_000, "make": "Fiat"}
    request = {
        "rawPath": "/models/lemons/predictions",
        "headers": {"content-type": "application/json"},
        "requestContext": {"http": {"method": "POST"}},
        "body": json.dumps(row),
    }
    steward._start("serve_predictions")
    steward._running = "serve_predictions"
    try:
        answer = steward.deployment.handlers["serve_predictions"].handler(request, LambdaContext("serve_predictions"))
    finally:
        steward._running = ""
    assert answer["statusCode"] == 200, answer


def shadow_the_champion(steward: World) -> None:
    """Have the champion shadow itself, and the rows of a batch scored."""
    data = Bucket(DATA)
    champion = models.routing(data, "lemons").champion or ""
    traffic = Traffic.of("release-1", "shadow", champion, {}, since=START, shadows=(champion,))

    def route(change: Traffic | None) -> None:
        key = keys.routing("lemons")
        data.put(key, data.load(key, Routing).model_copy(update={"traffic": change}).model_dump_json().encode())

    route(traffic)
    upload(f"{PREDICTIONS}shadowed.csv", body=scored(60))(steward)
    steward.settle()
    route(None)


def asked_by_lambda(function: str) -> Collection[Request]:
    """What Lambda asks in a function's name: to log, to poll its queue, and to keep what it failed for."""
    name = logical_id(function)
    logs = next(one["Resource"] for one in of_role(stack(), function) if one["Sid"] == "Log")
    destination = failure_destination(name)
    return list(
        of_lambda(
            queue=f"arn:aws:sqs:us-east-1:123456789012:{function}" if name in with_queues() else "",
            failures=destination if destination.startswith("arn:aws:sqs") else "",
            on_bus=destination.startswith("arn:aws:events"),
            log_group=logs,
        )
    )


def failure_destination(name: str) -> str:
    """Where Lambda puts what an asynchronous invocation failed for; empty for a function that has none."""
    for one in stack().template["Resources"].values():
        if one["Type"] == "AWS::Lambda::EventInvokeConfig" and one["Properties"]["FunctionName"] == {"Ref": name}:
            return str(resolve(stack(), one["Properties"])["DestinationConfig"]["OnFailure"]["Destination"])
    return ""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_suffices(asked: Asked, function: str) -> None:
    own = list(of_role(stack(), function))
    assert not [one for one in asked[function] if not allows(stack(), own, one, role_arn(function))]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_role_allows_nothing_that_its_function_never_asks(asked: Asked, function: str) -> None:
    own = list(of_role(stack(), function))
    readable = {place for one in own if "s3:GetObject" in several(one["Action"]) for place in several(one["Resource"])}
    listed = {place.removeprefix(f"arn:aws:s3:::{DATA}/") for place in readable}  # who may read may learn it is missing
    found = {what for one in own for what in unused(one, asked[function], role_arn(function))} - listed
    short = {what.removeprefix("arn:aws:s3:::").replace(DATA, "data").replace(LEDGER, "ledger") for what in found}
    assert short == set(NOT_ASKED_HERE.get(function, {}))
