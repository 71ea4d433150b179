"""What people and applications see of a gradual release: the command, the report, and no request without an answer."""

import json
import os
from unittest.mock import patch

import pandas as pd
import pytest

from steward import aws
from steward.client import RoutedClient
from steward.records.stored import read_records
from steward.spec.document import read_spec
from tests.integration import lemons

from .deployment import Deployment
from .sts import strict
from .terminal import reached, run
from .test_accept_commands import ANN
from .test_experiments_in_release import AB
from .test_gradual_release import CANARY, SPEC, declare, label, routing, serve, sold, stages
from .test_release_model import judged, released


@pytest.fixture
def steward(trained: Deployment) -> Deployment:
    return trained


def test_the_command_shows_where_a_release_is_and_what_can_be_done(steward: Deployment) -> None:
    with reached(steward):
        assert "No gradual release of lemons was made" in run("release", "lemons").stdout
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    serve(steward, 0)
    with reached(steward):
        shown, status = run("release", "lemons").stdout, run("status", "lemons").stdout
        found = json.loads(run("release", "lemons", "--json").stdout)
        listed = json.loads(run("status", "lemons", "--json").stdout)
    assert "release-run-v2: canary release of v2 against" in shown
    assert "step 2 of 2: 50% of the entities" in shown
    assert 'steward release lemons abort --reason "..."' in shown
    assert "waits: it has answered 0 rows of 50 that a step takes; does the application read the routing?" in shown
    assert "the canary release of v2 against" in " ".join(status.split())
    assert (found["phase"], found["share"], found["challengers"]) == ("running", 0.5, {"challenger": "v2"})
    assert [change["action"] for change in found["changes"]] == ["start", "advance"]
    assert listed[0]["release"]["versions"] == ["v2"]


def test_a_person_ends_a_release_by_a_signed_command(steward: Deployment) -> None:
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))
    environment = {"AWS_ACCESS_KEY_ID": ANN.key, "AWS_SECRET_ACCESS_KEY": ANN.secret}
    with (
        reached(steward, working=True),
        patch("steward.cli.release.this_second", lambda: steward.clock.now),
        strict([ANN], steward.clock),
        patch.dict(os.environ, environment),
    ):
        assert run("release", "lemons", "abort").code == 2
        assert "is no action" in run("release", "lemons", "stop", "--reason", "x").stderr
        ran = run("release", "lemons", "abort", "--reason", "complaints", "--json")
        again = run("release", "lemons", "abort", "--reason", "complaints", "--json")
    answer = json.loads(ran.stdout)
    assert (ran.code, answer["led_to"]["action"]) == (0, "release_changed"), ran
    assert ANN.arn in answer["led_to"]["summary"]
    assert (again.code, json.loads(again.stdout)["led_to"]["action"]) == (1, "release_declined")


def test_the_report_draws_the_interval(steward: Deployment) -> None:
    declare(steward, AB)
    released(steward, judged(steward, "v2"))
    for day in range(2):
        serve(steward, day, rows=250)
    page = aws.s3().get_object(Bucket=steward.data, Key="reports/lemons/index.html")["Body"].read().decode()
    assert "Release of v2" in page
    assert 'class="experiment"' in page
    assert "A/B release against" in page
    report = steward.object("reports/lemons/report.json")["release"]
    assert report["experiment"]["windows"] == 2
    assert report["evidence"]["key"].endswith("experiment-0.json")


def test_no_request_is_lost_or_unanswered_while_a_bad_canary_is_rolled_back(steward: Deployment) -> None:
    """A steady stream: an application reads the routing, answers every request and logs it, also while that changes."""
    declare(steward, CANARY)
    released(steward, judged(steward, "v2"))

    def load() -> bytes:
        body: bytes = aws.s3().get_object(Bucket=steward.data, Key="models/lemons/routing.json")["Body"].read()
        return body

    client = RoutedClient(
        "lemons", steward.data, load=load, refresh_seconds=0.0, id_column="sale", time_column="sold_at", file_rows=300,
        send=steward.upload,
    )  # fmt: skip
    answered: list[str] = []
    versions: list[set[str]] = []
    for day in range(3):
        frame = sold(day)
        rows = lemons.predictions(frame).to_dict("records")
        seen: list[str] = []
        for row in rows:
            answer = client.version_for(row["buyer"])
            assert answer.version
            risk = 1 - row["risk"] if answer.version == "v2" else row["risk"]
            at = pd.Timestamp(row["sold_at"]).to_pydatetime()
            row |= {"risk": risk}
            kept = {name: row[name] for name in ("age", "mileage", "make", "buyer", "risk")}
            client.log(kept, prediction_id=row["sale"], version=answer.version, arm=answer.arm, at=at)
            answered.append(row["sale"])
            seen.append(answer.version)
        assert client.flush(60)
        versions.append(set(seen))
        steward.settle()
        label(steward, day)
        client._refresh()  # as its thread does
    client.close()
    assert not steward.errors
    champion = str(routing(steward).champion)
    assert versions == [{champion, "v2"}, {champion}, {champion}]
    assert stages(steward) == [("challenger", "v2"), ("stopped", "v2")]
    assert client.status[2:4] == (0, 0)
    spec = read_spec(SPEC.encode())
    stored = [
        identity
        for key, body in steward.contents("records/predictions/model=lemons/").items()
        if key.endswith(".parquet")
        for identity in read_records(body, spec, ["sale"])["sale"]
    ]
    assert sorted(stored) == sorted(answered)
    assert len(answered) == 1800
