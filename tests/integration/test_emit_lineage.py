"""`emit_lineage`: what Steward does is stored as OpenLineage events, once, and posted to an endpoint that is named."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch

import pytest

from steward import aws
from steward.errors import EndpointRefuses
from steward.events import BatchIngested, ReleaseChanged, RunFailed, TrainingCompleted, TrainingRequested
from steward.store.lineage_endpoint import LineageEndpoint
from tests.integration import lemons

from .deployment import Deployment
from .test_sample_events import body

type Lineage = list[dict[str, Any]]
EVENTS = "models/lemons/lineage/"


def lineage(steward: Deployment, kind: str = "") -> Lineage:
    """The stored events of a job, by key."""
    return [json.loads(found) for _, found in sorted(steward.contents(f"{EVENTS}{kind}").items())]


@dataclass
class Endpoint:
    """An endpoint on this machine, and what it was sent."""

    url: str = ""
    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)


@contextmanager
def listening() -> Iterator[Endpoint]:
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.received.append((self.path, self.headers.get("Authorization", ""), json.loads(content)))
            self.send_response(endpoint.status)
            for name, value in endpoint.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/api/v1/lineage"
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def sending_to(steward: Deployment, url: str, key_arn: str = "") -> Iterator[None]:
    """Give the function an endpoint, as the template's parameters do."""
    function = steward.handlers["emit_lineage"].handler
    changed = function.runtime.settings.model_copy(update={"url": url, "api_key_arn": key_arn})
    with patch.object(function, "runtime", function.runtime.__class__(
        settings=changed, data=function.runtime.data, ledger=function.runtime.ledger, bus=function.runtime.bus
    )):  # fmt: skip
        yield


def test_each_run_starts_and_ends_and_what_it_made_is_named(trained: Deployment) -> None:
    found = lineage(trained)
    ended = {(event["job"]["name"], event["eventType"]) for event in found}
    for job in ("ingestion", "training", "validation", "release", "retraining"):
        assert {(f"lemons.{job}", "START"), (f"lemons.{job}", "COMPLETE")} <= ended
    version = trained.champion("lemons")
    (training,) = [event for event in lineage(trained, "training/") if event["eventType"] == "COMPLETE"]
    inputs = {one["name"]: one for one in training["inputs"]}
    assert "records/reference/model=lemons" in inputs
    frozen, made = training["outputs"]
    assert made["name"] == f"models/lemons/versions/{version}"
    assert made["facets"]["version"]["datasetVersion"] == version
    read = made["facets"]["columnLineage"]["fields"]["risk"]["inputFields"]
    assert {one["field"] for one in read} == {"age", "make", "mileage"}
    assert frozen["facets"]["dataQualityMetrics"]["rowCount"] > 0
    assert [one["name"] for one in frozen["facets"]["schema"]["fields"]][:2] == ["sale", "sold_at"]
    assert training["run"]["facets"]["parent"]["job"]["name"] == "lemons.retraining"
    (validation,) = [event for event in lineage(trained, "validation/") if event["eventType"] == "COMPLETE"]
    assert made["name"] in {one["name"] for one in validation["inputs"]}
    assert validation["run"]["facets"]["test"]["tests"]


def test_a_fact_that_is_told_again_changes_nothing(steward: Deployment) -> None:
    lemons.begin(steward)
    before = steward.contents(EVENTS)
    for kind in (BatchIngested, TrainingRequested, TrainingCompleted, ReleaseChanged):
        for event in steward.told(kind):
            assert steward.deliver("emit_lineage", event, copy="again")
    assert steward.contents(EVENTS) == before
    assert len(before) == 10  # five runs, each with a start and an end


def test_a_file_that_is_refused_and_a_run_that_fails_say_why(trained: Deployment) -> None:
    trained.upload("inbox/lemons/labels/x.csv", "nothing,of,use\n1,2,3\n")
    trained.settle()
    (failed,) = [event for event in lineage(trained, "ingestion/") if event["eventType"] == "FAIL"]
    assert "column" in failed["run"]["facets"]["errorMessage"]["message"]
    assert failed["inputs"][0]["name"] == "inbox/lemons/labels/x.csv"
    now = trained.clock.now
    told = RunFailed(
        occurred_at=now,
        as_of=now,
        model="lemons",
        correlation_id="x",
        run="0000000000000000",
        stage="training",
        message="no labelled row is left",
    )
    assert trained.deliver("emit_lineage", told)
    ends = {event["job"]["name"] for event in lineage(trained) if event["eventType"] == "FAIL"}
    assert {"lemons.training", "lemons.retraining"} <= ends


def test_events_are_posted_with_the_key_of_a_secret(trained: Deployment) -> None:
    arn = aws.secrets().create_secret(Name="marquez", SecretString="open sesame")["ARN"]
    with listening() as endpoint, sending_to(trained, endpoint.url, arn):
        assert trained.invoke("emit_lineage", body("emit_lineage")) == {"batchItemFailures": []}
    assert [(path, key, event["eventType"]) for path, key, event in endpoint.received] == [
        ("/api/v1/lineage", "Bearer open sesame", "START")
    ] * 2
    assert all(event in lineage(trained) for _, _, event in endpoint.received)


def test_a_parameter_of_systems_manager_holds_the_key_as_well(trained: Deployment) -> None:
    aws.ssm().put_parameter(Name="/marquez", Value="sesame", Type="SecureString")
    arn = aws.ssm().get_parameter(Name="/marquez")["Parameter"]["ARN"]
    with listening() as endpoint, sending_to(trained, endpoint.url, arn):
        trained.invoke("emit_lineage", body("emit_lineage"))
    assert {key for _, key, _ in endpoint.received} == {"Bearer sesame"}


@pytest.mark.parametrize("answer", [(500, {}), (302, {"Location": "http://169.254.169.254/"})])
def test_an_endpoint_that_does_not_take_an_event_is_tried_again_and_the_event_is_kept(
    trained: Deployment, answer: tuple[int, dict[str, str]]
) -> None:
    with listening() as endpoint, sending_to(trained, endpoint.url):
        endpoint.status, endpoint.headers = answer
        assert trained.invoke("emit_lineage", body("emit_lineage"))["batchItemFailures"]
        assert isinstance(trained.errors[-1], EndpointRefuses)
        assert str(answer[0]) in str(trained.errors[-1])
        assert lineage(trained, "training/")  # stored before it is sent
        assert len(endpoint.received) == 1  # nothing followed, nothing tried again at once
        endpoint.status = 200
        assert not trained.invoke("emit_lineage", body("emit_lineage"))["batchItemFailures"]
    trained.errors.clear()


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "https://user:password@example.com/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "https:///x",
    ],
)
def test_events_are_sent_over_tls_alone_and_to_a_named_host(url: str) -> None:
    with pytest.raises(EndpointRefuses, match="OpenLineageUrl"):
        LineageEndpoint(url)


def test_the_endpoint_that_is_not_there_is_named_without_its_path() -> None:
    with pytest.raises(EndpointRefuses, match=r"127\.0\.0\.1 cannot be reached") as refused:
        LineageEndpoint("http://127.0.0.1:9/secret/path").send(b"{}")
    assert "secret" not in str(refused.value)
