"""What fitting a version takes: `python -m tests.benchmarks.cost.fitting --rows 20000 80000 --columns 10 40`.

Each estimator with its default parameters in a process of its own on one thread: span, fit, baseline, importances and
artifact, as `train_model` does them. Seconds are those of the processor, megabytes the largest resident size. Beside
each stands what `steward.retraining.fit_estimate` says of it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from typing import get_args

import numpy as np
import pandas as pd

from steward.retraining import artifact
from steward.retraining.dataset import dataset_rows
from steward.retraining.fitting import fit_version
from steward.retraining.manifest import DatasetManifest, DatasetObject
from steward.retraining.version_baseline import baseline_of
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from steward.spec.recipe import Estimator
from tests.unit.examples import START, stored


def declare(estimator: str, columns: int, parameters: dict[str, object] | None = None) -> ModelSpec:
    """A model with so many features, every other one a category."""
    regression = estimator.endswith("Regressor") or estimator in {"Ridge", "ElasticNet"}
    task = "regression" if regression else "binary_classification"
    output = "prediction: guess" if regression else "score: guess"
    features = "\n".join(f"  f{at}: {'categorical' if at % 2 else 'numeric'}" for at in range(columns))
    recipe = json.dumps({"estimator": estimator, "parameters": parameters or {}})
    metric = "validation: {metric: roc_auc}\n" if estimator == "IsolationForest" else ""
    return read_spec(
        f"model: sized\nowner: us\ntask: {task}\ncolumns: {{id: id, time: at, {output}, label: label}}\n"
        f"features:\n{features}\nwindow: {{length: 1d}}\nretraining: {{recipe: {recipe}}}\n{metric}"
    )


def draw(rows: int, columns: int, *, regression: bool) -> pd.DataFrame:
    """Rows of fifty days whose label depends on all features."""
    random = np.random.default_rng(0)
    numbers = {f"f{at}": random.normal(size=rows) for at in range(0, columns, 2)}
    texts = {
        f"f{at}": random.choice([f"c{one}" for one in range(20)], rows).astype(object) for at in range(1, columns, 2)
    }
    signal = sum(numbers.values()) / len(numbers) ** 0.5 + random.normal(size=rows)
    return pd.DataFrame(
        {
            "id": [f"r{row}" for row in range(rows)],
            "at": pd.Timestamp(START) + pd.to_timedelta(np.linspace(0, 50 * 86_400, rows).round(), unit="s"),
            **numbers,
            **texts,
            "label": signal if regression else np.where(signal > 0, "1", "0"),
        }
    )


def measure(estimator: str, rows: int, columns: int) -> dict[str, float]:
    """Processor seconds and peak megabytes of one training in this process."""
    spec = declare(estimator, columns)
    item = DatasetObject(kind="reference", batch="b", stored=stored())
    table = dataset_rows({item: draw(rows, columns, regression=spec.task == "regression")}, spec)
    manifest = DatasetManifest.of(spec, [], table["at"].max().to_pydatetime(), "production")
    began = time.process_time()
    fitted = fit_version(spec, table, manifest)
    baseline_of(spec, fitted)
    artifact.dump(fitted.released)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": round(time.process_time() - began, 2), "megabytes": round(peak)}


def main() -> None:
    """Print one line for each estimator and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[20_000, 80_000])
    parser.add_argument("--columns", type=int, nargs="+", default=[10, 40])
    parser.add_argument("--estimators", nargs="+", default=list(get_args(Estimator)))
    parser.add_argument("--here", action="store_true", help="Measure in this process.")
    asked = parser.parse_args()
    for estimator in asked.estimators:
        for rows in asked.rows:
            for columns in asked.columns:
                if asked.here:
                    print(json.dumps(measure(estimator, rows, columns)))
                    continue
                command = [sys.executable, "-m", "tests.benchmarks.cost.fitting", "--here", "--estimators", estimator]
                command += ["--rows", str(rows), "--columns", str(columns)]
                environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
                done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
                print(f"{estimator:32} {rows:8,} rows {columns:3} columns {done.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
