"""The command `steward` against the deployed stack, as a person runs it."""

from pathlib import Path

from steward.events import AlertRaised
from tests.integration import lemons

from .deployed import Deployed

DAY = 80


def test_push_of_a_declaration_and_of_records_says_what_became_of_them(run, tmp_path: Path) -> None:
    (tmp_path / "medlars.yaml").write_text(lemons.SPEC.replace("model: lemons", "model: medlars"))
    pushed = run("push", "medlars.yaml")
    assert pushed.returncode == 0, pushed.stdout + pushed.stderr
    assert "model registered" in pushed.stdout
    scored = lemons.predictions(lemons.sales(1, first_day=15, rows_a_day=30, seed=9))
    (tmp_path / "good.csv").write_bytes(lemons.csv(scored))
    pushed = run("push", "good.csv", "--model", "lemons", "--kind", "predictions")
    assert pushed.returncode == 0, pushed.stdout + pushed.stderr
    assert "30 rows" in pushed.stdout


def test_push_of_a_bad_file_exits_with_1_and_the_reason(run, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(lemons.csv(lemons.sales(1, first_day=15, rows_a_day=5).drop(columns="age")))
    pushed = run("push", "bad.csv", "--model", "lemons", "--kind", "predictions")
    assert pushed.returncode == 1
    assert "batch rejected" in pushed.stdout
    assert "age" in pushed.stdout


def test_push_of_an_invalid_declaration_exits_with_2_and_the_place(run, tmp_path: Path) -> None:
    lines = lemons.SPEC.replace("mileage: numeric", "mileage: numerical").splitlines()
    (tmp_path / "wrong.yaml").write_text("\n".join(lines))
    line = lines.index("  mileage: numerical") + 1
    pushed = run("push", "wrong.yaml")
    assert pushed.returncode == 2
    assert f"line {line}, column " in pushed.stderr
    assert "numerical" in pushed.stderr


def test_push_of_records_without_a_model_exits_with_2(run, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_bytes(b"x")
    pushed = run("push", "good.csv")
    assert pushed.returncode == 2
    assert "--model" in pushed.stderr


def test_status_exits_with_1_while_an_alert_fires(run, steward: Deployed) -> None:
    scored = lemons.predictions(lemons.sales(1, first_day=DAY))
    steward.upload("inbox/lemons/predictions/calm.csv", lemons.csv(scored))
    steward.rest()
    calm = run("status", "lemons")
    assert calm.returncode == 0, calm.stdout + calm.stderr
    assert steward.champion("lemons") in calm.stdout
    scored = lemons.predictions(lemons.sales(1, first_day=DAY + 1))
    drifted = lemons.csv(scored.assign(mileage=scored["mileage"] * 2))
    steward.event(AlertRaised, steward.upload("inbox/lemons/predictions/wild.csv", drifted))
    steward.rest()
    firing = run("status", "lemons")
    assert firing.returncode == 1
    assert "feature_drift" in firing.stdout
    assert "mileage" in firing.stdout
    assert "lemons" in run("status").stdout


def test_watch_shows_the_newest_decisions(run) -> None:
    watched = run("watch", "lemons", "--patience", "1")
    assert watched.returncode == 0, watched.stderr
    assert "batch ingested" in watched.stdout


def test_audit_shows_every_invariant(run) -> None:
    audited = run("audit", "lemons")
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert "none fails" in audited.stdout


def test_a_stack_that_is_not_there_exits_with_2_and_how_to_get_one(run) -> None:
    missing = run("status", "--stack", "nowhere")
    assert missing.returncode == 2
    assert "make up" in missing.stderr
