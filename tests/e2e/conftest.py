"""One stack for the whole session: deployed afresh, shared by all tests, stopped at the end whatever happens."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.deploy.key_policy import Target, key_policy
from infra.local.process import ROOT
from infra.local.stack import Stack, beside, down, elsewhere, up
from steward.events import BatchIngested, BatchRejected, ModelRejected, ReleaseChanged
from steward.spec.windows import Window
from tests.integration import lemons

from .deployed import Deployed

FOLDER = ROOT / ".local" / "e2e"
DAY = timedelta(days=1)
EVERY_ALERT = "alerting: {notify_at: info, flapping: null}\n"
"""Subscribers hear of drift too, however often it comes and goes."""
HARDLY_LABELLED = "label_horizon: 365d\n"
"""Most tests upload predictions, of half a year altogether, and no labels: `no_data` would be right to fire."""
ELSEWHERE = os.environ.get("STEWARD_E2E_STACK")
"""A stack where the AWS settings point, to be tested instead of a local one; nothing is in it yet."""
NEEDS_THE_EMULATOR = {
    "test_alert.py", "test_collect.py", "test_deliveries.py", "test_doctor.py", "test_layer_sizes.py",
    "test_key.py", "test_local_stack.py", "test_preflight.py", "test_promotion.py", "test_restore.py", "test_roles.py",
    "test_actions.py", "test_serving.py", "test_upgrade.py", "test_governance.py",
}  # fmt: skip
"""They measure it, take over roles, deploy a second stack, change functions or queues, look at what was built, need its
keys, or would wait for the minutes that Firehose buffers."""
DEPLOYED_WITHIN_SECONDS = 900
"""Building, deploying two stacks and training models, on a busy machine; what fixtures wait for has its own limits."""
COMMAND = Path(sys.executable).with_name("steward")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder, and those of them that need the emulator; the first one deploys the stacks."""
    here = [item for item in items if item.path.is_relative_to(ROOT / "tests" / "e2e")]
    for item in here:
        item.add_marker("e2e")
        if item.path.name in NEEDS_THE_EMULATOR:
            item.add_marker("emulator")
    for first in here[:1]:
        first.add_marker(pytest.mark.timeout(DEPLOYED_WITHIN_SECONDS), append=False)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The deployed stack, with nothing in it; of a pipeline, the one that it deployed for this."""
    if ELSEWHERE:
        yield elsewhere(ELSEWHERE, FOLDER)
        return
    down(FOLDER)
    try:
        yield up(FOLDER)
    finally:
        down(FOLDER)


@pytest.fixture(scope="session")
def listening(stack: Stack) -> Iterator[Deployed]:
    """The stack, with someone who listens."""
    with Deployed(stack).listening() as deployed:
        yield deployed


@pytest.fixture(scope="session")
def first_refusal(listening: Deployed) -> float:
    """Seconds from the very first upload, which no function has run before, to the notice of its refusal."""
    began = time.monotonic()
    correlation_id = listening.upload("inbox/nobody/predictions/a.csv", lemons.csv(lemons.sales(1)))
    listening.event(BatchRejected, correlation_id)
    return listening.first(lambda: iter(listening.notifications)).received - began


@dataclass(frozen=True)
class Scheduled:
    """Predictions of a window that closes some time after they came, of a model whose schedule fires each minute."""

    model: str
    window: Window
    closes: datetime
    ingested: BatchIngested


@pytest.fixture(scope="session")
def trained(listening: Deployed, first_refusal: float) -> Deployed:
    """The stack with two models that have their first champions: `lemons`, and `punctual` with a schedule."""
    declare(listening, "lemons", "punctual", spec=lemons.SPEC + EVERY_ALERT + HARDLY_LABELLED)
    return listening


@pytest.fixture(scope="session")
def scheduled(trained: Deployed) -> Scheduled:
    """Predictions of the day before this one, declared to wait for late records until a minute or so from now."""
    now = datetime.now(UTC)
    window = Window.containing(now - DAY, DAY)
    lateness = now - window.end + timedelta(seconds=70)
    spec = lemons.SPEC.replace("model: lemons", "model: punctual").replace("rate(1 hour)", "rate(1 minute)")
    spec = spec.replace("{length: 1d}", f"{{length: 1d, allowed_lateness: {int(lateness.total_seconds())}s}}")
    trained.upload("specs/punctual.yaml", spec)
    trained.rest()
    sold = lemons.predictions(lemons.sales(1, first_day=14))
    minutes = range(len(sold))
    times = [(window.start + timedelta(seconds=5 * minute)).isoformat() for minute in minutes]
    correlation_id = trained.upload("inbox/punctual/predictions/now.csv", lemons.csv(sold.assign(sold_at=times)))
    ingested = trained.event(BatchIngested, correlation_id)
    return Scheduled("punctual", window, window.end + timedelta(seconds=int(lateness.total_seconds())), ingested)


SERVED = (
    lemons.SPEC.replace("audit: null", "collect: rate(1 minute), audit: null")
    + """
resources: [{type: lambda_function, name: served-function}]
monitors: {latency: {percentile: 95, maximum: 100}}
"""
)


@pytest.fixture(scope="session")
def served(trained: Deployed) -> Window:
    """An hour in which CloudWatch has a slow function, of a model whose schedule collects that each minute."""
    now = datetime.now(UTC)
    yesterday = Window.containing(now - DAY, DAY)
    hour = yesterday.end - timedelta(hours=2 if now < yesterday.end + timedelta(minutes=15) else 1)
    for minute in range(5):
        at = hour + timedelta(minutes=minute)
        trained.client("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": "FunctionName", "Value": "served-function"}],
                    "Timestamp": at,
                    "Value": value,
                }
                for name, value in [("Invocations", 20.0), *(("Duration", 150.0 + slow) for slow in range(20))]
            ],
        )
    declare(trained, "served", spec=SERVED)
    return Window(hour, timedelta(hours=1))


@pytest.fixture(scope="session")
def steward(trained: Deployed, scheduled: Scheduled, served: Window) -> Deployed:
    """The stack with its models, while schedules run in the background: no test waits for the minute of one."""
    trained.rest()
    return trained


PLUMS = lemons.SPEC.replace("model: lemons", "model: greengages").replace(
    "{check: rate(1 hour), audit: null}",
    "{check: null, audit: null, attribute: null, defects: null, maintain: rate(1 day), test: rate(7 days),\n"
    "  retrain: 'cron(0 3 ? * MON *)', timezone: Europe/Vienna}",
)
PLUMS += "validation: {minimum_gain: -1.0}\n"  # any version that is trained is released
PLUMS += "retention: {inbox: 40d, records: 60d, profiles: 60d, checks: 60d}\n"


@pytest.fixture(scope="session")
def plums(trained: Deployed) -> Deployed:
    """The stack with a model that is cared for by its schedules; its windows are checked when they are written."""
    declare(trained, "greengages", spec=PLUMS)
    return trained


@pytest.fixture(scope="session")
def other_bus(listening: Deployed) -> tuple[str, str]:
    """A bus of somebody else's by its ARN, and the queue of one who listens there, by its URL."""
    arn = listening.client("events").create_event_bus(Name="e2e-elsewhere")["EventBusArn"]
    return arn, listening.observe("elsewhere", "e2e-elsewhere", {"source": ["steward"]})


STAGING = "steward-staging"


@pytest.fixture(scope="session")
def staging_key(listening: Deployed) -> str:
    """The ARN of a KMS key with the policy that `python -m infra.deploy.key` prints."""
    account = listening.client("sts").get_caller_identity()["Account"]
    policy = key_policy(Target("aws", listening.stack.region, account, STAGING))
    return listening.client("kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]


@pytest.fixture(scope="session")
def staging(steward: Deployed, other_bus: tuple[str, str], staging_key: str) -> Iterator[Deployed]:
    """A second stack, as in an old account, with all that may be left out; it has a champion of `sorbs`."""
    options = {
        "AccessLogs": "own",
        "AccountQuotas": "standard",
        "ActionBuses": other_bus[0],
        "ChatRooms": "on",
        "Environment": "staging",
        "KmsKeyArn": staging_key,
        "Tracing": "on",
    }
    other = beside(steward.stack, STAGING, **options)
    with Deployed(other).listening() as deployed:
        declare(deployed, "sorbs")
        yield deployed


@pytest.fixture
def run(steward: Deployed, tmp_path: Path):
    """Run the command in a folder of its own; what came of it."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        own = steward.stack.environment
        kept = {name: value for name, value in os.environ.items() if not (own and name.startswith("AWS_"))}
        environment = kept | own | {"COLUMNS": "200", "NO_COLOR": "1", "STEWARD_STACK": steward.stack.name}
        return subprocess.run(
            [COMMAND, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )

    return run


def declare(deployed: Deployed, *models: str, spec: str = lemons.SPEC) -> None:
    """Declare models and let the deployed functions make and promote their first versions."""
    for model in models:
        deployed.upload(f"specs/{model}.yaml", spec.replace("model: lemons", f"model: {model}"))
    deployed.rest()
    refused = [event.problems for event in deployed.told(ModelRejected) if event.model in models]
    assert refused == []
    uploads = [deployed.upload(f"inbox/{model}/reference/first.csv", lemons.csv(lemons.sales(14))) for model in models]
    for correlation_id in uploads:
        released = deployed.event(ReleaseChanged, correlation_id)
        assert released.stage == "champion", released.summary
    time.sleep(1)  # S3 tells uploads by the second: what comes within that of a promotion was there before it
    deployed.rest()
