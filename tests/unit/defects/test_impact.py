"""What bad rows are in is followed through the manifests, and adds up in any order."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from steward.defects.correction import CorrectedWindow, Correction, impact_with_corrections
from steward.defects.impact import AffectedDataset, AffectedObject, AffectedVersion, Impact, trace_impact
from steward.events import ObjectRef
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.retraining.versions import VersionManifest
from steward.spec.windows import Window
from tests.unit.defects.samples import WINDOWS
from tests.unit.examples import DAY, START, stored


def at(window: str, batch: str = "b1", kind: str = "predictions") -> ObjectRef:
    day = Window.parse(window).start
    return stored(f"records/{kind}/model=lemons/date={day:%Y-%m-%d}/hour=00/{batch}.parquet")


def bad(window: str, rows: int | None = None) -> AffectedObject:
    return AffectedObject(window=window, rows=rows, stored=at(window))


def dataset(
    *windows: str, start: datetime | None = None, corrections: tuple[ObjectRef, ...] = ()
) -> tuple[ObjectRef, DatasetManifest]:
    objects = [DatasetObject(kind="predictions", batch="b1", stored=at(window)) for window in windows]
    objects += [DatasetObject(kind="corrections/predictions", batch="c1", stored=one) for one in corrections]
    end = Window.parse(windows[-1]).end
    manifest = DatasetManifest(model="lemons", start=start, holdout_start=end - DAY, end=end, objects=tuple(objects))
    return stored(f"models/lemons/datasets/{manifest.dataset}/manifest.json"), manifest


def version(name: str, made_of: ObjectRef, trained_until: datetime) -> VersionManifest:
    return VersionManifest(
        model="lemons", version=name, run="r", as_of=START, spec=stored("s"), dataset=made_of, recipe=None,
        libraries={}, features=[], importances={}, artifact=None, baseline=stored("b"), training_rows=1, constant=(),
        training_start=START, trained_until=trained_until, holdout_rows=1, holdout_until=START,
    )  # fmt: skip


objects = st.builds(bad, st.sampled_from(WINDOWS[:5]), st.none() | st.integers(1, 9))
datasets = st.builds(lambda number: AffectedDataset(dataset=str(number), stored=stored(str(number))), st.integers(0, 3))
versions = st.builds(
    lambda number, use: AffectedVersion(version=f"v{number}", dataset="d", use=use),
    st.integers(0, 3),
    st.sampled_from(["training", "holdout", "training and holdout"]),
)
parts = st.builds(
    lambda one, two, three: Impact(
        windows=tuple(item.window for item in one), objects=one, datasets=two, versions=three
    ),
    st.lists(objects, max_size=4).map(tuple),
    st.lists(datasets, max_size=3).map(tuple),
    st.lists(versions, max_size=3).map(tuple),
)


@given(st.lists(parts, min_size=1, max_size=5), st.randoms())
def test_what_is_touched_adds_up_in_any_order_however_often(found: list[Impact], random: object) -> None:
    shuffled = [*found, *found]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sum(shuffled, start=Impact()) == sum(found, start=Impact())


def test_a_version_is_marked_by_what_its_bad_rows_were_used_for() -> None:
    whole = dataset(*WINDOWS[:10])
    name = whole[1].dataset
    until = Window.parse(WINDOWS[7]).start
    made = [version("v1", whole[0], until)]

    def use(*windows: str) -> str:
        touched = trace_impact([bad(window) for window in windows], {name: whole}, made, corrected={})
        return touched.versions[0].use

    assert use(WINDOWS[2]) == "training"
    assert use(WINDOWS[8]) == "holdout"
    assert use(WINDOWS[2], WINDOWS[8]) == "training and holdout"
    assert trace_impact([bad(WINDOWS[8])], {name: whole}, made, corrected={}).trained == ()


def test_only_datasets_that_read_the_rows_are_touched() -> None:
    reading, without = dataset(*WINDOWS[:4]), dataset(*WINDOWS[3:6])
    beyond = dataset(*WINDOWS[:8], start=Window.parse(WINDOWS[5]).start)
    known = {one[1].dataset: one for one in (reading, without, beyond)}
    touched = trace_impact([bad(WINDOWS[1])], known, [], corrected={})
    assert [item.dataset for item in touched.datasets] == [reading[1].dataset]
    assert touched.windows == (WINDOWS[1],)


def test_a_dataset_that_reads_the_corrected_rows_is_not_touched() -> None:
    replaced = at(WINDOWS[1], "c1-replaced", "corrections/predictions")
    before, after = dataset(*WINDOWS[:4]), dataset(*WINDOWS[:5], corrections=(replaced,))
    known = {one[1].dataset: one for one in (before, after)}
    correction = Correction(
        model="lemons", defect="d", kind="predictions", batch="c1-replaced", source="inbox/a.csv", as_of=START,
        rejected=0,
        windows=(
            CorrectedWindow(
                window=WINDOWS[1], rows=3, versions=("v1",), superseded=(bad(WINDOWS[1], 3),), stored=replaced
            ),
        ),
    )  # fmt: skip
    touched = impact_with_corrections(
        [bad(WINDOWS[1])], [correction], known, [version("v2", after[0], START + timedelta(days=9))]
    )
    assert [item.dataset for item in touched.datasets] == [before[1].dataset]
    assert touched.versions == ()
    assert [item.rows for item in touched.objects] == [3]
    suspected = impact_with_corrections([bad(WINDOWS[1])], [], known, [])
    assert len(suspected.datasets) == 2
