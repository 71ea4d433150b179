"""GrowthBook's statistics: sequential t-tests of sums, with regression adjustment."""

from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
from gbstats.models.statistics import RegressionAdjustedStatistic, SampleMeanStatistic

from tests.independent.sequential.cases import ARMS

PACKAGES = ("gbstats", "numpy", "scipy")


def _statistic(arm: dict, *, adjusted: bool) -> RegressionAdjustedStatistic | SampleMeanStatistic:
    after = SampleMeanStatistic(n=arm["rows"], sum=arm["total"], sum_squares=arm["squares"])
    before = SampleMeanStatistic(n=arm["rows"], sum=arm["before"], sum_squares=arm["before_squares"])
    if not adjusted:
        return after
    return RegressionAdjustedStatistic(
        n=arm["rows"],
        post_statistic=after,
        pre_statistic=before,
        post_pre_sum_of_products=arm["products"],
        theta=0,  # the test works it out
    )


def answers() -> dict[str, list]:
    found = []
    for case in ARMS:
        config = SequentialConfig(
            difference_type="absolute", alpha=case["level"], sequential_tuning_parameter=case["planned_rows"]
        )
        arms = [_statistic(case[arm], adjusted=case["adjusted"]) for arm in ("champion", "challenger")]
        test = SequentialTwoSidedTTest(*arms, config)
        low, high = test.confidence_interval
        found.append(
            {
                "value": test.point_estimate,
                "standard_error": test.variance**0.5,
                "degrees": test.dof,
                "low": low,
                "high": high,
                "slope": test.stat_a.theta if case["adjusted"] else 0.0,
            }
        )
    return {"sequential_difference": found}
