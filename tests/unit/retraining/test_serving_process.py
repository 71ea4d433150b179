"""A process of its own says what scoring with an artifact takes."""

import io
import itertools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steward.errors import UntrustedArtifact
from steward.retraining import artifact, recipe
from steward.retraining.serving_process import (
    REPETITIONS,
    WARM_UP,
    ScoringReport,
    main,
    request_of,
    score_repeatedly,
)
from steward.spec.policies import Recipe
from tests.unit import examples

SPEC = examples.spec(
    """\
model: loans
owner: bank@example.com
task: binary_classification
columns: {id: id, time: at, score: risk, label: repaid}
features: {income: numeric, town: categorical, signed: datetime}
"""
)
RNG = np.random.default_rng(0)
ROWS = pd.DataFrame({"income": RNG.normal(size=60), "town": ["Ulm", None, "Bonn"] * 20})
ROWS.loc[3, "income"] = np.nan
BODY = artifact.dump(recipe.fit(Recipe(estimator="LogisticRegression"), SPEC, ROWS, RNG.random(60) < 0.5))


def test_every_repetition_that_is_not_a_warm_up_is_timed(tmp_path: Path) -> None:
    ticks = itertools.count()
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmHWM:\t  204800 kB\n")
    report = score_repeatedly(request_of(SPEC, ROWS, 5), BODY, lambda: next(ticks) / 1000, status)
    assert report.milliseconds == pytest.approx([1.0] * REPETITIONS)
    assert report.peak_bytes == 204_800 * 1024


def test_slow_versions_are_timed_less_often_and_a_system_that_does_not_say_its_memory_is_no_error(
    tmp_path: Path,
) -> None:
    ticks = itertools.count()
    report = score_repeatedly(request_of(SPEC, ROWS, 1), BODY, lambda: float(next(ticks)), tmp_path / "none")
    assert 10 < len(report.milliseconds) < REPETITIONS
    assert WARM_UP > 0
    assert report.peak_bytes is None


@pytest.mark.parametrize("count", [1, 60, 150])
def test_as_many_rows_are_scored_as_asked_for_as_the_holdout_has_them(count: int) -> None:
    request = request_of(SPEC, ROWS, count)
    rows = json.loads(request.rows)
    assert len(rows) == count
    assert set(rows[0]) == {"income", "town"}
    frame = pd.DataFrame(rows, columns=["income", "town"])
    expected = recipe.score(artifact.load(BODY), SPEC, ROWS.iloc[[at % 60 for at in range(count)]])
    assert recipe.score(artifact.load(BODY), SPEC, frame) == pytest.approx(expected)


def test_a_request_is_answered_with_one_line_and_a_pickle_is_refused() -> None:
    line = request_of(SPEC, ROWS, 1).model_dump_json().encode() + b"\n"
    sink = io.StringIO()
    main(io.BytesIO(line + BODY), sink)
    assert ScoringReport.model_validate_json(sink.getvalue()).milliseconds
    with pytest.raises(UntrustedArtifact):
        main(io.BytesIO(line + b"\x80\x04cposix\nsystem\n."), sink)
