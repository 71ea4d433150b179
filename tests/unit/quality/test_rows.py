"""What arrived, how much of it is valid, unique and fresh: limits that people set, beyond doubt where rows are few."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from scipy import stats

from steward.profiles.ingestion_counts import IngestionCounts
from steward.quality.exact_proportion import exact_proportion
from tests.unit.properties import some_examples
from tests.unit.quality.contexts import SPEC, breached, columns, declared, judged, profile

SOME = some_examples(150, suppress_health_check=list(HealthCheck))


def arrived(accepted: int, *, rejected: int = 0, invalid: int = 0, duplicates: int = 0, files: int = 1):
    """A profile of which only the way in counts."""
    intake = IngestionCounts(
        accepted=accepted,
        rejected={"out_of_range price": rejected} if rejected else {},
        rejected_rows=rejected,
        invalid={"rule:paid_before_due": invalid} if invalid else {},
        invalid_rows=invalid,
        duplicates=duplicates,
        files=files,
    )
    return profile(columns(0), intake)


def status(monitor: str, **counts: int) -> str:
    return judged(arrived(**counts))[monitor][0].status


@SOME
@given(rows=st.integers(1, 400), share=st.floats(0, 1))
def test_intervals_are_clopper_and_pearsons(rows: int, share: float) -> None:
    hits = round(share * rows)
    found = exact_proportion(hits, rows)
    exact = stats.binomtest(hits, rows).proportion_ci(method="exact")
    assert found.low == pytest.approx(exact.low, rel=1e-6, abs=1e-9)
    assert found.high == pytest.approx(exact.high, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("hits", [0, 1, 50, 1500, 3000])
def test_intervals_of_many_rows_are_wilsons_and_close_to_exact(hits: int) -> None:
    found = exact_proportion(hits, 3000)
    exact = stats.binomtest(hits, 3000).proportion_ci(method="exact")
    assert found.low == pytest.approx(exact.low, abs=1.3e-3)
    assert found.high == pytest.approx(exact.high, abs=1.3e-3)


def test_a_clean_day_breaches_nothing() -> None:
    assert breached(judged()) == {}


def test_validity_tells_rows_reasons_and_limit() -> None:
    whole, rule, price = judged(arrived(5800, rejected=200, invalid=252))["validity"]
    assert whole.message == (
        "7.53% of 6,000 rows are invalid (95 % interval 6.89% to 8.23%), where 5.00% are allowed: "
        "4.20% break rule `paid_before_due`, 3.33% have `price` out of its range"
    )
    assert (whole.status, whole.effect, whole.threshold) == ("breach", whole.value, 0.05)
    assert (rule.statistic, rule.column, rule.status) == ("rule:paid_before_due", None, "ok")
    assert (price.statistic, price.column, price.status) == ("out_of_range", "price", "ok")


@pytest.mark.parametrize(
    ("rows", "bad", "expected"), [(1, 1, "ok"), (10, 2, "ok"), (10, 5, "breach"), (2, 2, "breach")]
)
def test_few_rows_cry_wolf_only_beyond_doubt(rows: int, bad: int, expected: str) -> None:
    assert status("validity", accepted=rows - bad, rejected=bad) == expected


def test_a_share_above_the_limit_that_chance_explains_is_told_so() -> None:
    message = judged(arrived(8, rejected=2))["validity"][0].message
    assert "no more beyond the 5.00% allowed than chance explains in so few" in message


@SOME
@given(
    accepted=st.integers(0, 3000),
    bad=st.integers(0, 400),
    more=st.integers(1, 400),
    kind=st.sampled_from(["rejected", "invalid"]),
)
def test_more_bad_rows_never_turn_a_breach_into_ok(accepted: int, bad: int, more: int, kind: str) -> None:
    accepted = max(accepted, bad + more)
    if status("validity", accepted=accepted, **{kind: bad}) == "breach":
        assert status("validity", accepted=accepted, **{kind: bad + more}) == "breach"


@SOME
@given(accepted=st.integers(1, 3000), duplicates=st.integers(0, 400), more=st.integers(1, 400))
def test_more_duplicates_never_turn_a_breach_into_ok(accepted: int, duplicates: int, more: int) -> None:
    if status("uniqueness", accepted=accepted, duplicates=duplicates) == "breach":
        assert status("uniqueness", accepted=accepted, duplicates=duplicates + more) == "breach"


@SOME
@given(parts=st.lists(st.tuples(*[st.integers(0, 50)] * 4), min_size=1, max_size=5), at=st.integers(0, 5))
def test_how_the_rows_are_split_into_batches_changes_nothing(parts, at) -> None:
    profiles = [arrived(a, rejected=r, invalid=i, duplicates=d) for a, r, i, d in parts]
    one, *others = [*profiles[at:], *profiles[:at]]
    rotated = sum(others, start=one)
    whole = sum(profiles[1:], start=profiles[0])
    assert judged(rotated) == judged(whole)
    counts = [sum(part[which] for part in parts) for which in range(4)]
    straight = arrived(counts[0], rejected=counts[1], invalid=counts[2], duplicates=counts[3], files=len(parts))
    assert judged(straight)["validity"] == judged(whole)["validity"]
    assert judged(straight)["uniqueness"] == judged(whole)["uniqueness"]


def test_duplicates_are_told_of_by_the_id() -> None:
    (found,) = judged(arrived(900, duplicates=100))["uniqueness"]
    assert found.status == "breach"
    assert found.message.startswith("10.00% of 1,000 rows have a `sale` that came before (95 % interval ")
    assert "where 1.00% are allowed; the earlier row of each stands" in found.message
    assert judged(arrived(900, duplicates=100))["validity"][0].status == "ok"


def test_rows_whose_way_in_is_not_known_are_not_called_valid() -> None:
    found = judged(profile(None, IngestionCounts(accepted=10)))
    assert {name: found[name][0].status for name in ("validity", "uniqueness", "schema_consistency")} == dict.fromkeys(
        ("validity", "uniqueness", "schema_consistency"), "unknown"
    )


@pytest.mark.parametrize(("hours", "expected"), [(1.9, "ok"), (2.1, "breach")])
def test_freshness_is_the_median_lag(hours: float, expected: str) -> None:
    (found,) = judged(profile(lag=timedelta(hours=hours)))["freshness"]
    assert found.status == expected
    assert found.value == pytest.approx(hours * 3600, rel=0.01)
    if expected == "breach":
        assert "arrived within 2:0" in found.message
        assert "where 2h is allowed; 100% came later than that" in found.message


def test_freshness_without_times_is_not_known() -> None:
    assert judged(profile(columns(0)))["freshness"][0].status == "unknown"


@pytest.mark.parametrize(
    ("monitor", "changed", "seen"),
    [
        ("validity: {maximum: 0.2}", "validity", arrived(900, rejected=100)),
        ("uniqueness: {maximum: 0.2}", "uniqueness", arrived(900, duplicates=100)),
        ("freshness: {maximum_lag: 5h}", "freshness", profile(lag=timedelta(hours=3))),
    ],
)
def test_limits_are_the_declared_ones_and_null_switches_off(monitor: str, changed: str, seen) -> None:
    assert changed in breached(judged(seen))
    usual = SPEC.replace("  freshness: {maximum_lag: 2h}\n", "")
    assert changed not in breached(judged(seen, spec=declared(f"{usual}  {monitor}\n")))
    assert changed not in judged(seen, spec=declared(f"{usual}  {changed}: null\n"))
