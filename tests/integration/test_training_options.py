"""A version whose parameters were searched and whose scores are calibrated: stored, shown, made again."""

import json
from unittest.mock import patch

import pytest

from steward.events import TrainingRequested
from steward.retraining import artifact, fitting

from . import lemons
from .deployment import Deployment
from .dying import Died
from .terminal import reached, run

DECLARED = "{estimator: LogisticRegression}"
RECIPE = (
    "{estimator: SGDClassifier, parameters: {loss: hinge, max_iter: 50}, calibration: isotonic, "
    "class_weight: balanced, preprocessing: {encoder: TargetEncoder}, "
    "search: {parameters: {alpha: {minimum: 0.0001, maximum: 0.1, log: true}}, tries: 4, folds: 2}}"
)
SPEC = lemons.SPEC.replace(DECLARED, RECIPE)


def test_a_searched_and_calibrated_version_says_how_it_was_made_and_is_made_again(steward: Deployment) -> None:
    lemons.begin(steward, SPEC)
    version = steward.champion("lemons")
    manifest = steward.object(f"models/lemons/versions/{version}/manifest.json")
    assert len(manifest["search"]["candidates"]) == 4
    assert manifest["search"]["stopped_by"] == "tries"
    assert manifest["search"] == steward.object(f"models/lemons/versions/{version}/search.json")
    assert manifest["calibration"]["method"] == "isotonic"
    card = steward.contents(f"models/lemons/versions/{version}/card.md").popitem()[1].decode()
    with reached(steward):
        shown = run("show", "lemons", version)
        again = json.loads(run("reproduce", "lemons", version, "--json").stdout)
    for text in (shown.stdout, card):
        assert "4 of 4 combinations tried" in " ".join(text.split())
        assert "isotonic on" in " ".join(text.split())
        assert "encoder TargetEncoder, class weight balanced" in " ".join(text.split())
    assert again["identical"], again
    assert again["sha256"] == [manifest["artifact"]["sha256"]] * 2


def test_an_attempt_after_one_that_was_killed_takes_the_search_that_is_stored(steward: Deployment) -> None:
    """However fast each attempt is, both make the same artifact."""
    steward.upload("specs/lemons.yaml", SPEC)
    steward.settle()
    steward.queues.pop("train_model")
    steward.upload("inbox/lemons/reference/first.csv", lemons.csv(lemons.sales(14)))
    steward.settle()
    (entry,) = [entry for entry in steward.entries("lemons") if entry.action == "training_requested"]
    cause = TrainingRequested(
        occurred_at=steward.clock.now, as_of=entry.as_of, model="lemons", correlation_id="test", run=entry.subject,
        reasons=["first"],
    )  # fmt: skip
    with patch.object(artifact, "dump", side_effect=Died), pytest.raises(Died):
        steward.deliver("train_model", cause)
    with patch.object(fitting, "search_parameters") as search:
        assert steward.deliver("train_model", cause, attempt=2)
    search.assert_not_called()
    (key,) = (key for key in steward.keys("models/lemons/versions/") if key.endswith("manifest.json"))
    manifest = steward.object(key)
    assert manifest["search"] == steward.object(key.replace("manifest.json", "search.json"))
