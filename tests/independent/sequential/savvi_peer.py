"""savvi: the sequential multinomial test, by the author of its paper."""

import math

import numpy as np
from savvi.multinomial import Multinomial

from tests.independent.sequential.cases import CONCENTRATION, COUNTS

PACKAGES = ("savvi", "numpy", "scipy")


def answers() -> dict[str, list]:
    found = []
    for case in COUNTS:
        test = Multinomial(0.001, np.array(case["weights"]), CONCENTRATION)
        test.update(np.array(case["counts"]))
        found.append(math.log(test.odds))
    return {"multinomial_log_evidence": found}
