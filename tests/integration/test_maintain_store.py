"""`maintain_store`: what can be merged is merged, and no result changes; what nobody needs goes in its time."""

from datetime import timedelta

import pandas as pd

from steward import aws
from steward.events import CheckCompleted, CheckRequested, MaintenanceRequested, ObjectsRemoved, StoreMaintained
from steward.monitoring.check import Check
from steward.spec.windows import Window
from steward.stations.check import recomputed
from steward.store.bucket import Bucket

from . import lemons
from .deployment import Deployment
from .test_corrections import correct, open_defect

DAY = timedelta(days=1)
FIRST = 14
BATCHES = 6


def window(day: int) -> str:
    return f"{lemons.START + day * DAY:%Y%m%d}T000000Z_1d"


def sell(steward: Deployment, day: int, part: int = 0, **changes: object) -> pd.DataFrame:
    """One of a day's uploads."""
    sold = lemons.sales(1, first_day=day, rows_a_day=40, seed=part)
    scored = lemons.predictions(sold, steward.champion("lemons")).assign(**changes)
    steward.upload(f"inbox/lemons/predictions/{day}-{part}.csv", lemons.csv(scored))
    return scored


def maintain(steward: Deployment, *, redeliver: int = 1) -> list[StoreMaintained | ObjectsRemoved]:
    before = len(steward.published)
    now = steward.clock.now
    steward.publish(MaintenanceRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="care"))
    steward.settle(redeliver=redeliver)
    assert not steward.errors, steward.errors
    told = steward.published[before:]
    return [event for event in told if isinstance(event, StoreMaintained | ObjectsRemoved)]


def check(steward: Deployment, day: int) -> tuple[bytes, list[str]]:
    return lemons.examined(steward, Window.parse(window(day)))


def test_checks_are_the_same_after_compaction_and_read_one_profile_a_window(trained: Deployment) -> None:
    for day in (FIRST, FIRST + 1):
        for part in range(BATCHES):
            sell(trained, day, part)
    trained.settle()
    trained.clock.now += 3 * DAY
    before = {day: check(trained, day) for day in (FIRST, FIRST + 1)}
    assert len(before[FIRST][1]) == BATCHES
    (told,) = maintain(trained, redeliver=2)
    assert isinstance(told, StoreMaintained)
    assert (told.windows, told.profiles) == (2, 2 * BATCHES)
    assert [entry.action for entry in trained.entries("lemons")].count("profiles_merged") == 1
    assert len(trained.keys("profiles/lemons/")) == 2
    for day, (body, _) in before.items():
        again, read = check(trained, day)
        assert again == body
        assert len(read) == 1
    assert maintain(trained) == []


def test_a_check_from_before_compaction_is_explained_after_it(trained: Deployment) -> None:
    for part in range(BATCHES):
        sell(trained, FIRST, part)
        trained.settle()
    trained.clock.now += 3 * DAY
    maintain(trained)
    told = trained.told(CheckCompleted)
    assert {event.rows for event in told} == {40 * part for part in range(1, BATCHES + 1)}
    for event in told:
        stored = Check.model_validate(trained.object(event.stored.key))
        assert recomputed(Bucket(trained.data), stored) == stored.results


def test_a_late_redelivery_after_compaction_is_not_counted_twice(trained: Deployment) -> None:
    sell(trained, FIRST, 0)
    sell(trained, FIRST, 1)
    trained.settle()
    trained.clock.now += 3 * DAY
    body, _ = check(trained, FIRST)
    maintain(trained)
    (upload,) = [key for key in trained.keys("inbox/lemons/predictions/") if key.endswith(f"{FIRST}-0.csv")]
    version = aws.s3().head_object(Bucket=trained.data, Key=upload)["VersionId"]
    trained.invoke("ingest_records", trained.message_of(upload, version))
    trained.settle()
    assert len(trained.keys("profiles/lemons/")) == 2
    again, read = check(trained, FIRST)
    assert again == body
    assert len(read) <= 2
    maintain(trained)
    assert check(trained, FIRST) == (body, [key for key in trained.keys("profiles/lemons/") if "_merged" in key])


def test_late_batches_and_corrections_after_compaction_count_as_they_do_without_it(trained: Deployment) -> None:
    start = trained.snapshot(), trained.clock.now
    checks = []
    for compacting in (False, True):
        trained.restore(*start)
        trained.deliveries.clear()
        good = sell(trained, FIRST, 0)
        sell(trained, FIRST, 1)
        trained.settle()
        trained.clock.now = start[1] + 3 * DAY
        if compacting:
            assert maintain(trained)
        trained.clock.now = start[1] + 4 * DAY
        sell(trained, FIRST, 2)
        trained.settle()
        defect = open_defect(trained, FIRST)
        correct(trained, defect, good.head(10).assign(mileage=7.0))
        if compacting:
            assert maintain(trained)
        profile, read = check(trained, FIRST)
        checks.append(Check.model_validate_json(profile))
    without, compacted = checks
    assert len(read) == 1
    assert compacted.corrections
    assert compacted.rows == without.rows == 120
    assert [result.model_dump() for result in compacted.results] == [result.model_dump() for result in without.results]


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
    told = [event for event in maintain(trained, redeliver=2) if isinstance(event, ObjectsRemoved)]
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
    assert not {event.prefix for event in maintain(trained) if isinstance(event, ObjectsRemoved)}.intersection(prefixes)
    trained.clock.now += 6 * DAY
    told = {event.prefix for event in maintain(trained, redeliver=2) if isinstance(event, ObjectsRemoved)}
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
    (told,) = maintain(trained)
    assert isinstance(told, ObjectsRemoved)
    assert not trained.keys("records/predictions/")


def test_a_check_that_comes_while_profiles_are_merged_reads_one_or_the_other(trained: Deployment) -> None:
    sell(trained, FIRST, 0)
    sell(trained, FIRST, 1)
    trained.settle()
    trained.clock.now += 3 * DAY
    body, _ = check(trained, FIRST)
    hidden = iter([True])

    def vanish(params: dict[str, str], **_: object) -> None:
        if params["Key"].startswith("profiles/") and next(hidden, False):
            maintain(trained)

    events = aws.s3().meta.events
    events.register("provide-client-params.s3.GetObject", vanish)
    try:
        assert check(trained, FIRST)[0] == body
    finally:
        events.unregister("provide-client-params.s3.GetObject", vanish)
    assert trained.keys("profiles/lemons/")[0].endswith("_merged.json")


def test_the_schedule_of_the_care_follows_the_declaration(trained: Deployment) -> None:
    def names() -> set[str]:
        return {found["Name"] for found in aws.scheduler().list_schedules(GroupName="steward")["Schedules"]}

    trained.upload("specs/lemons.yaml", f"{lemons.SPEC}threshold: 0.4\n")
    trained.settle()
    assert "lemons-maintain" in names()
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("audit: null", "audit: null, maintain: null"))
    trained.settle()
    assert "lemons-maintain" not in names()


def test_the_next_check_by_the_function_is_the_same_one(trained: Deployment) -> None:
    for part in range(2):
        sell(trained, FIRST, part)
    trained.settle()
    trained.clock.now += 3 * DAY
    now = trained.clock.now
    asked = CheckRequested(occurred_at=now, as_of=now, model="lemons", correlation_id="a", window=window(FIRST))
    assert trained.deliver("check_window", asked)
    before = trained.keys("checks/lemons/")
    maintain(trained)
    assert trained.deliver("check_window", asked)
    assert trained.keys("checks/lemons/") == before
