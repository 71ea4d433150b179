"""What the command prints: whole lines in a pipe, sentences at 80 columns, documents for programs."""

import json
import os
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from steward.cli.terminal import console
from steward.monitoring.check import Check
from tests.integration import lemons

from .deployment import Deployment
from .sts import Person, strict
from .terminal import reached, run

ANN = Person("AKIAANN", "ann's secret", "arn:aws:iam::123456789012:user/ann")


@pytest.fixture
def drifted(trained: Deployment) -> Deployment:
    """Mileage has changed, and an alert tells it."""
    scored = lemons.predictions(lemons.sales(1, first_day=14), trained.champion("lemons"))
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(scored.assign(mileage=scored.mileage * 1.4)))
    trained.settle()
    return trained


def test_status_reads_well_at_80_columns(drifted: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    with reached(drifted):
        piped = run("status", "lemons").stdout.splitlines()
        monkeypatch.setattr(console, "_width", 80)
        shown = run("status", "lemons").stdout
    assert max(map(len, shown.splitlines())) <= 80
    champion = drifted.champion("lemons")
    assert f"champion {champion}, since 2024-01-" in shown
    sentence = next(line for line in piped if line.startswith("feature_drift "))
    assert "`mileage` moved up by" in sentence
    assert "firing, " in sentence
    assert sentence.rstrip() == sentence
    words = " ".join(shown.split())
    assert all(part in words for part in sentence.split("; ")[1:]), "the same, below what it is about"
    assert sum("In good order: " in line for line in piped) == 1
    model = next(line for line in piped if line.startswith("lemons "))
    assert "; firing: " in model
    assert "; newest run promoted 2024-01-" in model


def test_status_says_that_the_reference_was_rejected_until_another_one_is_taken_in(steward: Deployment) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    with reached(steward):
        assert run("status", "lemons").code == 0
        steward.upload("inbox/lemons/reference/first.csv", "no, such, columns\n1, 2, 3\n")
        steward.settle()
        ran = run("status", "lemons")
        (model,) = json.loads(run("status", "--json").stdout)
    assert ran.code == 1
    assert "no version is in charge: its reference was rejected: " in ran.stdout
    assert "steward push FILE --model lemons --kind reference" in model["trouble"]
    steward.upload("inbox/lemons/reference/second.csv", lemons.csv(lemons.sales(14)))
    steward.settle()
    with reached(steward):
        assert run("status", "lemons").code == 0


def test_status_is_a_document_for_programs(drifted: Deployment) -> None:
    with reached(drifted):
        ran = run("status", "--json")
        (model,) = json.loads(ran.stdout)
        assert ran.code == 1
        assert json.loads(run("status", "lemons", "--json").stdout) == [model]
    assert model["model"] == "lemons"
    assert model["champion"]["version"] == drifted.champion("lemons")
    assert model["newest_run"]["stage"] == "promoted"
    (alert,) = [alert for alert in model["alerts"] if alert["monitor"] == "feature_drift"]
    assert (alert["state"], alert["window"], alert["acknowledged"]) == ("firing", "20240115T000000Z_1d", False)
    assert "`mileage` moved up by" in alert["found"]
    assert (model["freeze"], model["held_promotions"]) == (None, 0)


def test_watch_prints_json_lines(drifted: Deployment) -> None:
    with reached(drifted):
        entries = [json.loads(line) for line in run("watch", "lemons", "--patience", "0", "--json").stdout.splitlines()]
    assert [entry["sequence"] for entry in entries] == sorted(entry["sequence"] for entry in entries)
    assert {"model_registered", "champion_promoted", "alert_raised"} <= {entry["action"] for entry in entries}
    assert all(datetime.fromisoformat(entry["as_of"]).tzinfo for entry in entries)


def test_a_check_an_audit_and_a_bill_are_documents(drifted: Deployment) -> None:
    with reached(drifted, working=True):
        explained = json.loads(run("explain", "lemons", "feature_drift", "--json").stdout)
        audited = json.loads(run("audit", "lemons", "--json").stdout)
        priced = json.loads(run("cost", "--json").stdout)
    assert explained["same"] is True
    assert Check.model_validate(explained["check"]).window == "20240115T000000Z_1d"
    assert {finding["invariant"] for finding in audited["findings"]}
    (model,) = priced["models"]
    assert model["model"] == "lemons"
    assert model["bill"]["amount"] == pytest.approx(sum(line["amount"] for line in model["bill"]["lines"]))
    assert sum(stored["objects"] for stored in model["stored"]) > 10


@pytest.mark.parametrize(
    ("arguments", "verdict", "led_to"),
    [
        (("freeze", "lemons", "--reason", "holidays"), "accepted", "promotions_frozen"),
        (("acknowledge", "lemons"), "accepted", None),
        (("change-defect", "lemons", "none-such", "confirm"), "accepted", "defect_refused"),
    ],
)
def test_what_is_asked_for_is_answered_with_a_document(drifted: Deployment, arguments, verdict, led_to) -> None:
    environment = {"AWS_ACCESS_KEY_ID": ANN.key, "AWS_SECRET_ACCESS_KEY": ANN.secret}
    with (
        reached(drifted, working=True),
        patch("steward.cli.signed_commands.this_second", lambda: drifted.clock.now),
        strict([ANN], drifted.clock),
        patch.dict(os.environ, environment),
    ):
        ran = run(*arguments, "--json")
    answer = json.loads(ran.stdout)
    assert answer["verdict"] == verdict, answer
    assert (answer["led_to"] or {}).get("action") == led_to
    assert ran.code == (1 if led_to == "defect_refused" else 0)


def test_where_there_is_no_model_a_sentence_says_how_to_have_one(steward: Deployment) -> None:
    with reached(steward):
        assert run("status").stdout.startswith("no models yet: `steward suggest` writes a declaration")
        assert json.loads(run("status", "--json").stdout) == []


def test_where_there_is_no_defect_a_sentence_says_so(trained: Deployment) -> None:
    with reached(trained):
        assert run("defects", "lemons").stdout == "no defects of lemons: none was found so far\n"
        assert json.loads(run("defects", "lemons", "--json").stdout) == []


def test_an_error_is_a_document_too_where_one_was_asked_for(trained: Deployment) -> None:
    with reached(trained):
        ran = run("log", "lemon", "--json")
    assert ran.code == 2
    assert json.loads(ran.stdout) == {
        "error": {"kind": "UnknownModel", "problems": ["no model 'lemon' is declared; did you mean lemons?"]}
    }
    assert ran.stderr.strip() == "no model 'lemon' is declared; did you mean lemons?"


def test_what_is_in_quarantine_and_what_was_pushed_are_documents(trained: Deployment, tmp_path: Path) -> None:
    rows = lemons.predictions(lemons.sales(1, first_day=14), trained.champion("lemons"))
    file = tmp_path / "14.csv"
    file.write_bytes(lemons.csv(rows.assign(sold_at=rows.sold_at.where(rows.index > 2, "never"))))
    with reached(trained, working=True):
        assert run("quarantine", "list", "lemons").stdout == "nothing of lemons is in quarantine\n"
        pushed = run("push", str(file), "--model", "lemons", "--kind", "predictions", "--json")
        (answer,) = json.loads(pushed.stdout)
        listed = run("quarantine", "list", "lemons", "--json")
        (batch,) = json.loads(listed.stdout)
        (row, *_) = json.loads(run("quarantine", "show", "lemons", batch["id"], "--json").stdout)
        released = json.loads(run("quarantine", "release", "lemons", batch["id"], "--json").stdout)
    assert (pushed.code, answer["taken_in"], answer["answer"]["action"]) == (0, True, "batch_ingested")
    assert answer["file"] == str(file)
    assert "→ s3://" in pushed.stderr
    assert listed.code == 1
    assert (batch["file"], batch["rows"], batch["reasons"], batch["released"]) == (
        "14.csv",
        3,
        {"wrong_type": 3},
        False,
    )
    assert (row["row"], row["line"]) == (1, 2)
    assert "never" in row["reasons"][0]["message"]
    assert (released["taken_in"], released["answer"]["action"]) == (False, "batch_rejected")
