"""Predictions of the deployed function URL: signed requests alone, each answered and logged once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.credentials import Credentials

from steward import aws
from steward.events import BatchIngested
from steward.store.function_urls import FunctionUrl
from tests.integration.serving import ROW

from .deployed import Deployed


@pytest.fixture(autouse=True)
def addressed(trained: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The AWS settings of this process point to the stack."""
    for name, value in trained.stack.environment.items():
        monkeypatch.setenv(name, value)
    aws.functions.cache_clear()


def ask(steward: Deployed, rows: object, credentials: Any, model: str = "lemons") -> tuple[int, Any]:
    url = FunctionUrl(steward.stack.outputs["ServePredictionsUrl"], credentials)
    answer = url.post(f"/models/{model}/predictions", json.dumps(rows).encode())
    return answer.status, json.loads(answer.body)


@pytest.fixture
def application(trained: Deployed) -> Any:
    return trained.as_person_with("PeopleWhoPredict", "lambda")._request_signer._credentials


def test_who_may_ask_is_answered_and_each_row_becomes_a_record(trained: Deployed, application: Any) -> None:
    champion = trained.champion("lemons")
    asked = [{**ROW, "age": at, "sale": f"e2e-{at}"} for at in range(40)]
    status, answers = ask(trained, asked, application)
    assert status == 200, answers
    assert [(row["id"], row["version"], row["arm"]) for row in answers] == [
        (f"e2e-{at}", champion, "champion") for at in range(40)
    ]
    status, answer = ask(trained, ROW, application)
    assert (status, answer["version"]) == (200, champion)

    def served() -> Iterator[list[BatchIngested]]:
        found = {event.batch: event for event in trained.told(BatchIngested, "lemons") if "/served/" in event.source}
        return iter([[*found.values()]] if sum(event.rows for event in found.values()) >= 41 else [])

    ingested = trained.first(served)
    assert {event.rejected_rows for event in ingested} == {0}
    assert {version for event in ingested for version in event.versions} == {champion}


def test_who_may_not_ask_is_refused(trained: Deployed) -> None:
    uploads = trained.as_person_with("PeopleWhoUpload", "lambda")._request_signer._credentials
    assert ask(trained, ROW, uploads)[0] == 403
    assert ask(trained, ROW, Credentials("nobody", "knows"))[0] == 403


def test_what_is_wrong_with_a_request_is_told(trained: Deployed, application: Any) -> None:
    status, wrong = ask(trained, [ROW, {**ROW, "age": "old"}], application)
    assert (status, wrong["problems"][0]["row"], wrong["problems"][0]["field"]) == (422, 2, "age")
    assert ask(trained, ROW, application, "nobody")[0] == 404
    assert ask(trained, [], application)[0] == 422
