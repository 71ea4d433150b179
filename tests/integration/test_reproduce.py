"""`steward reproduce` trains a version again from what is stored, in a process of its own, and says what differs."""

import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from steward import aws
from steward.cli import reproduce as reproduce_command
from steward.events import ReproductionRequested
from steward.lineage.repeated_training import train_again
from steward.lineage.reproduction_result import Reproduction
from steward.retraining import artifact, recipe
from steward.spec.document import read_spec
from steward.store.stored_objects import sha256
from tests.integration import lemons
from tests.nightly import nightly

from .deployment import Deployment, message
from .sts import strict
from .terminal import Ran, reached, run
from .test_accept_commands import ANN
from .test_corrections import correct, open_defect


def reproduce(deployment: Deployment, *options: str) -> Ran:
    with reached(deployment):
        return run("reproduce", "lemons", "champion", *options)


def compare(deployment: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reproduce(deployment, "--json").stdout)
    return found


@pytest.fixture
def one_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command train once in a test, and show that a second time: as text and as JSON it says the same."""
    answers: list[Reproduction] = []

    def train_once(*asked: Any) -> Reproduction:
        if not answers:
            answers.append(train(*asked))
        return answers[0]

    train = reproduce_command._train
    monkeypatch.setattr(reproduce_command, "_train", train_once)


def forge(deployment: Deployment, **changes: object) -> None:
    """Replace what the champion's manifest says, and what its run says of the manifest."""
    version = deployment.champion("lemons")
    (run_key,) = (key for key in deployment.keys("runs/lemons/") if "_policy" not in key)
    kept = deployment.object(run_key)
    body = json.dumps(deployment.object(f"models/lemons/versions/{version}/manifest.json") | changes).encode()
    kept["manifest"] |= {"version_id": deployment.upload(kept["manifest"]["key"], body), "sha256": sha256(body)}
    deployment.upload(run_key, json.dumps(kept))


def stored(deployment: Deployment, part: str) -> dict[str, str]:
    manifest = deployment.object(f"models/lemons/versions/{deployment.champion('lemons')}/manifest.json")
    found: dict[str, str] = manifest[part]
    return found


@pytest.mark.usefixtures("one_training")
@pytest.mark.parametrize("seed", ["4711", *nightly("1")])
def test_a_version_is_identical_whatever_the_environment_of_the_command(
    trained: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: str
) -> None:
    """Hash seed, folder for temporary files, threads and time zone are those of another process and computer."""
    for name, value in {"PYTHONHASHSEED": seed, "TMPDIR": str(tmp_path), "OMP_NUM_THREADS": seed[0],
                        "OPENBLAS_NUM_THREADS": seed[0], "TZ": "Asia/Kathmandu"}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    shown = reproduce(trained)
    assert shown.code == 0, shown.text
    assert f"identical (SHA-256 {stored(trained, 'artifact')['sha256']})" in shown.stdout
    found = compare(trained)
    assert found["identical"]
    assert found["sha256"] == [stored(trained, "artifact")["sha256"]] * 2
    assert not any(found[part] for part in ("libraries", "recipe", "dataset", "artifact", "predictions"))
    assert list(tmp_path.iterdir()) == []


def test_a_refitted_version_is_identical_in_what_was_judged_too(steward: Deployment) -> None:
    lemons.begin(steward, lemons.SPEC.replace("  cool_down: 3d", "  cool_down: 4d\n  refit: true\n  span: everything"))
    found = compare(steward)
    manifest = steward.object(f"models/lemons/versions/{steward.champion('lemons')}/manifest.json")
    assert found["identical"]
    assert found["sha256"] == [manifest["artifact"]["sha256"]] * 2
    assert found["judged_sha256"] == [manifest["judged"]["sha256"]] * 2
    assert found["dataset"] == []


def test_nothing_is_stored_or_announced(trained: Deployment) -> None:
    def everything() -> list[dict[str, bytes]]:
        return [trained.contents("", bucket) for bucket in (trained.data, trained.ledger)]

    before = everything()
    assert reproduce(trained).code == 0
    assert everything() == before


@pytest.mark.usefixtures("one_training")
def test_another_artifact_is_told_apart_by_its_fields_and_predictions(trained: Deployment) -> None:
    place = stored(trained, "artifact")
    other = another_artifact()
    version_id = trained.upload(place["key"], other)
    forge(trained, artifact=place | {"version_id": version_id, "sha256": sha256(other)}, training_rows=7)
    shown = reproduce(trained)
    assert shown.code == 1
    assert "differs" in shown.stdout
    assert "predictions for the holdout differ, by" in shown.stdout
    found = compare(trained)
    assert (found["identical"], found["recipe"], found["libraries"]) == (False, [], [])
    assert [(change["field"], change["before"]) for change in found["dataset"]] == [("training_rows", 7)]
    assert any(change["field"].startswith("steps.estimator.") for change in found["artifact"])
    assert found["predictions"]["rows"] > 0
    assert 0 < found["predictions"]["mean"] <= found["predictions"]["largest"] <= 1


def another_artifact() -> bytes:
    """Of the same recipe, fitted on fewer rows."""
    spec = read_spec(lemons.SPEC)
    rows = lemons.sales(3, first_day=1)
    assert spec.retraining.recipe
    return artifact.dump(recipe.fit(spec.retraining.recipe, spec, rows, (rows["lemon"].astype(str) == "1").to_numpy()))


@pytest.mark.usefixtures("one_training")
def test_other_libraries_are_named_first_with_how_to_get_them(trained: Deployment) -> None:
    forge(trained, libraries=recipe.libraries() | {"scikit-learn": "1.0.0"})
    shown = reproduce(trained)
    assert shown.stderr.startswith("version")
    assert "scikit-learn 1.0.0, and" in shown.stderr
    assert "scikit-learn==1.0.0" in shown.stderr
    found = compare(trained)
    assert [(change["field"], change["before"]) for change in found["libraries"]] == [("scikit-learn", "1.0.0")]


def test_an_erased_object_of_the_dataset_is_named(trained: Deployment) -> None:
    item = trained.object(stored(trained, "dataset")["key"])["objects"][0]["stored"]
    aws.s3().delete_object(Bucket=trained.data, Key=item["key"], VersionId=item["version_id"])
    shown = reproduce(trained)
    assert shown.code == 2
    assert "cannot be trained again" in shown.text
    assert item["key"] in shown.text


@pytest.mark.usefixtures("one_training")
def test_rows_withdrawn_since_are_trained_on_and_told_of(trained: Deployment) -> None:
    defect = open_defect(trained)
    correct(trained, defect, lemons.sales(14)[["sale"]].head(10), kind="withdrawn-reference")
    shown = reproduce(trained)
    assert shown.code == 0, shown.text
    assert "were corrected or withdrawn since" in shown.stdout
    assert compare(trained)["corrected_since"]


def test_a_version_of_another_environment_is_refused(trained: Deployment) -> None:
    forge(trained, environment="staging")
    shown = reproduce(trained)
    assert shown.code == 2
    assert "was trained in staging, where its rows are" in shown.text


def test_an_adopted_version_is_refused(trained: Deployment) -> None:
    forge(trained, recipe=None, artifact=None)
    shown = reproduce(trained)
    assert shown.code == 2
    assert "no recipe says how" in shown.text


@pytest.mark.parametrize("content", ["dangerous", "pickle"])
def test_an_artifact_of_an_unlisted_type_is_refused_before_anything_is_trained(
    trained: Deployment, tmp_path: Path, content: str
) -> None:
    place = stored(trained, "artifact")
    dangerous = skops.io.dumps(Pipeline([("columns", FunctionTransformer(os.system))]))
    body = {"dangerous": dangerous, "pickle": b"cos\nsystem\n(S'touch %s/opened'\ntR." % os.fsencode(tmp_path)}[content]
    forge(trained, artifact=place | {"version_id": trained.upload(place["key"], body), "sha256": sha256(body)})
    shown = reproduce(trained)
    assert shown.code == 2
    assert {"dangerous": "types that are not trusted", "pickle": "not a skops file"}[content] in shown.text
    assert list(tmp_path.iterdir()) == []


def test_changed_bytes_are_refused(trained: Deployment) -> None:
    forge(trained, artifact=stored(trained, "artifact") | {"sha256": "0" * 64})
    shown = reproduce(trained)
    assert shown.code == 2
    assert "has SHA-256" in shown.text


def test_a_training_that_the_processor_cannot_do_is_said_so(
    trained: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    shown = reproduce(trained)
    assert shown.code == 2
    assert "ended with code 1" in shown.text


def there(deployment: Deployment, *options: str) -> Ran:
    """Ask the deployment to do it."""
    with (
        reached(deployment, working=True),
        patch("steward.cli.command_delivery.this_second", lambda: deployment.clock.now),
        strict([ANN], deployment.clock),
        patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": ANN.key, "AWS_SECRET_ACCESS_KEY": ANN.secret}),
    ):
        return run("reproduce", "lemons", "champion", "--in-deployment", "--patience", "1", *options)


def test_the_deployment_makes_a_version_again_and_the_ledger_keeps_it(trained: Deployment) -> None:
    version, before = trained.champion("lemons"), set(trained.keys(""))
    shown = there(trained)
    assert shown.code == 0, shown.text
    sha256_of_artifact = stored(trained, "artifact")["sha256"]
    assert f"identical (SHA-256 {sha256_of_artifact})" in shown.stdout
    (entry,) = [entry for entry in trained.entries("lemons") if entry.action == "training_reproduced"]
    assert (entry.subject, sha256_of_artifact in entry.summary) == (version, True)
    (place,) = trained.keys(f"models/lemons/versions/{version}/reproductions/")
    assert [item.key for item in entry.evidence] == [place]
    added = {key for key in set(trained.keys("")) - before if not key.startswith(("commands/", "reports/"))}
    assert added == {place}  # no version, artifact, dataset or run
    assert json.loads(there(trained, "--json").stdout)["identical"]


def test_a_request_that_is_delivered_again_is_answered_once(trained: Deployment) -> None:
    asked = ReproductionRequested(
        occurred_at=trained.clock.now, as_of=trained.clock.now, model="lemons", correlation_id="command-1",
        version=trained.champion("lemons"), author="arn:aws:iam::123456789012:user/ann",
    )  # fmt: skip
    with patch("steward.services.reproduce_training.train_again", wraps=train_again) as trainings:
        assert trained.deliver("train_model", asked)
        assert trained.deliver("train_model", asked)
    assert trainings.call_count == 1
    trained.settle()
    assert [entry.action for entry in trained.entries("lemons")].count("training_reproduced") == 1


def test_a_difference_in_the_deployment_is_recorded_with_what_differs(trained: Deployment) -> None:
    forge(trained, libraries=recipe.libraries() | {"scikit-learn": "1.0.0"})
    place, other = stored(trained, "artifact"), another_artifact()
    forge(trained, artifact=place | {"version_id": trained.upload(place["key"], other), "sha256": sha256(other)})
    shown = there(trained)
    assert shown.code == 1, shown.text
    assert "predictions for the holdout differ, by" in shown.stdout
    (entry,) = [entry for entry in trained.entries("lemons") if entry.action == "reproduction_failed"]
    assert "the artifact differs in " in entry.summary
    assert "(libraries differ)" in entry.summary


@pytest.mark.parametrize("content", ["dangerous", "pickle", "erased"])
def test_what_the_deployment_refuses_is_recorded_with_the_reason(
    trained: Deployment, tmp_path: Path, content: str
) -> None:
    place = stored(trained, "artifact")
    match content:
        case "erased":
            item = trained.object(stored(trained, "dataset")["key"])["objects"][0]["stored"]
            aws.s3().delete_object(Bucket=trained.data, Key=item["key"], VersionId=item["version_id"])
            reason = item["key"]
        case "dangerous":
            body = skops.io.dumps(Pipeline([("columns", FunctionTransformer(os.system))]))
            reason = "types that are not trusted"
        case _:
            body = b"cos\nsystem\n(S'touch %s/opened'\ntR." % os.fsencode(tmp_path)
            reason = "not a skops file"
    if content != "erased":
        forge(trained, artifact=place | {"version_id": trained.upload(place["key"], body), "sha256": sha256(body)})
    shown = there(trained)
    assert shown.code == 2
    assert reason in shown.text
    (entry,) = [entry for entry in trained.entries("lemons") if entry.action == "reproduction_failed"]
    assert reason in entry.summary
    assert list(tmp_path.iterdir()) == []


def test_a_reproduction_that_lambda_kills_is_told_of(trained: Deployment) -> None:
    asked = ReproductionRequested(
        occurred_at=trained.clock.now, as_of=trained.clock.now, model="lemons", correlation_id="command-1",
        version=trained.champion("lemons"), author="arn:aws:iam::123456789012:user/ann",
    )  # fmt: skip
    with patch("steward.services.reproduce_training.train_again", side_effect=MemoryError):
        assert not trained.try_out("train_model", message(asked))
    trained.settle()
    (entry,) = [entry for entry in trained.entries("lemons") if entry.action == "reproduction_failed"]
    assert "TrainModel failed at every attempt" in entry.summary
    assert "trains on your own computer" in entry.summary
