"""A run is priced as `steward cost` prices functions."""

from steward.cost.prices import PriceList
from steward.retraining.run_cost import DOLLARS_A_GIGABYTE_SECOND


def test_the_price_of_a_run_is_that_of_the_price_list() -> None:
    price = PriceList.current().prices["lambda_arm64"]
    assert price.price / price.per == DOLLARS_A_GIGABYTE_SECOND
