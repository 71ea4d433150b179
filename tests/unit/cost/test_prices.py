"""What is counted is priced by one dated list."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.cost.month import DAYS, HOURS, CostCalibration, polls
from steward.cost.prices import PriceList, PriceName, add_uses, scale_use

PRICES = PriceList.current()
uses = st.dictionaries(st.sampled_from(sorted(PRICES.prices)), st.floats(0, 1e9))


def test_the_list_says_when_and_where_it_holds() -> None:
    assert date(2026, 1, 1) <= PRICES.as_of
    assert PRICES.region == "us-east-1"


@pytest.mark.parametrize(
    ("name", "quantity", "amount", "after_free"),
    [
        ("s3_writes", 1000, 0.005, 0.005),
        ("s3_reads", 10_000, 0.004, 0.004),
        ("sqs_requests", 3_000_000, 1.2, 0.8),
        ("lambda_arm64", 400_000, 5.33336, 0),
        ("scheduler_invocations", 1_000_000, 1, 0),
    ],
)
def test_a_line_costs_what_the_list_says(name: PriceName, quantity: float, amount: float, after_free: float) -> None:
    (line,) = PRICES.bill({name: quantity})
    assert (line.amount, line.after_free) == (pytest.approx(amount), pytest.approx(after_free))


@given(uses, uses)
def test_bills_add_up(one: dict[PriceName, float], other: dict[PriceName, float]) -> None:
    both = PRICES.bill(add_uses(one, other))
    assert both.amount == pytest.approx(PRICES.bill(one).amount + PRICES.bill(other).amount)
    assert both.after_free <= both.amount + 1e-9
    assert PRICES.bill(scale_use(one, 2)).amount == pytest.approx(2 * PRICES.bill(one).amount)


def test_a_month_is_its_uploads_hours_and_days() -> None:
    measured = CostCalibration(
        measured=date(2026, 1, 1),
        seconds_a_call=0.03,
        kept_minutes=10,
        upload={"s3_writes": 1},
        hour={"s3_reads": 1},
        day={"logs": 1},
        watch={},
    )
    assert measured.month(10) == {"s3_writes": 10, "s3_reads": HOURS, "logs": DAYS}


def test_a_million_predictions_a_day_cost_at_most_a_dollar_a_month_in_requests_and_compute() -> None:
    month = CostCalibration.current().month(uploads=DAYS * 288)
    assert PRICES.bill(month).amount <= 1


def test_an_idle_deployment_costs_at_most_a_dollar_a_month_but_for_alarms() -> None:
    """Two queues with a maximum of concurrency are asked 15 times a minute, four 6 times; the watch runs hourly."""
    assert polls(1, 0) == 15 * 43_200
    assert polls(0, 1) == 6 * 43_200
    assert PRICES.bill(CostCalibration.current().idle(2, 4, alarms=0)).amount <= 1
    assert PRICES.bill(CostCalibration.current().idle(2, 4, alarms=8)).after_free <= 1
