"""confseq, by the authors of the papers, in C++."""

from confseq import boundaries

from tests.independent.sequential.cases import BOUNDARIES, PROPORTIONS

PACKAGES = ("confseq",)


def answers() -> dict[str, list]:
    return {
        "mixture_radius": [
            boundaries.normal_mixture_bound(
                case["information"], case["level"], case["narrowest"], case["level"], is_one_sided=False
            )
            / case["information"] ** 0.5
            for case in BOUNDARIES
        ],
        "proportion_sequence": [
            boundaries.bernoulli_confidence_interval(
                case["successes"], case["rows"], case["level"], float(case["planned_rows"]), case["level"]
            )
            for case in PROPORTIONS
        ],
    }
