"""`maintain_store`: what nobody needs goes in its time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from steward import aws
from steward.events import MaintenanceRequested, ObjectsRemoved
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import Deployment
from .test_corrections import open_defect

DAY = timedelta(days=1)
FIRST = 14


def window(day: int) -> str:
    return f"{lemons.START + day * DAY:%Y%m%d}T000000Z_1d"


def sell(steward: Deployment, day: int) -> None:
    """A day's upload."""
    sold = lemons.sales(1, first_day=day, rows_a_day=40)
    scored = lemons.predictions(sold, steward.champion("lemons"))
    steward.upload(f"inbox/lemons/predictions/{day}.csv", lemons.csv(scored))


def maintain(steward: Deployment, *, redeliver: int = 1) -> list[ObjectsRemoved]:
    before = len(steward.published)
    now = steward.clock.now
    steward.publish(MaintenanceRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="care"))
    steward.settle(redeliver=redeliver)
    assert not steward.errors, steward.errors
    told = steward.published[before:]
    return [event for event in told if isinstance(event, ObjectsRemoved)]


def test_retention_removes_what_is_old_and_keeps_what_is_needed(trained: Deployment) -> None:
    trained.upload(
        "specs/lemons.yaml",
        f"{lemons.SPEC}retention: {{inbox: 40d, records: 60d, profiles: 60d, checks: 60d, quarantine: 40d}}\n",
    )
    for day in (FIRST, FIRST + 1):
        sell(trained, day)
    trained.upload("inbox/lemons/predictions/bad.csv", "sale,sold_at\n1,nonsense\n")
    trained.settle()
    defect = open_defect(trained, FIRST + 1)
    trained.clock.now += 30 * DAY
    assert maintain(trained) == []
    trained.clock.now += 90 * DAY
    reference = trained.keys("records/reference/")
    told = maintain(trained, redeliver=2)
    assert {event.prefix for event in told} >= {
        "inbox/lemons/",
        "records/predictions/model=lemons/",
        "profiles/lemons/",
        "checks/lemons/",
    }
    assert trained.keys("records/reference/") == reference != []
    for prefix in ("records/predictions/", "profiles/lemons/", "checks/lemons/"):
        (kept,) = trained.keys(prefix)
        assert window(FIRST + 1) in kept or f"date={lemons.START + (FIRST + 1) * DAY:%Y-%m-%d}" in kept
    removed = [entry for entry in trained.entries("lemons") if entry.action == "objects_removed"]
    assert sorted(entry.subject for entry in removed) == sorted({event.prefix for event in told})
    versions = aws.s3().list_object_versions(Bucket=trained.data, Prefix="records/predictions/")
    assert len(versions["Versions"]) == 1
    assert "DeleteMarkers" not in versions
    assert trained.object(f"defects/lemons/{defect}.json")["steps"]


def test_labels_that_met_no_prediction_go_as_records_do_but_not_before_they_waited_long_enough(
    trained: Deployment,
) -> None:
    declared = f"{lemons.SPEC}label_horizon: 70d\nretention: {{records: 60d}}\n"
    trained.upload("specs/lemons.yaml", declared)
    sell(trained, FIRST)
    sold = lemons.sales(1, first_day=FIRST, rows_a_day=50)
    trained.upload("inbox/lemons/labels/14.csv", lemons.csv(lemons.labels(sold, timed=False)))
    trained.settle()
    prefixes = ("records/waiting/model=lemons/", "arrivals/lemons/unmatched/")
    assert [len(trained.keys(prefix)) for prefix in prefixes] == [1, 1]
    trained.clock.now += 65 * DAY
    assert not {event.prefix for event in maintain(trained)}.intersection(prefixes)
    trained.clock.now += 6 * DAY
    told = {event.prefix for event in maintain(trained, redeliver=2)}
    assert told.issuperset(prefixes)
    assert [trained.keys(prefix) for prefix in prefixes] == [[], []]
    versions = [aws.s3().list_object_versions(Bucket=trained.data, Prefix=prefix) for prefix in prefixes]
    assert not any("Versions" in found or "DeleteMarkers" in found for found in versions)


def test_a_hold_keeps_everything(trained: Deployment) -> None:
    ends = trained.clock.now + 300 * DAY
    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}retention: {{records: 60d, hold: {ends:%Y-%m-%dT%H:%M:%SZ}}}\n")
    sell(trained, FIRST)
    trained.settle()
    trained.clock.now += 200 * DAY
    assert maintain(trained) == []
    trained.clock.now += 150 * DAY
    assert len(maintain(trained)) == 1
    assert not trained.keys("records/predictions/")


def test_the_schedule_of_the_care_follows_the_declaration(trained: Deployment) -> None:
    def names() -> set[str]:
        return {found["Name"] for found in aws.scheduler().list_schedules(GroupName="steward")["Schedules"]}

    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}threshold: 0.4\n")
    trained.settle()
    assert "lemons-maintain" in names()
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("audit: null", "audit: null, maintain: null"))
    trained.settle()
    assert "lemons-maintain" not in names()


def test_what_retention_removes_goes_from_the_replica_too_and_nothing_else(trained: Deployment) -> None:
    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}retention: {{inbox: 40d}}\n")
    sell(trained, FIRST)
    trained.settle()
    gone, stays = "inbox/lemons/predictions/14.csv", "specs/lemons.yaml"
    aws.s3().create_bucket(Bucket="replica")
    removed: list[tuple[str, list[dict[str, str]]]] = []
    trained.clock.now += 60 * DAY
    handler: Any = trained.handlers["maintain_store"].handler
    copied = replace(handler.runtime, data=Bucket(trained.data, trained.name, replica="replica"))
    delete = aws.s3().delete_objects

    def note(Bucket: str, Delete: dict[str, list[dict[str, str]]]) -> object:  # noqa: N803 - boto3's own names
        removed.append((Bucket, Delete["Objects"]))
        return delete(Bucket=Bucket, Delete=Delete)  # type: ignore[arg-type]

    with (
        patch.object(handler, "runtime", copied),
        patch.object(aws.s3(), "delete_objects", note),
    ):
        assert maintain(trained)
    copies, originals = removed
    assert (copies[0], originals[0]) == ("replica", trained.data)
    assert copies[1] == originals[1]
    assert gone in {one["Key"] for one in copies[1]}
    assert gone not in trained.keys("inbox/")
    assert stays in trained.keys("specs/")
