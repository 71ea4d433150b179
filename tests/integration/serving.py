"""Requests of HTTP to a deployment in memory, and a Firehose that delivers as the template says."""

import gzip
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from botocore.exceptions import ClientError, ConnectTimeoutError

from steward import aws
from steward.http_function import HttpFunction
from steward.releasing.routing import Routing
from steward.retraining.versions import VersionManifest
from steward.store import keys
from steward.store.bucket import Bucket

from .deployment import Deployment, LambdaContext
from .template import resources

JSON = {"Content-Type": "application/json"}
ROW = {"age": 7.5, "mileage": 80_000, "make": "Fiat"}
"""Of `lemons`."""


class Firehose:
    """Delivers at each `deliver`; takes nothing while it is `down`, and every second record while it `throttles`."""

    def __init__(self, steward: Deployment) -> None:
        self._steward = steward
        self.down = self.throttles = False
        self._buffers: dict[str, list[bytes]] = defaultdict(list)

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[dict[str, bytes]]) -> dict[str, Any]:  # noqa: N803
        """As boto3's."""
        assert DeliveryStreamName == "records"
        assert 0 < len(Records) <= 500
        assert sum(len(record["Data"]) for record in Records) <= 4 * 1024**2
        if self.down:
            raise ConnectTimeoutError(endpoint_url="https://firehose")
        answers = []
        for at, record in enumerate(Records):
            if self.throttles and at % 2:
                answers.append({"ErrorCode": "ServiceUnavailableException", "ErrorMessage": "Slow down."})
                continue
            lines = record["Data"].splitlines()
            assert len(lines) <= 500
            assert len(record["Data"]) <= 1000 * 1024
            for line in lines:
                self._buffers[json.loads(line)["steward_model"]].append(line)
            answers.append({"RecordId": "x"})
        return {"FailedPutCount": sum("ErrorCode" in one for one in answers), "RequestResponses": answers}

    def deliver(self) -> None:
        """Write what is buffered to the data bucket."""
        (stream,) = resources("AWS::KinesisFirehose::DeliveryStream").values()
        target = stream["ExtendedS3DestinationConfiguration"]
        for model, lines in self._buffers.items():
            prefix = target["Prefix"].replace("!{partitionKeyFromQuery:model}", model)
            prefix = re.sub(r"!\{timestamp:[^}]*\}", "2024/06/01/10", prefix)
            body = gzip.compress(b"".join(line + b"\n" for line in lines))
            self._steward.upload(f"{prefix}records-1-2024-06-01-10-00-00-{len(lines)}{target['FileExtension']}", body)
        self._buffers.clear()


class Reply(NamedTuple):
    """What a request is answered."""

    status: int
    body: Any
    headers: dict[str, str]


class Served:
    """A deployment that serves, and its Firehose."""

    def __init__(self, steward: Deployment) -> None:
        self.steward, self.firehose = steward, Firehose(steward)

    @property
    def handler(self) -> HttpFunction[Any]:
        """Of serve_predictions."""
        found: HttpFunction[Any] = self.steward.handlers["serve_predictions"].handler
        return found

    def send(self, body: str | None, path: str = "/models/lemons/predictions", method: str = "POST") -> Reply:
        """Send a body."""
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": JSON,
            "requestContext": {"http": {"method": method, "path": path}},
            "isBase64Encoded": False,
            **({} if body is None else {"body": body}),
        }
        answer = self.handler(event, LambdaContext("serve_predictions"))
        return Reply(answer["statusCode"], json.loads(answer["body"]), answer["headers"])

    def ask(self, rows: object, model: str = "lemons") -> Reply:
        """Ask for predictions of rows."""
        return self.send(json.dumps(rows), f"/models/{model}/predictions")

    def age(self, seconds: float) -> None:
        """Let what the process knows of models grow older."""
        models = self.handler.endpoint._models  # type: ignore[attr-defined]
        for known in models._known.values():
            known.refreshed -= seconds
            known.asked -= seconds
        models._refused.clear()

    def logged(self) -> list[dict[str, Any]]:
        """The records that are in the inbox, as they were written."""
        self.firehose.deliver()
        found = []
        for key in self.steward.keys("inbox/"):
            if "/served/" in key:
                body = aws.s3().get_object(Bucket=self.steward.data, Key=key)["Body"].read()
                found += [json.loads(line) for line in gzip.decompress(body).splitlines()]
        return found

    def copy_version(self, name: str) -> str:
        """Make another version of `lemons` out of the champion; its name."""
        data = Bucket(self.steward.data)
        champion = data.load(keys.routing("lemons"), Routing).champion or ""
        manifest = data.load(keys.version("lemons", champion, "manifest.json"), VersionManifest)
        assert manifest.artifact
        artifact = data.put(keys.version("lemons", name, "model.skops"), data.get_verified(manifest.artifact))
        copied = manifest.model_copy(update={"version": name, "artifact": artifact})
        evaluation = data.get(keys.version("lemons", champion, "evaluation.json")).body
        data.put(keys.version("lemons", name, "evaluation.json"), evaluation)
        data.put(keys.version("lemons", name, "manifest.json"), copied.model_dump_json().encode())
        return name

    def route(self, **changes: object) -> Routing:
        """Change the routing of `lemons`."""
        return Bucket(self.steward.data).update(
            keys.routing("lemons"),
            Routing,
            lambda before: (before or Routing(model="lemons")).model_copy(update=changes),
        )


@contextmanager
def serving(steward: Deployment) -> Iterator[Served]:
    """A deployment that serves."""
    served = Served(steward)
    with patch.object(aws, "firehose", lambda: served.firehose):
        yield served


def refuse_s3(operations: Counter[str]) -> Any:
    """A patch in which S3 refuses these operations, and counts them."""
    from botocore.client import BaseClient  # noqa: PLC0415

    request = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: BaseClient, operation: str, parameters: Any) -> Any:
        if operation in operations:
            operations[operation] += 1
            raise ClientError({"Error": {"Code": "SlowDown", "Message": "Reduce your request rate."}}, operation)
        return request(client, operation, parameters)

    return patch.object(BaseClient, "_make_api_call", call)
