"""The same answers as confseq, gbstats and savvi: tests/independent/sequential/expected_values.py stored theirs."""

import json
from pathlib import Path

import pytest
from scipy import stats

from steward.experiments.arm_sums import MetricSums
from steward.experiments.boundaries import mixture_radius
from steward.experiments.effects import _Moments, difference_of_means
from steward.experiments.sample_ratio import _CONCENTRATION, multinomial_log_evidence
from steward.experiments.sequences import proportion_sequence
from steward.student_t import student_quantile
from tests.independent.sequential.cases import ARMS, BOUNDARIES, CONCENTRATION, COUNTS, PROPORTIONS

EXPECTED = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (Path(__file__).parent / "expected").glob("*.json")
}


@pytest.mark.parametrize(("case", "answer"), list(zip(BOUNDARIES, EXPECTED["confseq"]["mixture_radius"], strict=True)))
def test_the_normal_mixture_is_that_of_confseq(case: dict, answer: float) -> None:
    assert mixture_radius(**case) == pytest.approx(answer, rel=1e-9)


@pytest.mark.parametrize(
    ("case", "answer"), list(zip(PROPORTIONS, EXPECTED["confseq"]["proportion_sequence"], strict=True))
)
def test_the_interval_of_a_proportion_is_that_of_confseq(case: dict, answer: list[float]) -> None:
    found = proportion_sequence(**case)
    assert [found.low, found.high] == pytest.approx(answer, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize(("case", "answer"), list(zip(ARMS, EXPECTED["gbstats"]["sequential_difference"], strict=True)))
def test_a_difference_of_means_is_that_of_gbstats(case: dict, answer: dict) -> None:
    """Its slope is that of both arms thrown together, ours that within arms; with an effect they differ a little."""
    arms = [
        MetricSums(
            rows=case[arm]["rows"],
            total=case[arm]["total"],
            squares=case[arm]["squares"],
            covariate_total=case[arm]["before"],
            covariate_squares=case[arm]["before_squares"],
            products=case[arm]["products"],
        )
        for arm in ("champion", "challenger")
    ]
    found = difference_of_means(*arms, adjusted=case["adjusted"])
    assert found.value == pytest.approx(answer["value"], rel=1e-2 if case["adjusted"] else 1e-9)
    assert found.standard_error == pytest.approx(answer["standard_error"], rel=1e-4 if case["adjusted"] else 1e-9)
    assert found.degrees == pytest.approx(answer["degrees"], rel=1e-2 if case["adjusted"] else 1e-9)
    error = sum(_Moments.of(arm).variance(answer["slope"]) for arm in arms) ** 0.5
    assert error == pytest.approx(answer["standard_error"], rel=1e-9)
    rows = sum(arm.rows for arm in arms)
    margin = mixture_radius(rows, case["level"], case["planned_rows"]) * error
    assert margin == pytest.approx((answer["high"] - answer["low"]) / 2, rel=1e-9)


@pytest.mark.parametrize(
    ("case", "answer"), list(zip(COUNTS, EXPECTED["savvi"]["multinomial_log_evidence"], strict=True))
)
def test_the_evidence_against_the_shares_is_that_of_savvi(case: dict, answer: float) -> None:
    arms = [f"arm-{at}" for at in range(len(case["counts"]))]
    counts, weights = (dict(zip(arms, case[what], strict=True)) for what in ("counts", "weights"))
    assert CONCENTRATION == _CONCENTRATION
    assert multinomial_log_evidence(counts, weights) == pytest.approx(answer, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("degrees", [15, 40, 127, 254])
@pytest.mark.parametrize("deviation", [2.3, 3.5, 4.5])
def test_students_correction_reaches_as_far_as_sequences_need_it(degrees: int, deviation: float) -> None:
    exact = stats.t.isf(stats.norm.sf(deviation), degrees)
    assert student_quantile(degrees, deviation) == pytest.approx(exact, rel=0.02)
