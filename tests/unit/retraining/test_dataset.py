"""The rows of a run: each id once, with its newest label, in order of time, and split where the manifest says."""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import TrainingImpossible
from steward.retraining.dataset import is_positive, labelled_rows
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.retraining.profile_inputs import by_window
from steward.retraining.versions import version_name
from steward.spec.recipe import Recipe
from tests.unit.examples import DAY, SPEC, START, sales, spec, stored
from tests.unit.properties import some_examples

FEATURES = {"age": 5.0, "mileage": 60_000.0, "make": "Ford"}


def held(kind: str, batch: str) -> DatasetObject:
    return DatasetObject.model_validate(
        {"kind": kind, "batch": batch, "stored": stored(f"records/{kind}/{batch}.parquet")}
    )


def predictions(*ids: str, age: float = 5.0) -> pd.DataFrame:
    times = pd.Timestamp(START) + pd.to_timedelta(np.arange(len(ids)), unit="h")
    return pd.DataFrame({"sale": list(ids), "sold_at": times, **FEATURES | {"age": age}})


def labels(**lemons: str) -> pd.DataFrame:
    return pd.DataFrame({"sale": list(lemons), "lemon": pd.Categorical(list(lemons.values()))})


def test_predictions_meet_their_labels_and_the_rest_is_left_out() -> None:
    rows = labelled_rows(
        {held("predictions", "b1"): predictions("a", "b"), held("labels", "b2"): labels(b="1", c="0")}, spec()
    )
    assert rows[["sale", "lemon"]].to_numpy().tolist() == [["b", "1"]]


def test_of_several_labels_of_an_id_the_newest_stands() -> None:
    frames = {
        held("labels", "20240103-x"): labels(a="1"),
        held("labels", "20240102-y"): labels(a="0"),
        held("predictions", "20240101-z"): predictions("a"),
    }
    assert labelled_rows(frames, spec())["lemon"].tolist() == ["1"]


def test_of_several_predictions_of_an_id_the_earliest_stands() -> None:
    frames = {
        held("predictions", "20240102-y"): predictions("a", age=9.0),
        held("predictions", "20240101-z"): predictions("a", age=4.0),
        held("labels", "20240103-x"): labels(a="1"),
    }
    assert labelled_rows(frames, spec())["age"].tolist() == [4.0]


def test_reference_rows_bring_their_labels() -> None:
    reference = sales(10)
    rows = labelled_rows({held("reference", "b1"): reference}, spec())
    pd.testing.assert_frame_equal(rows, reference[rows.columns.tolist()])


@some_examples(15)
@given(st.permutations(range(4)))
def test_the_order_of_reading_makes_no_difference(order: list[int]) -> None:
    parts = [
        (held("predictions", "20240101-a"), predictions("a", "b", "c")),
        (held("predictions", "20240102-b"), predictions("c", "d", age=9.0)),
        (held("labels", "20240103-c"), labels(a="0", b="1", d="0")),
        (held("labels", "20240104-d"), labels(b="0", c="1")),
    ]
    rows = labelled_rows(dict(parts[at] for at in order), spec())
    pd.testing.assert_frame_equal(rows, labelled_rows(dict(parts), spec()))
    assert rows.set_index("sale")["lemon"].to_dict() == {"a": "0", "b": "0", "c": "1", "d": "0"}
    assert rows["sold_at"].is_monotonic_increasing


@pytest.mark.parametrize("kind", ["predictions", "labels"])
def test_one_without_the_other_is_nothing_to_learn_from(kind: str) -> None:
    frame = predictions("a") if kind == "predictions" else labels(a="1")
    with pytest.raises(TrainingImpossible, match="upload reference data, or labels of predictions"):
        labelled_rows({held(kind, "b1"): frame}, spec())


def test_labels_are_positive_however_they_are_written() -> None:
    written = spec(SPEC + 'positive_label: "TRUE"\n')
    assert is_positive(pd.DataFrame({"lemon": pd.Categorical(["1", "0"])}), written).tolist() == [True, False]


def test_a_baseline_is_given_every_row_once_window_by_window() -> None:
    rows = sales().assign(make=lambda frame: frame["make"].where(frame.index % 7 > 0))
    chunks = [(window, portion.chunk) for window, portion in by_window(rows, spec())]
    assert sum(chunk.rows for _, chunk in chunks) == len(rows)
    assert [window.start for window, _ in chunks] == [START + day * DAY for day in range(10)]
    ages, makes = ([chunk.columns[name] for _, chunk in chunks] for name in ("age", "make"))
    assert np.concatenate([column.values for column in ages]).tolist() == rows["age"].tolist()  # noqa: PD011 - no frame
    assert sum(int((column.codes < 0).sum()) for column in makes) == rows["make"].isna().sum()


objects = st.lists(
    st.builds(held, st.sampled_from(["labels", "predictions"]), st.text("abc", min_size=1)),
    unique_by=lambda item: item.stored.key,
    min_size=1,
    max_size=5,
)


@given(objects, st.data())
def test_a_dataset_is_named_by_its_content_not_by_the_order_of_listing(
    found: list[DatasetObject], data: st.DataObject
) -> None:
    manifest = DatasetManifest.of(spec(), found, START, "production")
    assert DatasetManifest.of(spec(), data.draw(st.permutations(found)), START, "production") == manifest
    assert DatasetManifest.model_validate_json(manifest.model_dump_json()).dataset == manifest.dataset
    assert DatasetManifest.of(spec(), found[1:], START, "production").dataset != manifest.dataset
    assert DatasetManifest.of(spec(), found, START + DAY, "production").dataset != manifest.dataset


@given(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001
def test_the_newest_row_is_in_the_holdout(moment: datetime) -> None:
    newest = moment.replace(tzinfo=START.tzinfo)
    manifest = DatasetManifest.of(spec(), [], newest, "production")
    assert manifest.holdout_start <= newest < manifest.end
    assert manifest.end - newest <= timedelta(seconds=1)


def test_a_version_is_named_by_what_it_is_made_of() -> None:
    recipe, libraries = Recipe(estimator="LogisticRegression"), {"numpy": "2.5", "scipy": "1.18"}
    name = version_name(START, "r1", "d1", recipe, libraries)
    assert name.startswith("20240101-")
    assert version_name(START, "r1", "d1", recipe, dict(reversed(libraries.items()))) == name
    others = {
        version_name(START, "r2", "d1", recipe, libraries),
        version_name(START, "r1", "d2", recipe, libraries),
        version_name(START, "r1", "d1", recipe.model_copy(update={"seed": 1}), libraries),
        version_name(START, "r1", "d1", recipe, libraries | {"numpy": "2.6"}),
        version_name(START + DAY, "r1", "d1", recipe, libraries),
    }
    assert len(others | {name}) == 6
