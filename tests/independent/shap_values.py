"""Write what the `shap` package says of small models: the values that `steward.attribution.shapley` must agree with.

It runs in an environment of its own, with the scikit-learn and skops of uv.lock:

    uv venv --python .venv/bin/python .local/independent/shap
    uv pip install --python .local/independent/shap/bin/python shap==0.54.1 scikit-learn==1.9.1 skops==0.16.0
    .local/independent/shap/bin/python tests/independent/shap_values.py

It writes `tests/unit/attribution/expected/<case>.json` and, beside it, the model that the values belong to, as a skops
file. The tests read both. They do not fit the model again: what `exp` gives depends on the processor, and a tree may
split elsewhere for it.
"""

import importlib.metadata
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import skops.io
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

EXPECTED = Path(__file__).resolve().parents[1] / "unit" / "attribution" / "expected"
TRAINED, BACKGROUND, ATTRIBUTED = 400, 30, 25

Labels = Literal["two", "three", "number"]


@dataclass(frozen=True)
class Case:
    """A model, what it learns, and which explainer of the package speaks for it."""

    pipeline: Callable[[], Pipeline]
    labels: Labels
    explainer: Literal["tree", "linear", "exact"]
    gaps: bool = False
    """Whether cells are missing."""


NUMBERS = ["age", "income", "visits", "distance", "noise"]
CATEGORIES = ["make", "region"]


def plain(estimator: Any, numbers: Any = "passthrough") -> Callable[[], Pipeline]:
    columns = ColumnTransformer([("numbers", numbers, NUMBERS)])
    return lambda: Pipeline([("columns", columns), ("estimator", estimator)])


def with_codes(estimator: Any) -> Callable[[], Pipeline]:
    ordinal = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan, dtype=np.float64
    )
    columns = ColumnTransformer([("categories", ordinal, CATEGORIES), ("numbers", "passthrough", NUMBERS)])
    return lambda: Pipeline([("columns", columns), ("estimator", estimator)])


def with_indicators(estimator: Any) -> Callable[[], Pipeline]:
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=4)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = ColumnTransformer([("categories", one_hot, CATEGORIES), ("numbers", scaled, NUMBERS)])
    return lambda: Pipeline([("columns", columns), ("estimator", estimator)])


SMALL = {"max_iter": 25, "max_leaf_nodes": 8, "early_stopping": False, "random_state": 0}
GROVE = {"n_estimators": 15, "max_depth": 6, "random_state": 0}

CASES: dict[str, Case] = {
    "boosting_two_classes": Case(plain(HistGradientBoostingClassifier(**SMALL)), "two", "tree"),
    "boosting_missing_cells": Case(plain(HistGradientBoostingClassifier(**SMALL)), "two", "tree", gaps=True),
    "boosting_three_classes": Case(plain(HistGradientBoostingClassifier(**SMALL)), "three", "tree"),
    "boosting_regressor": Case(plain(HistGradientBoostingRegressor(**SMALL)), "number", "tree"),
    "boosting_poisson": Case(plain(HistGradientBoostingRegressor(loss="poisson", **SMALL)), "number", "tree"),
    "boosting_categories": Case(
        with_codes(HistGradientBoostingClassifier(categorical_features=[0, 1], **SMALL)), "two", "exact", gaps=True
    ),
    "forest_two_classes": Case(plain(RandomForestClassifier(**GROVE)), "two", "tree"),
    "forest_three_classes": Case(plain(RandomForestClassifier(**GROVE)), "three", "tree"),
    "forest_regressor": Case(plain(RandomForestRegressor(**GROVE)), "number", "tree"),
    "forest_categories": Case(with_codes(RandomForestClassifier(**GROVE)), "two", "exact", gaps=True),
    "logistic_two_classes": Case(with_indicators(LogisticRegression()), "two", "exact", gaps=True),
    "logistic_three_classes": Case(with_indicators(LogisticRegression()), "three", "exact"),
    "logistic_numbers": Case(plain(LogisticRegression(), StandardScaler()), "two", "linear"),
    "ridge": Case(plain(Ridge()), "number", "linear"),
}


def table(case: Case, rows: int, seed: int) -> pd.DataFrame:
    """Features whose numbers a single-precision float holds exactly."""
    random = np.random.default_rng(seed)
    normal = random.normal(size=(rows, len(NUMBERS)))
    normal[:, 1] = 0.7 * normal[:, 0] + 0.7 * normal[:, 1]
    frame = pd.DataFrame(np.round(normal * 64) / 64, columns=NUMBERS)
    frame["make"] = random.choice(np.array(["Ford", "Opel", "Fiat", "Audi", "Seat", "Lada"], dtype=object), rows)
    frame["region"] = random.choice(np.array(["north", "south"], dtype=object), rows)
    if case.gaps:
        frame = frame.mask(random.random(frame.shape) < 0.1)
        frame[CATEGORIES] = frame[CATEGORIES].astype(object).where(frame[CATEGORIES].notna(), None)
    return frame if case.explainer == "exact" else frame[NUMBERS]


def labels(case: Case, frame: pd.DataFrame, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    numbers = frame[NUMBERS].fillna(0.0)
    score = numbers["age"] - 0.5 * numbers["income"] + numbers["visits"] * numbers["distance"]
    if "make" in frame:
        score = score + (frame["make"] == "Fiat") * 2 - (frame["region"] == "north")
    score = (score + 0.3 * random.normal(size=len(frame))).to_numpy()
    match case.labels:
        case "two":
            return score > 0
        case "three":
            return np.digitize(score, [-0.7, 0.7])
        case "number":
            return np.exp(score / 2)


def fit(case: Case) -> Pipeline:
    frame = table(case, TRAINED, seed=1)
    return case.pipeline().fit(frame, labels(case, frame, seed=2))


def attributed(case: Case) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows to attribute, and the background."""
    return table(case, ATTRIBUTED, seed=3), table(case, BACKGROUND, seed=4)


def output(model: Pipeline, frame: pd.DataFrame, case: Case) -> np.ndarray:
    """What is attributed, shape (rows, outputs): log-odds or raw scores where the model adds them up."""
    if case.labels == "number":
        values = model.predict(frame)
        values = np.log(values) if getattr(model[-1], "loss", "") == "poisson" else values
    elif hasattr(model, "decision_function"):
        values = model.decision_function(frame)
    else:
        values = model.predict_proba(frame)
        values = values[:, 1:] if values.shape[1] == 2 else values
    return np.asarray(values, dtype=np.float64).reshape(len(frame), -1)


def explain(case: Case, model: Pipeline) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values of each row's own output, that output, and the background's mean of it."""
    import shap  # noqa: PLC0415 - the tests that import this module have no such package

    rows, background = attributed(case)
    outputs = output(model, rows, case)
    chosen = outputs.argmax(axis=1)
    if case.explainer == "tree":
        explainer = shap.TreeExplainer(
            model[-1], model[:-1].transform(background), feature_perturbation="interventional", model_output="raw"
        )
        values = explainer.shap_values(model[:-1].transform(rows), check_additivity=True)
    elif case.explainer == "linear":
        masker = shap.maskers.Independent(model[:-1].transform(background), max_samples=BACKGROUND)
        values = shap.LinearExplainer(model[-1], masker).shap_values(model[:-1].transform(rows))
    else:
        values = _exact(shap, model, rows, background, case)
    values = np.asarray(values).reshape(len(rows), rows.shape[1], -1)
    if values.shape[2] == 2 and outputs.shape[1] == 1:
        values = values[:, :, 1:]
    own = values[np.arange(len(rows)), :, chosen]
    return own, outputs[np.arange(len(rows)), chosen], output(model, background, case).mean(axis=0)[chosen]


def _exact(shap: Any, model: Pipeline, rows: pd.DataFrame, background: pd.DataFrame, case: Case) -> np.ndarray:
    """All coalitions, asked of the whole pipeline; the package sees the cells as codes."""
    both = pd.concat([rows, background], ignore_index=True)
    cells = {name: list(dict.fromkeys(None if pd.isna(cell) else cell for cell in both[name])) for name in both}
    codes = np.column_stack([[cells[name].index(None if pd.isna(c) else c) for c in both[name]] for name in both])

    def ask(coded: np.ndarray) -> np.ndarray:
        frame = pd.DataFrame(
            {
                name: pd.Series([cells[name][int(code)] for code in coded[:, at]], dtype=both[name].dtype)
                for at, name in enumerate(both)
            }
        )
        return output(model, frame, case)

    masker = shap.maskers.Independent(codes[len(rows) :].astype(float), max_samples=BACKGROUND)
    found = shap.explainers.ExactExplainer(ask, masker)(codes[: len(rows)].astype(float), silent=True)
    return found.values  # noqa: PD011 - an explanation, not a frame


def main() -> None:
    versions = {name: importlib.metadata.version(name) for name in ("shap", "scikit-learn", "numpy", "skops")}
    EXPECTED.mkdir(parents=True, exist_ok=True)
    for name, case in CASES.items():
        stored = EXPECTED / f"{name}.skops"
        skops.io.dump(fit(case), stored, compression=zipfile.ZIP_DEFLATED, compresslevel=9)
        model = skops.io.load(stored, trusted=skops.io.get_untrusted_types(file=stored))
        values, outputs, base = explain(case, model)
        worst = float(np.abs(values.sum(axis=1) + base - outputs).max())
        if worst > 1e-6:
            raise RuntimeError(f"{name}: the values of shap miss the output by {worst:.1e}; it saw another model")
        print(f"{name}: {values.shape[0]} rows of {values.shape[1]} features, efficient to {worst:.1e}")
        document = {
            "versions": versions,
            "explainer": case.explainer,
            "outputs": outputs.tolist(),
            "base": base.tolist(),
            "values": values.tolist(),
        }
        (EXPECTED / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
