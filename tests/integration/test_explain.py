"""`steward explain`: a stored check is worked out again from stored profiles, and says how each decision came about."""

import json
import math
import re
from unittest.mock import patch

import pytest
from typer.testing import CliRunner, Result

from steward import aws
from steward.cli.app import app
from steward.errors import IncomparableProfiles, StewardError
from steward.events import CheckCompleted
from steward.monitoring.check import Check
from steward.profiles.profile import Profile
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.recomputed import recompute

from .deployment import Deployment
from .terminal import reached, run


def check_of(deployment: Deployment, day: int, *, mileage: float = 1.0, labelled: bool = False) -> CheckCompleted:
    """The newest check of a day whose cars have gone so much further."""
    sold = lemons.sales(1, first_day=day)
    scored = lemons.predictions(sold, deployment.champion("lemons"))
    scored = scored.assign(mileage=scored.mileage * mileage)
    deployment.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))
    if labelled:
        deployment.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(sold)))
    deployment.settle()
    return deployment.told(CheckCompleted)[-1]


def explained(deployment: Deployment, *arguments: str) -> Result:
    outputs = {"DataBucketName": deployment.data, "LedgerBucketName": deployment.ledger, "BusName": "steward"}
    outputs |= {"EnvironmentName": "production", "AcceptCommandsArn": "accept_commands"}
    with patch("steward.cli.deployment.stack_outputs", lambda _: outputs):
        return CliRunner().invoke(app, ["explain", *arguments])


def profile_key(deployment: Deployment) -> str:
    (key,) = [key for key in deployment.keys("profiles/lemons/") if "20240115T" in key]
    return key


def test_a_check_is_worked_out_again_from_stored_profiles_alone(trained: Deployment) -> None:
    event = check_of(trained, 14, mileage=1.4, labelled=True)
    for key in trained.keys("records/"):
        aws.s3().delete_object(Bucket=trained.data, Key=key)
    check = Check.model_validate(trained.object(event.stored.key))
    assert check.labelled_rows > 0
    again = recompute(Bucket(trained.data), check)
    assert [result.model_dump_json() for result in again] == [result.model_dump_json() for result in check.results]


def test_every_decision_says_how_it_came_about(trained: Deployment) -> None:
    event = check_of(trained, 14, mileage=1.4)
    result = explained(trained, "lemons", event.check)
    assert result.exit_code == 0, result.output
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
    result = explained(trained, "lemons", trained.told(CheckCompleted)[-1].check)
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
    result = explained(trained, "lemons", event.check)
    assert result.exit_code == 1
    text = " ".join(result.output.split())
    assert "results differ by more than rounding. feature_drift" in text
    assert re.search(r"of age: (value|p_value|effect|message) was \S+, and is", text)
    document = json.loads(explained(trained, "lemons", event.check, "--json").output)
    assert not document["same"]
    assert {found["column"] for found in document["differences"]} >= {"age"}


def test_what_another_processor_rounds_otherwise_is_the_same(trained: Deployment) -> None:
    """As if the function had run on a processor whose libraries add in another order than here."""
    event = check_of(trained, 14, mileage=1.4)
    document = trained.object(event.stored.key)
    for result in document["results"]:
        if result["p_value"]:
            result["p_value"] = math.nextafter(result["p_value"], 1)
    aws.s3().put_object(Bucket=trained.data, Key=event.stored.key, Body=json.dumps(document))
    result = explained(trained, "lemons", event.check)
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    assert "results are the same. Every status is equal; figures of " in text
    assert "were rounded otherwise, as another processor does, by at most 2e-16 of the figure." in text


def test_a_check_whose_decision_was_changed_is_noticed(trained: Deployment) -> None:
    event = check_of(trained, 14, mileage=1.4)
    document = trained.object(event.stored.key)
    changed = next(result for result in document["results"] if result["status"] == "drift")
    changed["status"] = "ok"
    aws.s3().put_object(Bucket=trained.data, Key=event.stored.key, Body=json.dumps(document))
    result = explained(trained, "lemons", event.check)
    assert result.exit_code == 1
    assert f"{changed['column']}: status was ok, and is drift" in result.output


@pytest.mark.parametrize("body", [b"{}", b"not a profile", b""])
def test_a_corrupted_profile_is_refused(trained: Deployment, body: bytes) -> None:
    event = check_of(trained, 14)
    aws.s3().put_object(Bucket=trained.data, Key=profile_key(trained), Body=body)
    assert isinstance(explained(trained, "lemons", event.check).exception, IncomparableProfiles)


def test_a_check_that_is_not_there_is_said_not_to_be(trained: Deployment) -> None:
    for name in (["lemons", "0123456789abcdef"], ["checks/lemons/20240115T000000Z_1d/0123456789abcdef.json"]):
        error = explained(trained, *name).exception
        assert isinstance(error, StewardError)
        assert "0123456789abcdef" in str(error)
        assert "steward log lemons" in str(error)


def test_a_check_is_found_by_whatever_watch_and_status_print_of_it(trained: Deployment) -> None:
    check_of(trained, 14)
    event = check_of(trained, 15, mileage=1.6)
    check = Check.model_validate(trained.object(event.stored.key))
    wanted = explained(trained, "lemons", event.check).output
    with reached(trained):
        watched = run("watch", "lemons", "--patience", "0").stdout.splitlines()
    checked = [line for line in watched if "check completed" in line][-1]
    raised = next(line for line in watched if "alert raised" in line and "feature_drift" in line)
    assert f"{check.window} {check.version}  {event.check}  " in checked
    assert f"  feature_drift  {event.check}  " in raised
    for name in (
        [], [event.check[:6]], [check.window], [check.window, check.version], [check.window, check.version[:8]],
        ["2024-01-16"], ["2024-01-16 00:00 to 2024-01-17 00:00 UTC"], ["20240116T000000Z"], ["2024-01-16T13:00"],
        ["champion"], [check.version], ["feature_drift"], [event.stored.key], [f"s3://{trained.data}/{event.stored.key}"],
    ):  # fmt: skip
        assert explained(trained, "lemons", *name).output == wanted, name
    with reached(trained):
        for name in ([event.check[:6]], [check.window], [check.window, check.version], ["feature_drift"]):
            assert f"check {event.check}" in run("show", "lemons", *name).stdout
        listed = run("log", "lemons", "--checks")
        assert listed.stdout.count("check completed") == 2
        assert listed.stdout.index(event.check) < listed.stdout.index("20240115T000000Z_1d")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["0123456789abcdef"], "say whose check it is: `steward explain MODEL 0123456789abcdef`"),
        (["20240115T000000Z_1d"], "say whose check it is: `steward explain MODEL 20240115T000000Z_1d`"),
        (["lemons"], "no window of lemons was checked yet"),
        (["lemons", "20240115T000000Z_1d"], "no check of window 20240115T000000Z_1d"),
        (["lemons", "2024-01-15"], "no window of lemons that was checked contains 2024-01-15 00:00 UTC"),
        (["lemons", "roc_auc"], "roc_auc of lemons rests on no check yet"),
        (["lemons", "000001"], "spec 000001 of lemons is no check"),
    ],
)
def test_what_is_no_check_is_said_to_be_none_with_the_next_step(
    trained: Deployment, arguments: list[str], words: str
) -> None:
    error = explained(trained, *arguments).exception
    assert isinstance(error, StewardError)
    assert words in str(error)
    assert "`steward " in str(error)
