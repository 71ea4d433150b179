"""Rows of one customer, device or session do not count as independent, and a comparison says so."""

import numpy as np
import pandas as pd
import pytest

from steward import compare
from steward.offline.suggestion import suggest
from steward.spec.document import read_spec


def table(  # noqa: PLR0917
    name: str | None, entities: int, each: int, seed: int, alike: float = 0.3, shift: float = 0.0
) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(entities), each)
    columns = {
        f"x{at}": shift + np.sqrt(alike) * random.normal(size=entities)[owner] + np.sqrt(1 - alike) * random.normal(
            size=len(owner))
        for at in range(6)
    }  # fmt: skip
    if name is not None:
        columns[name] = [f"{seed}-{at}" for at in owner]
    return pd.DataFrame(columns).sample(frac=1, random_state=seed)


DECLARED = """
model: m
owner: o
task: binary_classification
columns: {id: id, time: at, score: s, entity: whose}
features: {x0: numeric, x1: numeric, x2: numeric, x3: numeric, x4: numeric, x5: numeric}
retraining: {}
"""


@pytest.mark.parametrize("name", ["customer_id", "DeviceId", "session", "user", "patient_no"])
def test_a_column_that_says_whom_rows_are_about_is_found_and_said(name) -> None:
    reference = table(name, 300, 8, 1)
    found = compare(reference, table(name, 60, 8, 2))
    assert found.columns[name].role == "entity"
    assert not found.columns[name].compared
    assert not found.drift.independent_rows
    (note,) = [note for note in found.notes if note.startswith(f"`{name}`")]
    assert "2,400 cells have 300 different values" in note
    assert f"entity: {name}  # its name says" in suggest(reference)
    assert read_spec(suggest(reference)).columns.entity == name


@pytest.mark.parametrize("name", ["customer_id", "request_id"])
def test_names_that_come_once_are_no_entities(name) -> None:
    reference = table(name, 400, 1, 1)
    assert compare(reference, reference).columns[name].role != "entity"
    assert "entity:" not in suggest(reference)


@pytest.mark.parametrize("each", [2, 10])
def test_neighbours_of_one_customer_are_seen_in_a_long_table(each) -> None:
    reference = table("customer_id", 100_000 // each, each, 1).sort_index()
    assert compare(reference, reference.head(500)).columns["customer_id"].role == "entity"


def test_unchanged_clusters_seldom_alarm_and_shifted_ones_do() -> None:
    """Ten rows a customer, intraclass correlation 0.5: 40 windows, of which chance allows none or one."""
    spec, reference = read_spec(DECLARED), table("whose", 500, 10, 0, 0.5)
    alarms = sum(
        compare(reference, table("whose", 40, 10, seed, 0.5), spec=spec).drift.detected for seed in range(1, 21)
    )
    without = sum(
        compare(reference, table("whose", 40, 10, seed, 0.5), spec=read_spec(DECLARED.replace(", entity: whose", "")))
        .drift.detected for seed in range(1, 8))  # fmt: skip
    assert alarms <= 1
    assert without >= 3
    assert compare(reference, table("whose", 100, 10, 99, 0.5, shift=1.0), spec=spec).drift.detected


def test_rows_that_come_in_groups_are_told_of_where_no_column_says_so() -> None:
    def grouped(seed: int) -> pd.DataFrame:
        random, owner = np.random.default_rng(seed), np.repeat(np.arange(100), 6)
        frame = table(None, 100, 6, seed).sort_index()
        return frame.assign(income=random.gamma(2, 1000, 100)[owner], limit=random.normal(size=100)[owner])

    found = compare(grouped(1), grouped(2))
    (note,) = [note for note in found.notes if note.startswith("rows seem to come in groups")]
    assert "`income` and `limit` repeat together in 100% of the rows (6.0 rows a group)" in note
    assert "declare columns.entity" in note
    assert "rows seem to come in groups" in suggest(grouped(1)).replace("Rows", "rows")


@pytest.mark.parametrize("digits", [0, 1, 6])
def test_rounded_numbers_that_repeat_by_themselves_are_no_groups(digits) -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{at}": (1000 * random.random(1000)).round(digits) for at in range(5)})
    assert not [note for note in compare(frame, frame).notes if note.startswith("rows seem")]


def test_an_entity_may_be_a_feature_too() -> None:
    spec = read_spec(DECLARED.replace("entity: whose", "entity: x0"))
    assert spec.columns.entity == "x0"


def test_a_declared_entity_that_the_reference_lacks_is_told_of() -> None:
    reference = table(None, 100, 2, 1)
    found = compare(reference, table("whose", 100, 2, 2), spec=read_spec(DECLARED))
    assert "rows count as independent: the reference has no `whose`, the declared columns.entity" in found.notes
