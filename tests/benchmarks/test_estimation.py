"""The promised errors of estimates: `make benchmark`, or this file by itself with `pytest -s -m benchmark`."""

import pytest

from tests.benchmarks.estimation.__main__ import main
from tests.benchmarks.estimation.figures import known

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]


def test_estimates_are_no_farther_from_the_truth_than_confidence_based_ones():
    main()
    for figures in known():
        if figures.metric in ("roc_auc", "accuracy"):
            assert figures.steward <= figures.cbpe, figures
