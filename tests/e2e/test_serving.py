"""Predictions of the deployed function URL: signed requests alone, each answered and logged once."""

import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from steward.events import BatchIngested
from tests.integration.serving import ROW

from .deployed import Deployed


class Answer(NamedTuple):
    status: int
    body: Any


class Caller:
    """Sends requests to the URL of the stack, with the credentials of a client; without any, unsigned."""

    def __init__(self, steward: Deployed, client: Any = None) -> None:
        self.url = steward.stack.outputs["ServePredictionsUrl"]
        self._endpoint, self._region = steward.stack.endpoint, steward.stack.region
        self._credentials = client and client._request_signer._credentials
        self._session = URLLib3Session(verify=str(steward.stack.certificate) if steward.stack.certificate else True)

    def ask(self, rows: object, model: str = "lemons") -> Answer:
        """Ask for predictions of rows."""
        url = f"{self.url}models/{model}/predictions"
        request = AWSRequest("POST", url, {"Content-Type": "application/json"}, json.dumps(rows).encode())
        if self._credentials:
            SigV4Auth(self._credentials, "lambda", self._region).add_auth(request)
        if self._endpoint:  # the emulator knows the function by its host
            request.headers["Host"] = urlsplit(url).netloc
            request.url = f"{self._endpoint}{urlsplit(url).path}"
        answer = self._session.send(request.prepare())
        return Answer(answer.status_code, json.loads(answer.content))


def test_who_may_ask_is_answered_and_each_row_becomes_a_record(steward: Deployed) -> None:
    caller = Caller(steward, steward.as_person_with("PeopleWhoPredict", "lambda"))
    champion = steward.champion("lemons")
    asked = [{**ROW, "age": at, "sale": f"e2e-{at}"} for at in range(40)]
    reply = caller.ask(asked)
    assert reply.status == 200, reply
    assert [(row["id"], row["version"], row["arm"]) for row in reply.body] == [
        (f"e2e-{at}", champion, "champion") for at in range(40)
    ]
    one = caller.ask(ROW)
    assert (one.status, one.body["version"]) == (200, champion)
    found: dict[str, BatchIngested] = {}

    def served() -> Any:
        for event in steward.told(BatchIngested, "lemons"):
            if "/predictions/served/" in event.source:
                found[event.event_id] = event
        return iter([found] if sum(event.rows for event in found.values()) >= 41 else [])

    steward.first(served)
    assert {event.rejected_rows for event in found.values()} == {0}
    assert {version for event in found.values() for version in event.versions} == {champion}


def test_who_may_not_ask_is_refused(steward: Deployed) -> None:
    assert Caller(steward).ask(ROW).status == 403
    assert Caller(steward, steward.as_person_with("PeopleWhoUpload", "lambda")).ask(ROW).status == 403


def test_what_is_wrong_with_a_request_is_told(steward: Deployed) -> None:
    caller = Caller(steward, steward.as_person_with("PeopleWhoPredict", "lambda"))
    wrong = caller.ask([ROW, {**ROW, "age": "old"}])
    assert (wrong.status, wrong.body["problems"][0]["row"], wrong.body["problems"][0]["field"]) == (422, 2, "age")
    assert caller.ask(ROW, "nobody").status == 404
    assert caller.ask([]).status == 422
