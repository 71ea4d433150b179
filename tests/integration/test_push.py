"""`steward push`: what became of each file is said, and the exit code tells whether it is what was asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from steward.events import (
    BatchDeferred,
    BatchIngested,
    BatchRejected,
    DefectChanged,
    RetrainingProposed,
    TrainingDeclined,
    TrainingRequested,
)
from tests.integration import lemons

from .deployment import Deployment
from .terminal import Ran, reached, run
from .test_first_version import ADOPTED, SOLD, files

REFERENCE = files(adopted=True)["inbox/lemons/reference/reference.csv"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new user's folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lemons.yaml").write_text(ADOPTED)
    (tmp_path / "reference.csv").write_bytes(REFERENCE)
    (tmp_path / "predictions.csv").write_bytes(lemons.csv(lemons.predictions(SOLD)))
    (tmp_path / "labels.csv").write_bytes(lemons.csv(lemons.labels(SOLD)))
    return tmp_path


@pytest.fixture
def fresh(steward: Deployment) -> Iterator[Deployment]:
    """A deployment without models, whose functions work while a command waits."""
    with reached(steward, working=True):
        yield steward


@pytest.fixture
def serving(trained: Deployment) -> Iterator[Deployment]:
    """One with a champion."""
    with reached(trained, working=True):
        yield trained


def push(file: str, kind: str = "", model: str = "lemons", *more: str) -> Ran:
    return run("push", file, *(["--model", model, "--kind", kind] if kind else []), *more)


SCRIPTS = {
    "the obvious order": ["lemons.yaml", "reference", "predictions", "labels"],
    "predictions first": ["lemons.yaml", "predictions", "labels", "reference"],
}


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("adopted", [True, False])
def test_a_script_of_pushes_loses_nothing_and_troubles_nobody(
    fresh: Deployment, folder: Path, script: str, *, adopted: bool
) -> None:
    if not adopted:
        (folder / "lemons.yaml").write_text(lemons.SPEC)
    for step in SCRIPTS[script]:
        ran = push(step) if step.endswith(".yaml") else push(f"{step}.csv", step)
        assert ran.code == 0, ran.text
    fresh.settle()
    assert not fresh.errors, fresh.errors
    assert not [*fresh.told(BatchRejected), *fresh.told(DefectChanged)]
    taken = {event.kind: event.rows for event in fresh.told(BatchIngested)}
    assert taken == {"reference": 5600, "predictions": 200, "labels": 200}
    assert [one["Subject"] for one in fresh.notifications if "champion is now" not in one["Subject"]] == []
    assert sum(fresh.object(key)["outcomes"]["labelled"] for key in fresh.keys("outcomes/lemons/")) == 200


def test_a_push_of_reference_data_ends_when_its_version_is_in_charge(fresh: Deployment) -> None:
    ran = push("lemons.yaml"), push("reference.csv", "reference")
    assert [one.code for one in ran] == [0, 0]
    steps = "batch ingested", "training requested", "champion promoted"
    assert [step for line in ran[1].stdout.splitlines() for step in steps if f"  {step}" in line] == [*steps]
    assert "waiting for a version of lemons to be in charge, for 120 s at most" in ran[1].text
    assert fresh.champion("lemons")


def test_too_few_rows_for_a_first_version_are_no_reason_to_wait(fresh: Deployment, folder: Path) -> None:
    (folder / "lemons.yaml").write_text(lemons.SPEC)
    (folder / "reference.csv").write_bytes(lemons.csv(lemons.sales(1)))
    push("lemons.yaml")
    ran = push("reference.csv", "reference")
    assert ran.code == 0, ran.text
    assert "training declined" in ran.text
    assert "400 labelled rows so far; a first run needs 1,000" in ran.text


def test_a_run_that_fails_fails_the_push(fresh: Deployment, folder: Path) -> None:
    same = lemons.sales(14).assign(lemon=1)
    (folder / "lemons.yaml").write_text(lemons.SPEC)
    (folder / "reference.csv").write_bytes(lemons.csv(same))
    push("lemons.yaml")
    ran = push("reference.csv", "reference")
    assert ran.code == 1, ran.text
    assert "run failed" in ran.text


@pytest.mark.parametrize("together", [True, False])
def test_a_declaration_that_is_mended_after_a_failed_run_starts_another(
    fresh: Deployment, folder: Path, *, together: bool
) -> None:
    sold = lemons.sales(14)
    sold = sold[(sold.index < len(sold) - 1600) | (sold["lemon"] == 0)]  # the newest four days have one class
    spec = lemons.SPEC.replace("holdout_span: 4d", "holdout_span: 3d")
    (folder / "lemons.yaml").write_text(spec)
    (folder / "reference.csv").write_bytes(lemons.csv(sold))
    push("lemons.yaml")
    assert push("reference.csv", "reference").code == 1
    again = push("reference.csv", "reference")
    assert again.code == 1, again.text
    assert "the newest run of lemons brought no version (failed): " in again.text
    assert "the holdout rows hold 0 positive labels and need 20" in again.text
    assert "change the declaration (retraining or validation) and push it, which starts a run" in " ".join(
        again.text.split()
    )
    assert len(fresh.told(TrainingRequested)) == 1
    (folder / "lemons.yaml").write_text(spec.replace("holdout_span: 3d", "holdout_span: 9d"))
    if together:
        mended = run("push", "lemons.yaml", "reference.csv", "--model", "lemons", "--kind", "reference")
        assert mended.code == 0, mended.text
    else:
        push("lemons.yaml")
        fresh.settle()
    assert fresh.champion("lemons")
    assert len(fresh.told(TrainingRequested)) == 2


def test_predictions_before_reference_data_wait_and_that_is_said_at_once(fresh: Deployment) -> None:
    push("lemons.yaml")
    ran = push("predictions.csv", "predictions")
    assert (ran.code, len(fresh.told(BatchDeferred))) == (0, 1), ran.text
    assert "200 rows wait for the first version of lemons" in ran.text
    assert "`steward push FILE --model lemons --kind reference`" in ran.text


@pytest.mark.parametrize("kind", ["predictions", "reference"])
def test_the_same_file_pushed_again_is_no_error(serving: Deployment, folder: Path, kind: str) -> None:
    (folder / "reference.csv").write_bytes(lemons.csv(lemons.sales(1, first_day=30)))
    assert push(f"{kind}.csv", kind).code == 0
    again = push(f"{kind}.csv", kind)
    assert (again.code, "nothing to do: the same bytes were taken in before" in again.text) == (0, True), again.text
    assert not [*serving.told(BatchRejected), *serving.told(DefectChanged)]


def test_labels_pushed_again_are_said_to_be_the_same(serving: Deployment) -> None:
    push("predictions.csv", "predictions")
    assert "the same bytes as before" not in push("labels.csv", "labels").text
    again = push("labels.csv", "labels")
    assert (again.code, "the same bytes as before" in again.text) == (0, True), again.text


def test_a_reference_that_was_pushed_while_nobody_waited_is_waited_for_by_the_second_push(fresh: Deployment) -> None:
    push("lemons.yaml")
    first = push("reference.csv", "reference", "lemons", "--patience", "0")
    assert first.code == 2, first.text
    second = push("reference.csv", "reference")
    assert second.code == 0, second.text
    assert fresh.champion("lemons")


def test_a_file_most_of_whose_rows_are_in_quarantine_is_no_success(serving: Deployment, folder: Path) -> None:
    scored = lemons.predictions(SOLD)
    scored["risk"] *= 100
    scored.loc[:9, "risk"] = 0.5
    (folder / "predictions.csv").write_bytes(lemons.csv(scored))
    ran = push("predictions.csv", "predictions")
    (taken,) = [event for event in serving.told(BatchIngested) if event.kind == "predictions"]
    assert taken.rejected_rows > taken.rows
    assert ran.code == 1, ran.text
    assert "risk out_of_range" in ran.text
    assert f"see `steward quarantine show lemons {taken.batch}`" in ran.text
    assert "most of its 200 rows are in quarantine" in ran.text


def test_a_few_rows_in_quarantine_are_named_and_no_failure(serving: Deployment, folder: Path) -> None:
    scored = lemons.predictions(SOLD)
    scored.loc[:4, "age"] = 99.0
    (folder / "predictions.csv").write_bytes(lemons.csv(scored))
    ran = push("predictions.csv", "predictions")
    assert (ran.code, "195 rows; 5 more are in quarantine: age out_of_range (5)" in ran.text) == (0, True), ran.text


@pytest.mark.parametrize("timed", [True, False])
def test_labels_that_meet_nothing_are_told_of(serving: Deployment, folder: Path, *, timed: bool) -> None:
    push("predictions.csv", "predictions")
    strange = lemons.labels(SOLD, timed=timed).assign(sale=[f"{name}.0" for name in SOLD["sale"]])
    (folder / "labels.csv").write_bytes(lemons.csv(strange))
    ran = push("labels.csv", "labels")
    assert ran.code == 0, ran.text
    assert "200 of 200 labels have no prediction so far, such as 's14-0-0.0'" in ran.text


def test_labels_that_meet_their_predictions_need_no_word(serving: Deployment) -> None:
    push("predictions.csv", "predictions")
    ran = push("labels.csv", "labels")
    assert (ran.code, "no prediction" in ran.text) == (0, False), ran.text


def test_no_answer_is_no_success(trained: Deployment) -> None:
    with reached(trained):
        ran = push("predictions.csv", "predictions", "lemons", "--patience", "1")
    assert ran.code == 2
    assert "no answer to inbox/lemons/predictions/predictions.csv within 1 s" in ran.text
    assert "`steward watch lemons`" in ran.text


REFUSED = {
    "a misspelt model": (["predictions.csv", "--model", "lemon", "--kind", "predictions"], "did you mean lemons?"),
    "a model in capitals": (["predictions.csv", "--model", "Lemons", "--kind", "predictions"], "did you mean lemons?"),
    "a misspelt kind": (
        ["predictions.csv", "--model", "lemons", "--kind", "prediction"],
        "--kind prediction is none that can be uploaded; did you mean predictions?",
    ),
    "no kind": (["predictions.csv", "--model", "lemons"], "say --kind predictions|labels|reference|telemetry"),
    "no model": (["predictions.csv", "--kind", "predictions"], "holds records: say --model NAME"),
    "options of records for a declaration": (
        ["lemons.yaml", "--model", "other", "--kind", "predictions"],
        "lemons.yaml is a declaration, which names its model itself: leave --model",
    ),
    "to withdraw without a defect": (
        ["predictions.csv", "--model", "lemons", "--kind", "predictions", "--withdraw"], "say --defect ID",
    ),
    "a bad file after a good one": (
        ["predictions.csv", "bad.yaml", "--model", "lemons", "--kind", "predictions"], "line 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", REFUSED)
def test_a_mistake_of_the_command_line_is_refused_before_anything_is_uploaded(
    serving: Deployment, folder: Path, mistake: str
) -> None:
    arguments, message = REFUSED[mistake]
    (folder / "bad.yaml").write_text("model: [")
    before = serving.keys("inbox/") + serving.keys("specs/")
    ran = run("push", *arguments)
    assert (ran.code, message in ran.text) == (2, True), ran.text
    assert serving.keys("inbox/") + serving.keys("specs/") == before


def test_retraining_of_a_model_that_is_trained_elsewhere_is_declined_with_the_reason(fresh: Deployment) -> None:
    push("lemons.yaml")
    push("reference.csv", "reference")
    now = fresh.clock.now
    asked = RetrainingProposed(
        occurred_at=now, model="lemons", as_of=now, correlation_id="asked", reason="ada asks", author="ada"
    )
    fresh.publish(asked)
    fresh.settle()
    (declined,) = fresh.told(TrainingDeclined)
    assert (declined.correlation_id, declined.triggers) == ("asked", ["ada asks"])
    assert "trained elsewhere" in declined.reasons[0]
    assert "steward push FILE --model MODEL --kind reference" in declined.reasons[0]


@pytest.mark.parametrize("kind", ["predictions", "labels"])
def test_a_push_ends_when_its_windows_are_checked_and_their_alerts_decided(serving: Deployment, kind: str) -> None:
    ran = push("predictions.csv", "predictions")
    if kind == "labels":
        ran = push("labels.csv", "labels")
    assert ran.code == 0, ran.text
    assert "waiting for the checks of lemons and their alerts, for 120 s at most" in ran.text
    assert "2 windows of lemons are checked; firing: none; `steward status lemons` shows what was found" in ran.text
    known = serving.object("alerts/lemons.json")["checks"].values()
    assert sum(one["labelled_rows"] for one in known) == (200 if kind == "labels" else 0)


def test_a_push_says_which_alerts_fire(serving: Deployment, folder: Path) -> None:
    scored = lemons.predictions(SOLD)
    scored["mileage"] *= 20
    (folder / "predictions.csv").write_bytes(lemons.csv(scored))
    ran = push("predictions.csv", "predictions")
    assert ran.code == 0, ran.text
    assert "are checked; firing: feature_drift" in ran.text


def test_a_push_whose_checks_do_not_come_says_what_is_missing(serving: Deployment) -> None:
    with patch("time.sleep", lambda _: serving._drain("ingest_records", 1)):
        ran = push("predictions.csv", "predictions", "lemons", "--patience", "3")
    assert ran.code == 2
    assert "0 of 2 windows of lemons are checked after 3 s without news. It goes on by itself" in ran.text
    assert "`steward status lemons`" in ran.text


def test_windows_that_have_not_ended_are_not_waited_for(serving: Deployment, folder: Path) -> None:
    with patch("steward.cli.check_progress._now", lambda: datetime(2024, 1, 15, 12, tzinfo=UTC)):
        ran = push("predictions.csv", "predictions")
    assert ran.code == 0, ran.text
    assert "2 windows may have more rows to come, and will be checked after the end" in ran.text
    assert "is checked" not in ran.text
