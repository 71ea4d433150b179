"""A check speaks for exactly what it compared, and its gravest result speaks for the monitor."""

import pytest

from steward.monitoring.check import Check
from steward.results import MetricResult, Status
from tests.unit.examples import START, stored

SEVERITY: list[Status] = ["unknown", "ok", "drift", "breach"]


def result(status: Status = "ok", *, column: str | None = None, effect: float = 0.0, message: str = "") -> MetricResult:
    return MetricResult(
        monitor="feature_drift", column=column, statistic="psi", effect=effect, status=status, message=message or status
    )


def check(*results: MetricResult, **changes: object) -> Check:
    usual = {
        "model": "lemons",
        "version": "v1",
        "window": "20240101T000000Z_1d",
        "as_of": START,
        "batches": ["b1", "b2"],
        "label_batches": [],
        "baseline": stored("baseline"),
        "outcomes": None,
        "spec": stored("spec"),
        "rows": 10,
        "labelled_rows": 0,
        "results": list(results),
    }
    return Check.model_validate(usual | changes)


@pytest.mark.parametrize("grave", range(1, 5))
def test_the_gravest_result_is_the_monitors_status_in_any_order(grave: int) -> None:
    found = [result(status) for status in SEVERITY[:grave]]
    assert check(*found).statuses == check(*reversed(found)).statuses == {"feature_drift": SEVERITY[grave - 1]}


def test_a_summary_names_the_largest_effects_and_counts_the_rest() -> None:
    found = [result("drift", column=f"c{n}", effect=(-1) ** n * n, message=f"c{n} moved") for n in range(5)]
    assert (
        check(*found, result("ok", column="calm")).summary("feature_drift")
        == "c4 moved; c3 moved; c2 moved; and 2 more: `c1`, `c0`"
    )


def test_what_is_found_of_many_columns_is_named_up_to_a_dozen() -> None:
    found = [result("drift", column=f"c{n}", effect=float(n), message="moved") for n in range(20)]
    said = check(*found).summary("feature_drift")
    assert said.startswith("moved; moved; moved; and 17 more: `c16`, `c15`")
    assert said.endswith("`c5`, and 5 others")


def test_how_often_chance_does_it_is_said_once() -> None:
    chance = "; chance alone does this less than once in a billion windows; it carries 11 % of the model's importance"
    found = [result("drift", column=f"c{n}", effect=float(n), message=f"c{n} moved{chance}") for n in range(3)]
    said = check(*found).summary("feature_drift")
    assert said.count("chance alone") == 1
    assert said.startswith("c2 moved; chance alone does this less than once in a billion windows; it carries 11 %")
    carried = "; it carries 11 % of the model's importance"
    assert said.endswith(f"c1 moved{carried}; c0 moved{carried}")


def test_the_validity_of_all_rows_names_its_reasons_once() -> None:
    whole = "100.00% of 336 rows are invalid, where 1.00% are allowed: 100.00% have `Latitude` out of its range"
    found = check(
        result("breach", effect=1.0, message=whole).model_copy(
            update={"statistic": "invalid_share", "monitor": "validity"}
        ),
        result("breach", column="Latitude", message="100.00% of 336 rows").model_copy(update={"monitor": "validity"}),
    )
    assert found.summary("validity") == whole


def undecided(column: str) -> MetricResult:
    """Measured, and yet it cannot be told."""
    return result("unknown", column=column, message="windows differ").model_copy(update={"p_value": 0.3})


def test_a_quiet_monitor_says_of_which_columns_it_cannot_tell() -> None:
    doubtful = [undecided(f"c{n}") for n in range(5)]
    assert check(*doubtful, result("ok", column="calm")).summary("feature_drift") == (
        "cannot tell for 5 of 6 columns: `c0`, `c1`, `c2`, and 2 more; nothing found in the others; windows differ"
    )


def test_a_monitor_that_can_tell_of_no_column_does_not_say_that_it_found_nothing() -> None:
    assert check(undecided("c0")).summary("feature_drift") == ("cannot tell for 1 of 1 columns: `c0`; windows differ")


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("cannot tell whether `age` drifted: it moved up; windows differ", "`age` moved up; windows differ"),
        ("cannot tell: `age` is missing in 5.00% of 90 rows", "`age` is missing in 5.00% of 90 rows"),
        ("cannot tell whether the score in make=Fiat drifted: it moved up", "the score in make=Fiat moved up"),
    ],
)
def test_that_nothing_can_be_told_is_said_once(message: str, said: str) -> None:
    doubtful = undecided("age").model_copy(update={"message": message})
    sentence = check(doubtful, result("ok", column="calm")).summary("feature_drift")
    assert sentence.startswith(f"cannot tell for 1 of 2 columns: `age`; nothing found in the others; {said}")
    assert sentence.count("cannot tell") == 1


def test_a_monitor_that_cannot_tell_of_some_column_is_not_ok() -> None:
    assert check(result("ok", column="calm"), undecided("c0")).statuses == {"feature_drift": "unknown"}
    assert check(undecided("c0"), result("ok", column="calm")).statuses == {"feature_drift": "unknown"}
    assert check(undecided("c0"), breach("bad")).statuses == {"feature_drift": "breach"}


def breach(column: str | None, effect: float | None = None) -> MetricResult:
    message = f"{column or 'the whole'} is bad"
    return MetricResult(
        monitor="feature_drift", column=column, statistic="s", effect=effect, status="breach", message=message
    )


def test_a_result_without_an_effect_is_told_of_too() -> None:
    assert check(breach(None)).summary("feature_drift") == "the whole is bad"
    assert check(breach("age"), breach("age")).summary("feature_drift") == "age is bad"
    assert check(breach("age"), breach("make", 2.0)).summary("feature_drift") == "make is bad; age is bad"
    endless = check(breach("age", float("inf")), breach("make", 2.0)).model_dump_json()
    assert Check.model_validate_json(endless).summary("feature_drift") == "make is bad; age is bad"


def test_a_result_that_sums_up_others_is_left_out_where_they_are_told() -> None:
    assert check(breach(None), breach("age", 1.0)).summary("feature_drift") == "age is bad"


def test_a_quiet_monitor_says_so() -> None:
    assert check(result("ok", column="age")).summary("feature_drift") == "nothing found in this window"
    assert check(result("ok", message="within bounds")).summary("feature_drift") == "within bounds"


def test_the_id_follows_from_what_was_compared_and_from_nothing_else() -> None:
    usual = check().check
    assert check(result("breach"), labelled_rows=99).check == usual
    others = [
        check(rows=9),
        check(batches=["b1"]),
        check(baseline=stored("baseline", "b" * 64)),
        check(outcomes=stored("outcomes")),
        check(spec=stored("spec", "b" * 64)),
        check(version="v2"),
        check(window="20240102T000000Z_1d"),
    ]
    assert len({other.check for other in others} | {usual}) == 8


def test_a_window_that_had_not_ended_is_another_check_only_where_that_mattered() -> None:
    filling = result("unknown").model_copy(update={"monitor": "volume", "statistic": "rows_so_far"})
    assert check(ended=False).check == check().check
    assert check(filling, ended=False).check != check().check


def test_a_check_with_figures_that_json_has_no_word_for_reads_back() -> None:
    stored_check = check(result("drift", effect=float("inf"))).model_dump_json()
    assert Check.model_validate_json(stored_check).results[0].effect is None
