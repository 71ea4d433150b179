"""`steward export --format onnx` writes a model that other runtimes score with, once it says the same."""

import json
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import patch

import numpy as np
import onnxruntime

from steward.cli import version_onnx

from .deployment import Deployment
from .terminal import reached, run


def test_an_exported_version_scores_elsewhere_and_names_how_far_it_is_off(trained: Deployment, tmp_path: Path) -> None:
    target = tmp_path / "lemons.onnx"
    with reached(trained):
        told = json.loads(run("export", "lemons", "champion", "--to", str(target), "--json").stdout)
        again = run("export", "lemons", "champion", "--to", str(target))
    assert told["largest_difference"] < told["tolerance"] == 1e-4
    assert 1500 < told["rows"] < 1700
    assert again.code == 2
    assert "is there already, and nothing is overwritten" in again.text
    session = onnxruntime.InferenceSession(target)
    rows = {"age": np.array([[2], [20]], np.float32), "mileage": np.array([[9e4], [9e4]], np.float32),
            "make": np.array([["Ford"], [""]], dtype=object)}  # fmt: skip
    (probabilities,) = session.run(None, rows)
    assert probabilities.shape == (2, 2)
    assert probabilities[1, 1] > probabilities[0, 1]


def test_packages_that_are_missing_are_named_with_how_to_get_them(trained: Deployment) -> None:
    with (
        patch.object(version_onnx, "find_spec", lambda name: None if name == "skl2onnx" else find_spec(name)),
        reached(trained),
    ):
        shown = run("export", "lemons", "champion")
    assert shown.code == 2
    assert 'ONNX needs skl2onnx, which this Python does not have: pip install "model-steward[onnx]"' in shown.text
