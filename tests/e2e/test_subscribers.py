"""Each subscriber of the alert topic receives exactly what its filter policy asks for."""

import io
import json
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event as Signal
from threading import Thread
from typing import Any

from tests.integration import lemons

from .deployed import PATIENCE, Deployed

FIRST_DAY = 200
"""Later than the days of other tests of `lemons`."""

FORWARDER = """\
import json, os, boto3
def handler(event, context):
    sqs = boto3.client("sqs")
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(record["Sns"]))
"""


@contextmanager
def endpoint(down: Signal | None = None) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An HTTP endpoint on this machine, and what it took; while it is down it takes nothing."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            well = down is None or not down.is_set()
            if well:
                received.append(sent)
            self.send_response(200 if well else 500)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def subscribe(steward: Deployed, protocol: str, target: str, policy: dict[str, list[str]]) -> str:
    return steward.client("sns").subscribe(
        TopicArn=steward.stack.outputs["AlertTopicArn"],
        Protocol=protocol,
        Endpoint=target,
        Attributes={"FilterPolicy": json.dumps(policy)},
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]


def function(steward: Deployed, queue: str) -> str:
    """A function of somebody else's that passes on what it receives."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", FORWARDER)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = steward.client("iam")
    role = iam.create_role(
        RoleName="e2e-forwarder",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": "*"}
    iam.put_role_policy(
        RoleName="e2e-forwarder",
        PolicyName="send",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )
    made = steward.client("lambda").create_function(
        FunctionName="e2e-forwarder",
        Runtime="python3.13",
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        Environment={"Variables": {"QUEUE": queue}},
    )["FunctionArn"]
    steward.client("lambda").add_permission(
        FunctionName="e2e-forwarder",
        StatementId="sns",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=steward.stack.outputs["AlertTopicArn"],
    )
    return made


def taken(steward: Deployed, url: str) -> list[dict[str, Any]]:
    """Every message of a queue so far."""
    found: list[dict[str, Any]] = []
    while messages := steward.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
        "Messages", []
    ):
        for message in messages:
            found.append(json.loads(message["Body"]))
            steward.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def received(steward: Deployed, url: str, wanted: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """What came to a queue once as much has come as is wanted, or nothing more comes; what is too much comes too."""
    found: list[dict[str, Any]] = []
    deadline = time.monotonic() + PATIENCE
    while len(found) < len(wanted) and time.monotonic() < deadline:
        found += taken(steward, url)
    return documents([*found, *taken(steward, url)])


def wait_for(posted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What an endpoint was sent, once there is something."""
    for _ in range(100):
        if posted:
            break
        time.sleep(0.1)
    return posted


def notified(posted: list[dict[str, Any]], wanted: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """What an endpoint was notified of once as much has come as is wanted, or patience ends."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = documents([one for one in posted if one["Type"] == "Notification"])
        if len(found) >= len(wanted) or time.monotonic() >= deadline:
            return found
        time.sleep(0.1)


def documents(sent: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    return [tuple(sorted(json.loads(one["Message"])["monitors"])) for one in sent]


def test_each_subscriber_receives_exactly_what_it_asked_for(steward: Deployed) -> None:
    drift_url, drift_arn = steward.own_queue("e2e-drift")
    loss_url, loss_arn = steward.own_queue("e2e-loss")
    forwarded_url, _ = steward.own_queue("e2e-forwarded")
    with endpoint() as (address, posted):
        subscriptions = [
            subscribe(steward, "sqs", drift_arn, {"monitor": ["feature_drift"], "model": ["lemons"]}),
            subscribe(steward, "sqs", loss_arn, {"monitor": ["log_loss"], "severity": ["warning", "critical"]}),
            subscribe(steward, "http", address, {"state": ["resolved"], "model": ["lemons"]}),
            subscribe(steward, "lambda", function(steward, forwarded_url), {"model": ["lemons"], "state": ["firing"]}),
        ]
        (asked,) = [one for one in wait_for(posted) if one["Type"] == "SubscriptionConfirmation"]
        confirmed = steward.client("sns").confirm_subscription(TopicArn=asked["TopicArn"], Token=asked["Token"])
        subscriptions[2] = confirmed["SubscriptionArn"]
        before = len(steward.notifications)
        try:
            for day, drifted in ((FIRST_DAY, True), (FIRST_DAY + 1, False)):
                scored = lemons.predictions(lemons.sales(1, first_day=day))
                if drifted:
                    scored = scored.assign(mileage=scored["mileage"] * 2)
                steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
                steward.rest()
            told = [one for one in steward.notifications[before:] if one.attributes["model"] == "lemons"]
            everything = [(tuple(sorted(one.message["monitors"])), one.message["states"]) for one in told]
            drift = [monitors for monitors, _ in everything if "feature_drift" in monitors]
            assert len(drift) == 2
            assert received(steward, drift_url, drift) == drift
            loss = [monitors for monitors, _ in everything if "log_loss" in monitors]
            assert received(steward, loss_url, loss) == loss
            firing = [monitors for monitors, states in everything if "firing" in states]
            assert received(steward, forwarded_url, firing) == firing
            resolved = [monitors for monitors, states in everything if "resolved" in states]
            assert notified(posted, resolved) == resolved
        finally:
            for subscription in subscriptions:
                steward.client("sns").unsubscribe(SubscriptionArn=subscription)
