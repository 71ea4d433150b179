"""A stored profile that is damaged, or of other bins, holds back no check: it is left out, and that is said."""

import pytest

from steward import aws
from steward.events import CheckCompleted
from steward.monitoring.check import Check
from steward.store.bucket import Bucket
from tests.integration import lemons
from tests.integration.recomputed import recompute

from .deployment import Deployment
from .test_check_window import DAY, requested, upload_day


def foreign(body: bytes) -> bytes:
    return body.replace(b'{"schema_version":2,"bins":"', b'{"schema_version":2,"bins":"0', 1)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda body: body[: len(body) // 2], "not a profile"),
        (lambda body: b"\xff\xfe", "not a profile"),
        (lambda body: body.replace(b'"schema_version":2', b'"schema_version":1', 1), "schema version 1"),
        (foreign, "of different versions, or of different revisions of a declaration"),
        (lambda body: body.replace(b'"missing":0', b'"missing":7', 1), "not a profile"),
    ],
    ids=["cut off", "no text", "other schema", "other bins", "does not add up"],
)
@pytest.mark.parametrize("others", [False, True])
def test_an_unreadable_profile_is_left_out_and_told_of(
    trained: Deployment, spoil, reason: str, *, others: bool
) -> None:
    upload_day(trained, 14)
    (key,) = trained.keys("profiles/lemons/")
    body = trained.contents("profiles/lemons/")[key]
    assert spoil(body) != body
    if others:
        more = lemons.predictions(lemons.sales(1, first_day=14, rows_a_day=150, seed=9))
        trained.upload("inbox/lemons/predictions/more.csv", lemons.csv(more))
        trained.settle()
    aws.s3().put_object(Bucket=trained.data, Key=key, Body=spoil(body))
    upload_day(trained, 15)
    trained.clock.now = lemons.START + 16 * DAY
    trained.deliver("check_window", requested(trained))
    trained.settle()
    assert not trained.errors
    checks = {event.window: event for event in trained.told(CheckCompleted)}
    assert set(checks) == {"20240115T000000Z_1d", "20240116T000000Z_1d"}
    check = Check.model_validate(trained.object(checks["20240115T000000Z_1d"].stored.key))
    assert check.rows == (150 if others else 0)
    (told,) = [result for result in check.results if result.statistic == "unreadable_profile"]
    assert told.status == "unknown"
    assert reason in told.message
    assert key.rsplit("/", 1)[-1].removesuffix(".json") in told.message
    if not others:
        assert {result.status for result in check.results if result.monitor != "label_leakage"} == {"unknown"}
    assert recompute(Bucket(trained.data), check) == check.results
