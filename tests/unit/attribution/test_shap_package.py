"""The attributions of small models are those of the `shap` package."""

import json
from pathlib import Path

import numpy as np
import pytest

from steward.attribution.shapley import attribute
from steward.retraining import artifact
from tests.independent.shap_values import CASES, attributed, output

EXPECTED = Path(__file__).parent / "expected"


def expected(name: str) -> dict[str, object]:
    return json.loads((EXPECTED / f"{name}.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_exact_attributions_agree_with_the_shap_package(name: str) -> None:
    """To the single precision in which its tree explainer reads the background."""
    theirs = expected(name)
    model = artifact.load((EXPECTED / f"{name}.skops").read_bytes())
    rows, background = attributed(CASES[name])
    outputs = output(model, rows, CASES[name])
    np.testing.assert_allclose(
        outputs.max(axis=1), theirs["outputs"], rtol=1e-9, err_msg="other rows: run tests/independent/shap_values.py"
    )
    ours = attribute(model, rows, background)
    precision = 1e-6 if theirs["explainer"] == "tree" else 1e-9
    np.testing.assert_allclose(ours.values, theirs["values"], atol=precision)
    np.testing.assert_allclose(ours.base, theirs["base"], atol=1e-9)
