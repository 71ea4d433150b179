"""`steward erase` and `steward subject-report`: by name, which never leaves the computer."""

import json
import os
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from .dealers import OTHER, SUBJECT, traces
from .deployment import Deployment
from .sts import strict
from .terminal import Ran, reached, run
from .test_accept_commands import ANN


def steward_(deployment: Deployment, *arguments: str, answer: str = "") -> Ran:
    with (
        reached(deployment, working=True),
        strict([ANN], deployment.clock),
        patch("steward.cli.command_delivery.this_second", lambda: deployment.clock.now),
        patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": ANN.key, "AWS_SECRET_ACCESS_KEY": ANN.secret}),
    ):
        return run(*arguments, answer=answer)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that read the rows is still at work."""
    monkeypatch.setattr("steward.erasure.erasure_work.SETTLING", timedelta())


@pytest.mark.usefixtures("settled")
def test_a_subject_is_reported_and_erased(dealers: Deployment, tmp_path: Path) -> None:
    reported = steward_(dealers, "subject-report", "--subject", "-", "--to", str(tmp_path / "held"), answer=SUBJECT)
    assert reported.code == 0, reported.text
    assert SUBJECT not in reported.text
    (report,) = json.loads((tmp_path / "held" / "report.json").read_text())
    assert report["versions"] == [dealers.champion("lemons")]
    assert {place["name"] for place in report["places"]} >= {"inbox", "quarantine", "labels"}
    rows = "".join(file.read_text() for file in (tmp_path / "held" / "lemons").iterdir())
    assert SUBJECT in rows
    assert OTHER not in rows

    counted = steward_(dealers, "erase", "--subject", SUBJECT, "--dry-run", "--json")
    assert json.loads(counted.stdout) == [report]
    assert traces(dealers, SUBJECT)

    erased = steward_(
        dealers, "erase", "--subject", SUBJECT, "--model", "lemons", "--reason", "request 7", "--patience", "90"
    )
    assert erased.code == 0, erased.text
    assert "another champion is due by" in erased.text
    assert "not signed" in erased.text
    assert traces(dealers, SUBJECT) == []
    accepted = next(entry for entry in dealers.entries("lemons") if entry.action == "command_accepted")
    assert accepted.author == ANN.arn
    assert "request 7" in accepted.summary
    again = steward_(dealers, "subject-report", "--subject", SUBJECT, "--json")
    assert json.loads(again.stdout)[0]["places"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--subject", "x", "--record", "y"), "name either --subject VALUE or --record ID"),
        (("--record", "y"), "ids are of one model"),
        (("--subject", "x"), "say why with --reason"),
    ],
)
def test_what_is_missing_is_named(dealers: Deployment, arguments: tuple[str, ...], said: str) -> None:
    shown = steward_(dealers, "erase", *arguments)
    assert shown.code == 2
    assert said in shown.text


def test_without_a_key_nothing_can_be_found(dealers: Deployment) -> None:
    del dealers.arns["pseudonym_key"]
    shown = steward_(dealers, "subject-report", "--subject", "x")
    assert shown.code == 2
    assert "PseudonymKeyArn" in shown.text
