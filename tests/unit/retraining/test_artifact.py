"""An artifact is the same bytes wherever it is made, loads only what is trusted, and scores as before."""

import functools
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from threadpoolctl import threadpool_limits

from steward.errors import TrainingImpossible, UntrustedArtifact
from steward.retraining import artifact, recipe
from steward.retraining.recipe import feature_frame
from steward.spec.recipe import UNWEIGHTED, Estimator
from tests.nightly import nightly
from tests.unit.examples import sales, spec
from tests.unit.fitting import RECIPES, body, declared, digests, fitted
from tests.unit.properties import some_examples
from tests.unit.trained import fit_by

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As the template has it."""
    with threadpool_limits(1):
        yield


FIT_ELSEWHERE = """
import sys
from tests.unit.fitting import digests
print(*digests(whole=sys.argv[1] == "True"))
"""


@pytest.mark.parametrize("whole", [False, *nightly((True,))])
def test_every_estimator_gives_the_same_bytes_in_every_process(*, whole: bool) -> None:
    """Each option of a recipe by one estimator; each estimator without them is in `test_platform` too."""
    environment = os.environ | {"PYTHONHASHSEED": "12345", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environment["OPENBLAS_NUM_THREADS"] = "1"
    command = [sys.executable, "-c", FIT_ELSEWHERE, str(whole)]
    printed = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    here = digests(whole=whole)
    assert printed.split() == here
    assert len(set(here)) == len(here)


def test_another_seed_gives_another_forest() -> None:
    assert artifact.dump(fitted("forest", seed=1)) != body("forest")


@pytest.mark.parametrize("name", RECIPES)
def test_a_loaded_model_scores_as_the_one_that_was_stored(name: str) -> None:
    unseen = sales(seed=1)
    loaded = artifact.load(body(name))
    np.testing.assert_array_equal(recipe.score(loaded, spec(), unseen), recipe.score(fitted(name), spec(), unseen))


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize(
    "change",
    [
        {"make": "DeLorean"},
        {"make": None},
        {"mileage": np.nan},
        {"make": None, "age": np.nan, "mileage": np.nan},
        {"make": pd.Categorical(["Ford"] * 400, categories=["Ford", "DeLorean"])},
    ],
    ids=["unseen category", "missing category", "missing number", "all missing", "categorical column"],
)
def test_rows_with_unseen_or_missing_values_are_scored(name: str, change: dict[str, object]) -> None:
    scores = recipe.score(artifact.load(body(name)), spec(), sales(seed=1).assign(**change))
    assert scores.shape == (400,)
    assert ((scores >= 0) & (scores <= 1)).all()


@pytest.mark.parametrize("name", RECIPES)
@pytest.mark.parametrize("empty", [{"mileage": np.nan}, {"make": None}])
def test_a_column_that_training_never_saw_filled_is_no_obstacle(name: str, empty: dict[str, object]) -> None:
    rows = sales().assign(**empty)
    model = recipe.fit(declared(name), spec(), rows, (rows["lemon"] == "1").to_numpy())
    assert np.isfinite(recipe.score(artifact.load(artifact.dump(model)), spec(), sales(seed=1))).all()


@pytest.mark.parametrize(
    ("estimator", "weighted"),
    [
        *((one, one not in UNWEIGHTED) for one in get_args(Estimator)),
        *nightly(*((one, False) for one in get_args(Estimator) if one not in UNWEIGHTED)),
    ],
)
def test_every_estimator_trains_loads_and_scores_alike_and_again_to_the_same_bytes(
    estimator: str, *, weighted: bool
) -> None:
    model = fit_by(estimator, weighted=weighted)
    content = artifact.dump(model)
    assert artifact.dump(fit_by(estimator, weighted=weighted)) == content
    loaded = artifact.load(content)
    unseen = feature_frame(sales(seed=1).assign(make="DeLorean"), spec())
    score = "predict_proba" if hasattr(model, "predict_proba") else "predict"
    found = getattr(loaded, score)(unseen)
    np.testing.assert_array_equal(found, getattr(model, score)(unseen))
    assert np.isfinite(found).all()
    assert found.std() > 0


def test_the_better_world_is_learnt() -> None:
    rows = sales(seed=1)
    scores = recipe.score(fitted("logistic"), spec(), rows)
    assert scores[rows["lemon"] == "1"].mean() > scores[rows["lemon"] == "0"].mean() + 0.2


@pytest.mark.parametrize("parameters", [{"C": "much"}, {"no_such": 1}, {"C": -1.0}])
def test_parameters_that_the_estimator_refuses_are_told_of(parameters: dict[str, object]) -> None:
    rows = sales()
    with pytest.raises(TrainingImpossible, match="LogisticRegression could not be fitted"):
        recipe.fit(declared("logistic", parameters=parameters), spec(), rows, (rows["lemon"] == "1").to_numpy())


def holding(function: Callable[..., object]) -> Pipeline:
    return Pipeline([("columns", FunctionTransformer(function)), ("estimator", LogisticRegression())])


@pytest.mark.parametrize(
    "model",
    [holding(os.system), holding(functools.partial(os.system, "true")), holding(eval)],
    ids=["a function of os", "a partial of it", "eval"],
)
def test_an_artifact_that_asks_for_a_dangerous_function_is_refused(model: Pipeline) -> None:
    with pytest.raises(UntrustedArtifact, match=r"not trusted: .*(system|eval)"):
        artifact.load(skops.io.dumps(model))


def with_schema(change: Callable[[dict[str, object]], object]) -> bytes:
    """A stored artifact with its schema tampered with."""
    source, target = zipfile.ZipFile(io.BytesIO(body("logistic"))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "schema.json":
                content = json.dumps(change(json.loads(content))).encode()
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema | {"__module__": "os", "__class__": "system"},
        lambda schema: schema | {"__class__": "popen", "__module__": "os", "__loader__": "FunctionNode"},
        lambda schema: schema | {"__loader__": "NoSuchNode"},
        lambda schema: [],
        lambda schema: None,
    ],
)
def test_an_artifact_that_was_tampered_with_is_refused(change: Callable[[dict[str, object]], object]) -> None:
    with pytest.raises(UntrustedArtifact):
        artifact.load(with_schema(change))


class Bomb:
    """What a pickle would set off."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return (pytest.fail, ("a pickle was loaded",))


@pytest.mark.parametrize("content", [b"", b"PK", b"model", pickle.dumps(Bomb())], ids=["empty", "PK", "text", "pickle"])
def test_what_is_no_skops_file_is_refused_and_never_unpickled(content: bytes) -> None:
    with pytest.raises(UntrustedArtifact, match="not a skops file"):
        artifact.load(content)


def test_something_trusted_that_is_no_pipeline_is_refused() -> None:
    with pytest.raises(UntrustedArtifact, match="holds a LogisticRegression, not a pipeline"):
        artifact.load(skops.io.dumps(LogisticRegression()))


@some_examples(60)
@given(st.data())
def test_a_damaged_artifact_is_refused_or_whole(data: st.DataObject) -> None:
    content = bytearray(body("logistic"))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    try:
        model = artifact.load(bytes(content[: data.draw(st.integers(at, len(content)))]))
    except UntrustedArtifact:
        return
    assert isinstance(model, Pipeline)


@pytest.mark.parametrize("name", RECIPES)
def test_rows_without_any_value_cannot_be_learnt_from(name: str) -> None:
    rows = sales().assign(age=np.nan, mileage=np.nan, make=None)
    with pytest.raises(TrainingImpossible, match="no feature that recipes learn from has a value"):
        recipe.fit(declared(name), spec(), rows, (rows["lemon"] == "1").to_numpy())
