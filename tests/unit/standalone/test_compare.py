"""Two tables are compared without any deployment."""

import numpy as np
import pandas as pd

import steward


def table(rows: int, shift: float = 0.0, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({"x": random.normal(shift, 1, rows), "kind": random.choice(list("abc"), rows)})


def test_a_table_never_drifts_from_itself() -> None:
    assert not steward.compare(table(3000), table(3000)).drift.detected


def test_a_shift_is_found_and_named() -> None:
    report = steward.compare(table(3000), table(3000, 0.4, seed=1))
    assert report.drift.detected
    assert "x" in report.drift.columns


def test_a_column_that_changed_its_type_is_unknown_not_ok() -> None:
    report = steward.compare(table(500), table(500).assign(x="text"))
    assert {result.status for result in report.results if result.column == "x"} == {"unknown"}


def test_a_column_that_is_gone_is_unknown_not_ok() -> None:
    report = steward.compare(table(500), table(500).drop(columns="x"))
    assert {result.status for result in report.results if result.column == "x"} == {"unknown"}
