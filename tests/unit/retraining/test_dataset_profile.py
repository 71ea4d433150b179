"""The profile of a dataset counts what its columns hold, and holds no cell of a category or text."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.retraining.dataset_profile import DatasetProfile
from tests.unit.examples import SPEC, START, sales, spec
from tests.unit.properties import some_examples

OTHERS = SPEC.replace("  make: categorical\n", "  make: categorical\n  serviced: datetime\n  note: text\n").replace(
    "  label: lemon\n", "  label: lemon\n  entity: buyer\n"
)


@some_examples(15)
@given(st.integers(0, 9), st.floats(0, 1))
def test_every_cell_is_counted_once(seed: int, empty: float) -> None:
    random = np.random.default_rng(seed)
    rows = sales(200, seed=seed)
    gaps = random.random((200, 2)) < empty
    rows = rows.assign(
        age=rows["age"].mask(gaps[:, 0]),
        make=rows["make"].mask(gaps[:, 1]),
        serviced=pd.Timestamp(START),
        note="a note",
        buyer=[f"b{row % 7}" for row in range(200)],
    )
    found = DatasetProfile.of(rows, spec(OTHERS))
    assert DatasetProfile.model_validate_json(found.model_dump_json()) == found
    assert (found.rows, found.entities, sum(found.labels.values())) == (200, 7, 200)
    assert (found.start, found.end) == (START, START + timedelta(days=10, seconds=-1))
    assert found.columns["age"].missing == gaps[:, 0].sum()
    assert (found.columns["make"].missing, found.columns["make"].distinct or 0) == (
        gaps[:, 1].sum(), rows["make"].nunique(),
    )  # fmt: skip
    if not gaps[:, 0].all():
        assert found.columns["age"].mean == pytest.approx(rows["age"].mean())
        assert found.columns["age"].minimum == rows["age"].min()
    assert found.columns["serviced"].earliest == START
    assert found.columns["note"].distinct == 1


def test_rows_without_a_label_are_counted_among_the_rows_alone() -> None:
    rows = sales(100).assign(lemon=lambda table: table["lemon"].where(table.index < 60))
    assert sum(DatasetProfile.of(rows, spec()).labels.values()) == 60
    assert DatasetProfile.of(rows.drop(columns="lemon"), spec()).labels == {}
