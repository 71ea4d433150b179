"""Which differences between stored and recomputed results are rounding, and which are not."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from steward.monitoring.recomputation import compare_results
from steward.results import MetricResult, Precision
from tests.processors import other, pinned
from tests.unit.monitoring import synthetic_models
from tests.unit.recomputed import RESULTS

ROOT = Path(__file__).resolve().parents[3]


def evaluated(path: Path, environment: dict[str, str]) -> list[MetricResult]:
    """The results of stored evidence, by a process with these settings of the numerical libraries."""
    command = [sys.executable, "-m", "tests.unit.recomputed", str(path)]
    done = subprocess.run(command, env=os.environ | environment, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return RESULTS.validate_json(done.stdout)


def test_what_the_functions_computed_is_the_same_under_the_arithmetic_of_another_processor(tmp_path: Path) -> None:
    frame = synthetic_models.rows("binary", 7, 3000, moved=0.3)
    labelled = synthetic_models.everything(frame)
    path = tmp_path / "evidence"
    path.write_bytes(pickle.dumps(synthetic_models.evidence(frame, labelled=labelled)))
    stored, recomputed = evaluated(path, pinned()), evaluated(path, other())
    assert stored != recomputed
    found = compare_results(stored, recomputed)
    assert found.same, [str(difference) for difference in found.differences]
    assert found.rounded
    assert 0 < found.deviation < 1e-6


RESULT = MetricResult(
    monitor="roc_auc",
    segment="town=north",
    statistic="roc_auc",
    value=0.75,
    baseline=0.8,
    p_value=1e-30,
    significance=0.01,
    effect=-0.05,
    rows=120,
    status="breach",
    precision=Precision(window=0.01, unchanged=0.01, skewness=0.0, holdout=0.02, observations=120),
    message="roc auc is 0.750 (n = 120)",
)


@pytest.mark.parametrize(
    "change",
    [
        {"value": float(np.nextafter(0.75, 1))},
        {"effect": -0.05 + 5e-13},
        {"value": 0.75 + 1e-12, "message": "roc auc is 0.751 (n = 120)"},
        {"p_value": 1e-30 * (1 + 1e-8)},
    ],
)
def test_rounding_is_no_difference(change: dict[str, object]) -> None:
    found = compare_results([RESULT], [RESULT.model_copy(update=change)])
    assert found.same
    assert found.rounded == 1
    assert 0 < found.deviation < 1e-6


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": 0.75001}, "value was 0.75, and is 0.75001"),
        ({"status": "ok"}, "status was breach, and is ok"),
        ({"rows": 121}, "rows was 120, and is 121"),
        ({"p_value": 1e-29}, "p_value was 1e-30, and is 1e-29"),
        ({"p_value": None}, "p_value was 1e-30, and is none"),
        ({"left_out": ("red",)}, "left_out was (), and is ('red',)"),
        ({"message": "roc auc is 0.810 (n = 120)"}, "message was 'roc auc is 0.750 (n = 120)', and is"),
        (
            {"precision": RESULT.precision and RESULT.precision.model_copy(update={"holdout": 0.03})},
            "precision.holdout was 0.02, and is 0.03",
        ),
    ],
)
def test_a_difference_names_its_field_and_both_values(change: dict[str, object], words: str) -> None:
    """Also where the first figure of the result, which people see first, is the same."""
    found = compare_results([RESULT], [RESULT.model_copy(update=change)])
    assert not found.same
    assert str(found.differences[0]).startswith(f"roc_auc roc_auc of town=north: {words}")
    assert found.summary(2) == "Recomputed from 2 stored profiles: 1 of 1 results differ by more than rounding."


def test_a_result_of_one_side_alone_is_a_difference() -> None:
    more = RESULT.model_copy(update={"segment": None})
    assert [str(found) for found in compare_results([RESULT], [more, RESULT]).differences] == [
        "roc_auc roc_auc: result was none, and is breach"
    ]
    assert [str(found) for found in compare_results([RESULT, more], [RESULT]).differences] == [
        "roc_auc roc_auc: result was breach, and is none"
    ]


def test_what_storage_writes_as_null_is_compared_as_it_is_stored() -> None:
    stored = RESULT.model_copy(update={"high": None})
    assert compare_results([stored], [RESULT.model_copy(update={"high": float("inf")})]).same


def test_an_effect_that_cancels_out_is_measured_against_what_it_is_the_difference_of() -> None:
    """A mean absolute error in cents of some millions, and its change by nothing."""
    large = RESULT.model_copy(update={"value": 4e8, "baseline": 4e8, "effect": 0.0})
    assert compare_results([large], [large.model_copy(update={"effect": 6e-8})]).same
    assert not compare_results([large], [large.model_copy(update={"effect": 0.1})]).same
