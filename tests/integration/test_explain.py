"""`steward explain`: a stored check is worked out again from stored profiles, and says how each decision came about."""

from unittest.mock import patch

import pytest
from typer.testing import CliRunner, Result

from steward import aws
from steward.cli.app import app
from steward.errors import IncomparableProfiles, StewardError
from steward.events import CheckCompleted
from steward.monitoring.check import Check
from steward.profiles import Profile
from steward.stations.check import recomputed
from steward.store.bucket import Bucket

from . import lemons
from .deployment import Deployment


def check_of(steward: Deployment, day: int, *, mileage: float = 1.0, labelled: bool = False) -> CheckCompleted:
    """The newest check of a day whose cars have gone so much further."""
    sold = lemons.sales(1, first_day=day)
    scored = lemons.predictions(sold, steward.champion("lemons"))
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored.assign(mileage=scored.mileage * mileage)))
    if labelled:
        steward.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    steward.settle()
    return steward.told(CheckCompleted)[-1]


def explained(steward: Deployment, *arguments: str) -> Result:
    outputs = {"DataBucketName": steward.data, "LedgerBucketName": steward.ledger, "BusName": "steward"}
    outputs |= {"EnvironmentName": "production", "AcceptCommandsQueueUrl": steward.queues["accept_commands"]}
    with patch("steward.cli.deployment.stack_outputs", lambda _: outputs):
        return CliRunner().invoke(app, ["explain", *arguments])


def profile_key(steward: Deployment) -> str:
    (key,) = [key for key in steward.keys("profiles/lemons/") if "20240115T" in key]
    return key


def test_a_check_is_worked_out_again_from_stored_profiles_alone(trained: Deployment) -> None:
    event = check_of(trained, 14, mileage=1.4, labelled=True)
    for key in trained.keys("records/"):
        aws.s3().delete_object(Bucket=trained.data, Key=key)
    check = Check.model_validate(trained.object(event.stored.key))
    assert check.labelled_rows > 0
    again = recomputed(Bucket(trained.data), check)
    assert [result.model_dump_json() for result in again] == [result.model_dump_json() for result in check.results]


def test_every_decision_says_how_it_came_about(trained: Deployment) -> None:
    event = check_of(trained, 14, mileage=1.4)
    result = explained(trained, event.check)
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines())) <= 80
    print(result.output)
    text = " ".join(result.output.split())
    for step in (
        "DRIFT feature_drift mileage",
        "beyond chance",
        "it matters",
        "is at least 0.05",
        "of the 0.01 that all tests of a window share",
        "400 rows against",
        "design effect",
        "Within limits",
        "results are the same.",
    ):
        assert step in text, step
    check = Check.model_validate(trained.object(event.stored.key))
    for found in check.results:
        if found.status == "drift" and found.effect is not None:
            assert " ".join(found.message.split()) in text
    assert explained(trained, event.stored.key).output == result.output


def test_realised_performance_shows_its_interval_and_limit(trained: Deployment) -> None:
    sold = lemons.sales(1, first_day=14, flipped=True)
    scored = lemons.predictions(sold, trained.champion("lemons"))
    trained.upload("inbox/lemons/predictions/14.csv", lemons.csv(scored))
    trained.upload("inbox/lemons/labels/14.csv", lemons.csv(lemons.labels(sold)))
    trained.settle()
    result = explained(trained, trained.told(CheckCompleted)[-1].check, "--model", "lemons")
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    assert "BREACH roc_auc" in text
    assert "; the baseline has 0." in text


def test_a_tampered_profile_is_noticed(trained: Deployment) -> None:
    event = check_of(trained, 14)
    key = profile_key(trained)
    profile = Profile.from_json(aws.s3().get_object(Bucket=trained.data, Key=key)["Body"].read())
    age = profile.features["age"]
    moved = age.model_copy(update={"counts": age.counts[::-1]})
    forged = profile.model_copy(update={"features": profile.features | {"age": moved}})
    aws.s3().put_object(Bucket=trained.data, Key=key, Body=forged.to_json())
    result = explained(trained, event.check)
    assert result.exit_code == 1
    text = " ".join(result.output.split())
    assert "results differ. The first: feature_drift" in text
    assert "of age was" in text


@pytest.mark.parametrize("body", [b"{}", b"not a profile", b""])
def test_a_corrupted_profile_is_refused(trained: Deployment, body: bytes) -> None:
    event = check_of(trained, 14)
    aws.s3().put_object(Bucket=trained.data, Key=profile_key(trained), Body=body)
    assert isinstance(explained(trained, event.check).exception, IncomparableProfiles)


def test_a_check_that_is_not_there_is_said_not_to_be(trained: Deployment) -> None:
    for name in ("0123456789abcdef", "checks/lemons/20240115T000000Z_1d/0123456789abcdef.json"):
        error = explained(trained, name).exception
        assert isinstance(error, StewardError)
        assert "0123456789abcdef" in str(error)
