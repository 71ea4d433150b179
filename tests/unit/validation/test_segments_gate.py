"""A gain on average does not hide that a segment lost."""

from typing import Any

import numpy as np
import pytest

from steward.spec.validation_policy import ValidationPolicy
from steward.validation.contest import judge
from steward.validation.evaluation import GateResult
from steward.validation.gates import GATES

from .test_gates import BLURRED, CHANCE, ROWS, contest

FEW = np.arange(0, ROWS, 10)
REST = np.setdiff1d(np.arange(ROWS), FEW)
SEGMENTS = {"make=Fiat": FEW, "make=Ford": REST}
WORSE_FOR_FEW = np.where(np.isin(np.arange(ROWS), FEW), 1 - CHANCE, CHANCE)


def judged(margin: float | None = 0.02, **changes: Any) -> list[GateResult]:
    named = [gate for gate in GATES if gate.name == "segments"]
    settings = {"segments": SEGMENTS, "champion": BLURRED} | changes
    return judge(named, contest(**settings), ValidationPolicy(segment_margin=margin))


def test_a_segment_that_lost_is_named_though_the_average_gains() -> None:
    contestants: dict[str, Any] = {"challenger": WORSE_FOR_FEW, "champion": np.full(ROWS, 0.5)}
    average = judge([gate for gate in GATES if gate.name == "better_than_champion"], contest(**contestants),
                    ValidationPolicy())  # fmt: skip
    assert average[0].passed
    (result,) = judged(**contestants)
    assert not result.passed
    assert result.message.startswith("1 of 2 segments lost more against champion v1 than the 0.02 that ")
    assert "make=Fiat: log loss loses " in result.message
    assert [(finding.name, finding.passed, finding.rows) for finding in result.findings] == [
        ("make=Fiat", False, 200),
        ("make=Ford", True, 1800),
    ]
    (allowed,) = judged(margin=3.0, **contestants)
    assert allowed.passed


def test_no_loss_passes_and_says_how_many_segments_can_tell() -> None:
    (result,) = judged(segments={**SEGMENTS, "make=Opel": FEW[:2]})
    assert result.passed
    assert result.message.endswith("; 2 of 3 have enough rows to tell")
    assert "make=Opel: not measured: the holdout spans " in result.findings[2].message


def test_more_segments_ask_for_more_proof_of_each() -> None:
    alone, among = (
        judged(challenger=WORSE_FOR_FEW, segments=dict.fromkeys(names, FEW))[0].findings[0].message
        for names in (["a"], [str(at) for at in range(10)])
    )
    assert "with 95.00% confidence" in alone
    assert "with 99.50% confidence" in among


@pytest.mark.parametrize("changes", [{"margin": None}, {"segments": {}}, {"champion_version": None}])
def test_nothing_is_asked_without_margin_segments_or_champion(changes: dict[str, Any]) -> None:
    assert judged(**changes) == []


def test_a_segment_with_one_class_is_no_measure_of_ranking() -> None:
    named = [gate for gate in GATES if gate.name == "segments"]
    positive = np.flatnonzero(contest().labels)
    (result,) = judge(named, contest(segments={"a": positive}), ValidationPolicy(metric="roc_auc", segment_margin=0.1))
    assert (result.passed, "each class needs two" in result.findings[0].message) == (True, True)
