"""`attribute_features`: a sample of each closed window is attributed once, and the window is checked again with it."""

import io
import json
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from steward import aws
from steward.events import (
    AlertRaised,
    AttributionsRequested,
    AttributionsUpdated,
    CheckCompleted,
    ModelRegistered,
    ObjectRef,
)
from steward.monitoring.check import Check
from steward.results import MetricResult
from steward.services import attribute_features
from steward.store.bucket import Bucket
from steward.store.stored_objects import sha256
from tests.integration import lemons
from tests.integration.recomputed import recompute

from .deployment import Deployment, message

DAY = timedelta(days=1)
ELSEWHERE = lemons.SPEC.replace("  recipe: {estimator: LogisticRegression}\n", "")
CARRYING = "label: lemon, attributions: {age: by_age, mileage: by_mileage, make: by_make}"


def name(day: int) -> str:
    return f"{lemons.START + day * DAY:%Y%m%dT%H%M%SZ}_1d"


def upload_day(steward: Deployment, day: int, rows: int = 400, **cells: object) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=day, rows_a_day=rows)).assign(**cells)
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(sold))
    steward.settle()


def request(steward: Deployment, **which: str) -> AttributionsRequested:
    now = steward.clock.now
    return AttributionsRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="daily", **which)


def sweep(steward: Deployment, until: int) -> None:
    """What the schedule does at the end of a day."""
    steward.clock.now = max(steward.clock.now, lemons.START + until * DAY)
    due = request(steward).model_copy(update={"as_of": lemons.START + until * DAY})
    assert steward.deliver("attribute_features", due)
    steward.settle()
    assert not steward.errors, steward.errors


def attributed(steward: Deployment) -> list[str]:
    return [event.window for event in steward.told(AttributionsUpdated)]


def newest(steward: Deployment, day: int) -> tuple[Check, MetricResult]:
    """The newest check of a day, and what it says of attributions."""
    told = [event for event in steward.told(CheckCompleted) if event.window == name(day)]
    check = Check.model_validate(steward.object(told[-1].stored.key))
    (result,) = [result for result in check.results if result.monitor == "attribution_drift"]
    return check, result


def test_a_feature_that_no_longer_contributes_raises_the_alert_and_quiet_windows_do_not(trained: Deployment) -> None:
    for day in (14, 15, 16):
        upload_day(trained, day)
    upload_day(trained, 17, age=8.0)
    assert newest(trained, 17)[1].status == "unknown"
    assert "no sample of the window has been attributed; schedules.attribute (rate(1 day)) asks for it" in (
        newest(trained, 17)[1].message
    )
    for until in (17, 18):
        sweep(trained, until=until)
    assert attributed(trained) == [name(day) for day in (14, 15, 16, 17)]
    for day in (14, 15, 16):
        _, result = newest(trained, day)
        assert (result.status, result.rows, result.baseline_rows) == ("ok", 300, 1000)
    check, result = newest(trained, 17)
    assert result.status == "drift"
    assert "`age` fell from 1st to 2nd" in result.message
    (alert,) = [event for event in trained.told(AlertRaised) if event.monitor == "attribution_drift"]
    assert alert.window == name(17)
    data = Bucket(trained.data)
    assert recompute(data, check) == check.results
    assert trained.object(f"attributions/lemons/{check.version}/{name(17)}.json")["method"] == "linear"


def test_a_window_is_attributed_once_however_often_it_is_asked_for(trained: Deployment) -> None:
    upload_day(trained, 14)
    version = trained.champion("lemons")
    asked = request(trained, window=name(14), version=version)
    assert trained.deliver("attribute_features", asked)
    trained.settle(redeliver=2)
    stored = trained.contents("attributions/")
    upload_day(trained, 14, rows=50, sale=[f"late-{row}" for row in range(50)])
    for _ in range(2):
        assert trained.deliver("attribute_features", asked)
        sweep(trained, until=15)
    assert trained.contents("attributions/") == stored
    assert attributed(trained) == [name(14)]
    assert [entry.action for entry in trained.entries("lemons")].count("window_attributed") == 1


def test_the_same_records_in_other_files_give_the_same_bytes(trained: Deployment) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=14))
    version = trained.champion("lemons")
    found = []
    for parts in ([sold], [sold.iloc[::2], sold.iloc[1::2]]):
        for at, part in enumerate(parts):
            trained.upload(f"inbox/lemons/predictions/{len(parts)}-{at}.csv", lemons.csv(part))
        trained.settle()
        trained.deliver("attribute_features", request(trained, window=name(14), version=version))
        found += trained.contents("attributions/").values()
        for prefix in ("attributions/", "records/predictions/", "profiles/", "ids/predictions/"):
            for key in trained.keys(prefix):
                aws.s3().delete_object(Bucket=trained.data, Key=key)
    assert found[0] == found[1]


def test_what_was_stored_by_a_function_that_died_is_told_when_its_message_comes_again(trained: Deployment) -> None:
    upload_day(trained, 14)
    asked = request(trained, window=name(14), version=trained.champion("lemons"))
    dying = attribute_features.attribute_features(attribute_runtime(trained), asked)
    next(dying)  # stored, and not yet recorded
    dying.close()
    assert attributed(trained) == []
    assert trained.deliver("attribute_features", asked)
    trained.settle()
    assert attributed(trained) == [name(14)]
    assert newest(trained, 14)[1].status == "ok"


def attribute_runtime(steward: Deployment) -> attribute_features.Runtime:
    return steward.handlers["attribute_features"].handler.runtime


def test_an_open_window_is_left_until_it_has_closed(trained: Deployment) -> None:
    trained.clock.now = lemons.START + 14.5 * DAY
    version = trained.champion("lemons")
    upload_day(trained, 14, version=version)
    assert trained.deliver("attribute_features", request(trained, window=name(14), version=version))
    sweep(trained, until=14)
    assert trained.keys("attributions/") == []
    sweep(trained, until=15)
    assert attributed(trained) == [name(14)]


def test_windows_that_closed_long_ago_are_not_attributed_by_the_schedule(trained: Deployment) -> None:
    upload_day(trained, 14)
    upload_day(trained, 20)
    sweep(trained, until=21)
    assert attributed(trained) == [name(20)]


def deleted(steward: Deployment, manifest: dict[str, dict[str, str]]) -> None:
    reference = manifest["artifact"]
    aws.s3().delete_object(Bucket=steward.data, Key=reference["key"], VersionId=reference["version_id"])


def replaced(body: bytes) -> Callable[[Deployment, dict[str, dict[str, str]]], None]:
    def replace(steward: Deployment, manifest: dict[str, dict[str, str]]) -> None:
        key = manifest["artifact"]["key"]
        version_id = steward.upload(key, body)
        stored = ObjectRef(key=key, version_id=version_id, sha256=sha256(body))
        forged = manifest | {"artifact": stored.model_dump()}
        steward.upload(key.replace("model.skops", "manifest.json"), json.dumps(forged))

    return replace


def hostile() -> bytes:
    buffer = io.BytesIO()
    skops.io.dump(Pipeline([("a", FunctionTransformer(np.linalg.norm)), ("b", FunctionTransformer(print))]), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (deleted, "is not there"),
        (replaced(b"no skops file"), "not a skops file"),
        (replaced(hostile()), "asks for types that are not trusted"),
    ],
    ids=["deleted", "damaged", "hostile"],
)
def test_an_artifact_that_must_not_be_loaded_is_told_of(
    trained: Deployment, poison: Callable[[Deployment, dict[str, dict[str, str]]], None], reason: str
) -> None:
    version = trained.champion("lemons")
    upload_day(trained, 14)
    poison(trained, trained.object(f"models/lemons/versions/{version}/manifest.json"))
    sweep(trained, until=15)
    _, result = newest(trained, 14)
    assert result.status == "unknown"
    assert f"version {version} cannot be asked: " in result.message
    assert reason in result.message
    (event,) = trained.told(AttributionsUpdated)
    assert reason in event.summary
    assert event.rows == 0


def redeclared(steward: Deployment, feature: str, other: str) -> None:
    """A type cannot be changed, but a feature can go, and another of its name come."""
    for spec in (lemons.SPEC.replace(f"  {feature}\n", ""), lemons.SPEC.replace(feature, other)):
        steward.upload("specs/lemons.yaml", spec)
        assert [type(event) for event in steward.settle()] == [ModelRegistered]


def test_a_feature_of_another_type_than_the_version_knows_is_told_of(trained: Deployment) -> None:
    version = trained.champion("lemons")
    upload_day(trained, 14)
    redeclared(trained, "make: categorical", "make: text")
    assert trained.deliver("attribute_features", request(trained, window=name(14), version=version))
    (stored,) = map(json.loads, trained.contents("attributions/").values())
    assert "`make` is declared text and was categorical when it was trained" in stored["reason"]


def test_records_that_cannot_be_read_as_declared_now_are_told_of(trained: Deployment) -> None:
    version = trained.champion("lemons")
    upload_day(trained, 14)
    redeclared(trained, "mileage: numeric", "mileage: {type: embedding, dimensions: 3}")
    assert trained.deliver("attribute_features", request(trained, window=name(14), version=version))
    (stored,) = map(json.loads, trained.contents("attributions/").values())
    assert "records of the window have other columns than are declared now: column mileage" in stored["reason"]


def reference(days: int = 14) -> pd.DataFrame:
    sold = lemons.sales(days)
    return lemons.predictions(sold).assign(lemon=sold["lemon"])


def test_a_model_trained_elsewhere_is_passed_over_with_its_reason(steward: Deployment) -> None:
    lemons.begin_with(steward, ELSEWHERE, reference())
    upload_day(steward, 14)
    sweep(steward, until=15)
    assert steward.keys("attributions/") == []
    _, result = newest(steward, 14)
    assert result.status == "unknown"
    assert "the model is trained elsewhere, so no artifact can be asked" in result.message
    assert "columns.attributions" in result.message


def carried(sold: pd.DataFrame, weights: tuple[float, float, float]) -> pd.DataFrame:
    random = np.random.default_rng(len(sold))
    values = random.normal(size=(len(sold), 3)) * weights
    return sold.assign(by_age=values[:, 0], by_mileage=values[:, 1], by_make=values[:, 2])


def test_attributions_that_records_carry_are_judged_without_any_sample(steward: Deployment) -> None:
    lemons.begin_with(steward, ELSEWHERE.replace("label: lemon", CARRYING), carried(reference(), (1, 0.1, 0.5)))
    for day, weights in ((14, (1, 0.1, 0.5)), (15, (0.05, 1, 0.5))):
        sold = carried(lemons.predictions(lemons.sales(1, first_day=day)), weights)
        steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(sold))
        steward.settle()
    sweep(steward, until=16)
    assert steward.keys("attributions/") == []
    assert newest(steward, 14)[1].status == "ok"
    assert newest(steward, 15)[1].status == "drift"


def test_windows_whose_records_carry_attributions_get_no_sample(steward: Deployment) -> None:
    spec = lemons.SPEC.replace("label: lemon", CARRYING)
    lemons.begin(steward, spec)
    sold = carried(lemons.predictions(lemons.sales(1, first_day=14)), (1, 0.1, 0.5))
    steward.upload("inbox/lemons/predictions/14.csv", lemons.csv(sold))
    steward.settle()
    upload_day(steward, 15)
    sweep(steward, until=16)
    assert attributed(steward) == [name(15)]


def test_a_monitor_that_is_switched_off_costs_nothing(steward: Deployment) -> None:
    lemons.begin(steward, lemons.SPEC + "monitors: {attribution_drift: null}\n")
    version = steward.champion("lemons")
    assert steward.keys(f"models/lemons/versions/{version}/background") == []
    upload_day(steward, 14)
    sweep(steward, until=15)
    assert steward.keys("attributions/") == []
    check = Check.model_validate(steward.object(steward.told(CheckCompleted)[-1].stored.key))
    assert "attribution_drift" not in check.statuses


def test_without_a_schedule_nothing_is_said_of_attributions_that_nobody_has(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("audit: null", "audit: null, attribute: null"))
    upload_day(trained, 14)
    check = Check.model_validate(trained.object(trained.told(CheckCompleted)[-1].stored.key))
    assert "attribution_drift" not in check.statuses


def test_a_version_without_attributions_says_how_to_get_them(steward: Deployment) -> None:
    lemons.begin(steward, lemons.SPEC + "monitors: {attribution_drift: null}\n")
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    upload_day(steward, 14)
    sweep(steward, until=15)
    assert "train it again" in newest(steward, 14)[1].message


def test_of_a_window_too_large_to_read_some_objects_are_read(
    trained: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribute_features, "MOST_BYTES", 1)
    sold = lemons.predictions(lemons.sales(1, first_day=14))
    for part in range(4):
        trained.upload(f"inbox/lemons/predictions/{part}.csv", lemons.csv(sold.iloc[part::4]))
    trained.settle()
    sweep(trained, until=15)
    (event,) = trained.told(AttributionsUpdated)
    assert event.rows == 100


def test_a_request_in_the_shape_of_the_bus_reaches_the_function(trained: Deployment) -> None:
    upload_day(trained, 14)
    trained.publish(request(trained, window=name(14), version=trained.champion("lemons")))
    trained.settle()
    assert attributed(trained) == [name(14)]
    assert trained.invoke("attribute_features", message(request(trained))) == {"batchItemFailures": []}
