"""The page has a section for each gate of each judgement, with the figures that it decided by."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.reporting.interval_drawing import WIDTH, draw_interval
from steward.reporting.judgements import MOST_FINDINGS, judgements
from steward.reporting.ledger_projection import LedgerProjection
from steward.reporting.page import page
from tests.unit.examples import stored

from .evidence import entry, gates_of, judged, reported, usual
from .test_page import HOSTILE, LARGEST_PAGE, harmless

FIGURES = st.floats(-1e6, 1e6)


def test_each_gate_has_a_section_with_figure_limit_interval_and_rows() -> None:
    html = page(reported(validations=[judged(), judged("v2", passed=False, day=3)]))
    read = harmless(html)
    text = " ".join(" ".join(read.words).split())
    for number in (1, 2):
        for result in gates_of():
            assert html.count(f'id="gate-{number}-{result.gate}"') == 1
    for shown in (
        "Gain in log loss",
        "0.0143",
        "0.0041 to 0.0245",
        "Interval, 95 % on each side",
        "Must be above 0.002",
    ):
        assert shown in text, shown
    assert "make=Fiat: log loss loses 0.094" in text
    assert "0.064 to 0.124" in text
    assert "388" in text
    assert "And 10 more, in the evaluation." in text
    assert judged().stored.key in text, "the evaluation is a source"


def test_the_newest_judgement_comes_first_and_what_refused_is_open() -> None:
    html = page(reported(validations=[judged(), judged("v2", passed=False, day=3)]))
    assert html.index("v2</span>, validated") < html.index("v1</span>, validated")
    opened = re.findall(r'<details class="gate" id="gate-(\d)-(\w+)" open>', html)
    assert opened == [("1", "segments")]
    assert "1 of 4 gates refused it." in html
    assert "All 4 gates let it pass." in html


def test_findings_that_refuse_come_first_and_no_evaluation_comes_twice() -> None:
    kept = judged(passed=False)
    (one,) = judgements([kept, kept], [])
    assert [finding.passed for finding in one.gates[2].findings] == [False, True]
    assert (len(one.gates[3].findings), one.gates[3].more) == (MOST_FINDINGS, 10)
    both = judgements([kept], [judged("v1", day=5)])
    assert [judgement.occasion for judgement in both] == ["test"], "the same object, read as what it is"


def test_a_model_without_judgements_has_no_such_section() -> None:
    assert "Gates: what versions were judged by" not in page(reported())


def test_the_projection_remembers_the_newest_evaluations() -> None:
    story = LedgerProjection()
    for place, action in enumerate(("validation_completed", "champion_tested", "validation_completed"), start=1):
        evidence = (stored(f"evaluation {place}"), stored("manifest"))
        story = story.following(entry(place, action, evidence=evidence), stored(f"lemons/{place:010d}.json"))
    story = story.following(entry(4, "champion_tested"), stored("lemons/0000000004.json"))
    assert (story.judged, story.tested) == (stored("evaluation 3"), stored("evaluation 2"))


def test_what_a_gate_says_stays_text_and_the_page_small() -> None:
    kept = judged()
    said = {"message": HOSTILE * 200}
    hostile = []
    for result in gates_of():
        findings = [one.model_copy(update=said | {"name": HOSTILE[:99]}) for one in result.findings]
        hostile.append(result.model_copy(update=said | {"figure": HOSTILE, "findings": findings}))
    changed = kept.it.model_copy(update={"gates": hostile, "version": HOSTILE})
    html = page(reported(usual(), validations=[type(kept)(changed, kept.stored)]))
    harmless(html)
    assert len(html.encode()) < LARGEST_PAGE


@given(FIGURES, st.floats(0, 1e6), st.floats(0, 1e6), FIGURES)
def test_an_interval_is_drawn_within_its_room_in_order(value: float, below: float, above: float, limit: float) -> None:
    drawn = draw_interval(value, value - below, value + above, limit)
    assert drawn
    assert 0 <= drawn.low <= drawn.value <= drawn.high <= WIDTH
    assert 0 <= drawn.limit <= WIDTH
    if abs(limit - value) > 0.05 * (below + above + abs(limit - value)):
        assert (drawn.limit < drawn.value) == (limit < value)
    assert all(0 <= x <= WIDTH for x, _ in drawn.ticks)


@pytest.mark.parametrize("missing", range(4))
def test_what_is_not_known_or_endless_is_not_drawn(missing: int) -> None:
    for gap in (None, float("nan"), float("inf")):
        figures: list[float | None] = [0.1, 0.0, 0.2, 0.05]
        figures[missing] = gap
        assert draw_interval(*figures) is None
