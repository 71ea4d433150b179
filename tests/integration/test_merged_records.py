"""Record files that were merged give every result that they gave by themselves, whenever they are merged."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

import duckdb
import pandas as pd
import pytest

from steward import aws
from steward.errors import ObjectMissing
from steward.events import MaintenanceRequested
from steward.retraining.manifest import DatasetManifest
from steward.spec.windows import Window
from steward.stations import registry
from steward.stations.labelled import freeze, read
from steward.store import keys
from steward.store.bucket import Bucket

from . import lemons
from .deployment import Deployment, Objects, deployed
from .test_corrections import correct, open_defect

DAYS = (14, 15)
PREDICTIONS, LABELS = "inbox/lemons/predictions/", "inbox/lemons/labels/"
PLACES = ("outcomes/", "corrections/", "defects/", "quarantine/", "ids/")
SEEDS = 6

type Trained = tuple[Objects, datetime]
type Step = Callable[[Deployment, pd.DataFrame], None]


def window(day: int) -> Window:
    return Window(lemons.START + timedelta(days=day), timedelta(days=1))


def maintain(steward: Deployment, turn: int = 0) -> None:
    now = steward.clock.now
    asked = MaintenanceRequested(occurred_at=now, model="lemons", as_of=now, correlation_id=f"care {turn}")
    assert steward.deliver("maintain_store", asked), steward.errors


def sold() -> pd.DataFrame:
    return pd.concat([lemons.sales(1, first_day=day, rows_a_day=90) for day in DAYS], ignore_index=True)


def scored(steward: Deployment, rows: pd.DataFrame) -> pd.DataFrame:
    return lemons.predictions(rows, steward.champion("lemons"))


def some_predictions(part: int, *also: int) -> Step:
    """A third of all predictions, perhaps with some ids that another third has."""

    def step(steward: Deployment, rows: pd.DataFrame) -> None:
        taken = pd.concat([rows.iloc[part::3], *(rows.iloc[other::3].iloc[:9] for other in also)])
        steward.upload(f"{PREDICTIONS}{part}.csv", lemons.csv(scored(steward, taken)))

    return step


def some_labels(part: int, *, timed: bool) -> Step:
    def step(steward: Deployment, rows: pd.DataFrame) -> None:
        steward.upload(f"{LABELS}{part}.csv", lemons.csv(lemons.labels(rows.iloc[part::3], timed=timed)))

    return step


def a_copy_that_was_taken_in_first(steward: Deployment, rows: pd.DataFrame) -> None:
    """The copy gives up all of its ids once the original comes: on the second maintenance, if there is one."""
    more = lemons.csv(scored(steward, lemons.sales(1, first_day=14, rows_a_day=30, seed=7)))
    names = [PREDICTIONS + "original.csv", PREDICTIONS + "copy.csv"]
    first, second = [steward.message_of(name, steward.upload(name, more)) for name in names]
    aws.sqs().purge_queue(QueueUrl=steward.queues["ingest_records"])
    steward.invoke("ingest_records", second)
    steward.settle()
    if steward.merging:  # type: ignore[attr-defined]
        maintain(steward, 99)
    steward.invoke("ingest_records", first)


def the_first_upload_again(steward: Deployment, rows: pd.DataFrame) -> None:
    version = aws.s3().head_object(Bucket=steward.data, Key=PREDICTIONS + "0.csv")["VersionId"]
    steward.invoke("ingest_records", steward.message_of(PREDICTIONS + "0.csv", version))


def a_correction(steward: Deployment, rows: pd.DataFrame) -> None:
    defect = open_defect(steward, 14)
    right = scored(steward, rows[rows["sold_at"] < "2024-01-16"].iloc[5:25]).assign(mileage=1000.0)
    correct(steward, defect, right)


def a_withdrawal(steward: Deployment, rows: pd.DataFrame) -> None:
    defect = open_defect(steward, 15)
    gone = rows[rows["sold_at"] >= "2024-01-16"].iloc[:10][["sale"]]
    correct(steward, defect, gone, kind="withdrawn-predictions", name="gone")


STEPS: tuple[Step, ...] = (
    some_predictions(0),
    some_labels(0, timed=True),
    some_labels(1, timed=False),  # their predictions come with the next step
    some_predictions(1),
    the_first_upload_again,
    a_correction,
    some_predictions(2, 0, 1),  # with ids that earlier uploads have
    some_labels(2, timed=False),
    a_copy_that_was_taken_in_first,
    a_withdrawal,
    some_labels(0, timed=True),  # the same labels in a newer file
    the_first_upload_again,
)


def conclusions(steward: Deployment) -> dict[str, object]:
    """All that rests on records: outcomes, corrections, defects, checks, and what a training would read."""
    data = Bucket(steward.data, steward.name)
    spec, _ = registry.current_spec(data, "lemons")
    manifest, rows = freeze(data, spec, lemons.START + timedelta(days=60))
    again = read(data, spec, manifest)
    pd.testing.assert_frame_equal(again, rows)
    return {
        **{place: steward.contents(place) for place in PLACES},
        **{f"check of {day}": lemons.examined(steward, window(day))[0] for day in DAYS},
        "dataset": (manifest.model_dump(exclude={"dataset"}), rows.to_csv()),
    }


def played(steward: Deployment, merged_after: set[int]) -> list[DatasetManifest]:
    """Take all steps, with maintenance after some; a dataset as it was frozen after each."""
    steward.merging = bool(merged_after)  # type: ignore[attr-defined]
    rows, frozen = sold(), []
    for turn, step in enumerate(STEPS):
        step(steward, rows)
        steward.settle()
        if turn in merged_after:
            maintain(steward, turn)
        data = Bucket(steward.data, steward.name)
        spec, _ = registry.current_spec(data, "lemons")
        frozen.append(freeze(data, spec, lemons.START + timedelta(days=60))[0])
    assert not steward.errors, steward.errors
    return frozen


@pytest.fixture(scope="module")
def without(first_champion: Trained) -> tuple[dict[str, object], list[DatasetManifest]]:
    """What comes of all steps when nothing is ever merged."""
    with deployed(named_by_content=True) as steward:
        steward.restore(*first_champion)
        frozen = played(steward, set())
        assert not steward.keys("merged/")
        return conclusions(steward), frozen


def when(seed: int) -> set[int]:
    turns = range(len(STEPS))
    return set(turns) if seed == 0 else set(random.Random(seed).sample(turns, 5))  # noqa: S311


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1, SEEDS))])
def test_whenever_files_are_merged_every_result_is_the_same(
    first_champion: Trained, without: tuple[dict[str, object], list[DatasetManifest]], seed: int
) -> None:
    expected, frozen = without
    with deployed(named_by_content=True) as steward:
        steward.restore(*first_champion)
        found_frozen = played(steward, when(seed))
        assert steward.keys("merged/")
        assert found_frozen == frozen
        found = conclusions(steward)
        assert {name for name in expected if found[name] != expected[name]} == set()
        maintain(steward, 100)
        again = conclusions(steward)
        assert {name for name in expected if again[name] != expected[name]} == set()
        data = Bucket(steward.data, steward.name)
        spec, _ = registry.current_spec(data, "lemons")
        for manifest in frozen:  # also files that others took the place of since
            assert len(read(data, spec, manifest)) > 0


def a_day_in_files(steward: Deployment, files: int) -> None:
    for day in DAYS:
        rows = lemons.sales(1, first_day=day, rows_a_day=10 * files)
        for part in range(files):
            steward.upload(f"{PREDICTIONS}{day}-{part}.csv", lemons.csv(scored(steward, rows.iloc[part::files])))
            steward.upload(f"{LABELS}{day}-{part}.csv", lemons.csv(lemons.labels(rows.iloc[part::files])))
    steward.settle()


def test_a_training_reads_two_objects_a_merged_window_and_kind(trained: Deployment) -> None:
    a_day_in_files(trained, 8)
    data = Bucket(trained.data, trained.name)
    spec, _ = registry.current_spec(data, "lemons")
    with lemons.keys_read() as before:
        manifest, rows = freeze(data, spec, trained.clock.now)
    maintain(trained)
    with lemons.keys_read() as after:
        same, again = freeze(data, spec, trained.clock.now)
    assert same == manifest
    pd.testing.assert_frame_equal(again, rows)
    assert len(before) - 14 == 2 * len(DAYS) * 8, "beside the fourteen days of reference rows"
    assert len(after) - 14 == 2 * len(DAYS) * 2, "an index and a carrier for each window and kind"


def test_other_engines_read_a_merged_window_as_one_file(trained: Deployment, tmp_path) -> None:
    a_day_in_files(trained, 4)
    maintain(trained)
    (carrier, *_) = [key for key in trained.keys("records/predictions/") if key.endswith("merged.parquet")]
    path = tmp_path / "merged.parquet"
    path.write_bytes(trained.contents(carrier)[carrier])
    (rows,) = duckdb.sql(f"select count(distinct sale) from '{path}'").fetchall()  # noqa: S608 - our own file
    assert rows == (40,)


def test_an_upload_while_files_are_merged_is_not_lost(trained: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = lemons.sales(1, first_day=14, rows_a_day=60)
    for part in range(2):
        trained.upload(f"{PREDICTIONS}{part}.csv", lemons.csv(scored(trained, rows.iloc[part::3])))
    trained.settle()
    replace, came = Bucket.replace, []

    def overtaken(self: Bucket, key: str, *rest: object) -> object:
        if key.startswith("merged/") and not came:
            came.append(key)
            trained.upload(f"{PREDICTIONS}2.csv", lemons.csv(scored(trained, rows.iloc[2::3])))
            trained.settle()
        return replace(self, key, *rest)

    monkeypatch.setattr(Bucket, "replace", overtaken)
    maintain(trained)
    assert came
    trained.settle()
    maintain(trained, 2)
    body, _ = lemons.examined(trained, window(14))
    assert b'"rows":60' in body


@pytest.mark.parametrize("dies_in", ["put", "replace", "erase"])
def test_a_merge_that_is_cut_off_is_done_by_the_next(
    trained: Deployment, monkeypatch: pytest.MonkeyPatch, dies_in: str
) -> None:
    a_day_in_files(trained, 3)
    data = Bucket(trained.data, trained.name)
    spec, _ = registry.current_spec(data, "lemons")
    manifest, rows = freeze(data, spec, trained.clock.now)
    with monkeypatch.context() as patched:
        patched.setattr(Bucket, dies_in, failing(getattr(Bucket, dies_in)))
        now = trained.clock.now
        asked = MaintenanceRequested(occurred_at=now, model="lemons", as_of=now, correlation_id="care")
        assert not trained.deliver("maintain_store", asked)
    trained.errors.clear()
    for _ in range(2):
        same, again = freeze(data, spec, trained.clock.now)
        assert same == manifest
        pd.testing.assert_frame_equal(again, rows)
        maintain(trained)
    assert all(key.endswith("merged.parquet") for key in trained.keys("records/predictions/"))


def failing(real: Callable[..., object]) -> Callable[..., object]:
    """What does its work for profiles, and dies at records."""

    def fails(self: Bucket, first: object, *rest: object, **more: object) -> object:
        named = first if isinstance(first, str) else next(iter(first := list(first)), ("",))[0]  # type: ignore[call-overload]
        if named.startswith(("records/", "merged/")):
            raise TimeoutError("the function ran out of time")
        return real(self, first, *rest, **more)

    return fails


def test_a_dataset_whose_files_are_gone_from_a_carrier_says_so(trained: Deployment) -> None:
    a_day_in_files(trained, 3)
    data = Bucket(trained.data, trained.name)
    spec, _ = registry.current_spec(data, "lemons")
    manifest, _ = freeze(data, spec, trained.clock.now)
    maintain(trained)
    for key in trained.keys("records/predictions/"):
        data.erase((item.key, item.version_id) for item in data.versions(key))
    with pytest.raises(ObjectMissing):
        read(data, spec, manifest)
    assert keys.records_of(manifest.objects[0].stored.key)
