"""Labels that find no prediction, and predictions that get no label, judged by what was usual."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.evidence.label_matches import LabelMatches, PastMatches, UnmatchedLabels
from steward.quality import no_data, unmatched_labels
from steward.results import MetricResult
from tests.unit.quality.contexts import NUMBER, SPEC, columns, declared, observed, profile


def lost(
    labels: int, *, unmatched: int | None = None, waiting: int = 0, batch: str = "20240304T1-b"
) -> UnmatchedLabels:
    return UnmatchedLabels(
        batch=batch,
        source="inbox/lemons/labels/a.csv",
        labels=labels,
        unmatched=labels if unmatched is None else unmatched,
        waiting=waiting,
        ids=("ord-1", "ord-2"),
    )


def judged(
    matches: LabelMatches | None, past: dict[int, PastMatches] | None = None, monitor: str = ""
) -> dict[str, MetricResult]:
    spec = declared(SPEC + (f"  unmatched_labels: {monitor}\n" if monitor else ""))
    seen = observed(spec=spec, matches=matches, waiting=past or {})
    return {result.statistic: result for result in unmatched_labels.evaluate(seen)}


def share(matches: LabelMatches, past: dict[int, PastMatches] | None = None, monitor: str = "") -> MetricResult:
    return judged(matches, past, monitor)["unmatched_share"]


def usual(missing: int, labels: int = 1000, windows: int = 5) -> dict[int, PastMatches]:
    return {NUMBER - at: PastMatches(labels=labels, missing=missing, waiting=0) for at in range(1, windows + 1)}


def test_a_file_that_meets_nothing_is_a_breach_with_the_ids_of_both_sides():
    result = share(LabelMatches(rows=100, labelled=0, unmatched=[lost(60)], prediction_ids=("1", "2")))
    assert result.status == "breach"
    assert "none of the 60 labels of inbox/lemons/labels/a.csv has a prediction" in result.message
    assert "IDs such as 'ord-1', 'ord-2', predictions of IDs such as '1', '2'" in result.message


@pytest.mark.parametrize(("labels", "status"), [(4, "ok"), (5, "breach")])
def test_a_handful_of_labels_is_no_evidence(labels, status):
    assert share(LabelMatches(rows=100, labelled=0, unmatched=[lost(labels)])).status == status
    assert share(LabelMatches(rows=100, labelled=0, unmatched=[lost(9)]), monitor="{minimum_labels: 10}").status == "ok"


def test_where_nine_of_ten_labels_are_of_others_a_short_file_may_meet_nothing_and_a_long_one_may_not():
    seen = LabelMatches(rows=100, labelled=90, unmatched=[lost(40)])
    assert share(seen, usual(900)).status == "ok"
    assert share(replace(seen, unmatched=[lost(80)]), usual(900)).status == "breach"


def test_windows_in_breach_do_not_teach_what_is_usual():
    broken = {at: past.model_copy(update={"usual": False}) for at, past in usual(1000).items()}
    assert share(LabelMatches(rows=100, labelled=0, unmatched=[lost(60)]), broken).status == "breach"


def test_early_labels_are_quiet_while_every_prediction_has_a_label():
    early = LabelMatches(rows=100, labelled=100, unmatched=[lost(60, waiting=60)])
    assert share(early).status == "ok"
    assert judged(early)["waiting_labels"].value == 60
    assert share(replace(early, labelled=99)).status == "breach"
    assert share(replace(early, unmatched=[lost(60)])).status == "breach"


def test_a_newer_file_with_the_labels_mends_an_older_one():
    seen = LabelMatches(rows=100, labelled=60, unmatched=[lost(60)], batches=["20240304T0-a"])
    assert share(seen).status == "breach"
    mended = share(replace(seen, batches=["20240304T0-a", "20240304T2-c"]))
    assert (mended.status, mended.value) == ("ok", 0.0)


@pytest.mark.parametrize(("unmatched", "status"), [(100, "ok"), (250, "ok"), (330, "breach")])
def test_a_share_is_judged_by_what_is_usual_and_chance(unmatched, status):
    seen = LabelMatches(rows=1000, labelled=1000 - unmatched, unmatched=[lost(1000, unmatched=unmatched)])
    assert share(seen, usual(100)).status == status
    assert share(seen).status == "ok"
    assert share(seen, usual(100), "{maximum_increase: 0.01}").status == ("ok" if unmatched == 100 else "breach")


def test_a_declared_maximum_stands_whatever_is_usual():
    seen = LabelMatches(rows=1000, labelled=700, unmatched=[lost(1000, unmatched=300)])
    assert share(seen, usual(300), "{maximum: 0.1}").status == "breach"
    assert share(seen, {}, "{maximum: 0.1}").status == "breach"
    assert share(seen, usual(0), "{maximum: 0.5}").status == "ok"


def test_early_labels_are_a_breach_once_the_horizon_has_passed():
    past = {NUMBER - 31: PastMatches(labels=60, missing=0, waiting=60, alone=60)}
    assert judged(None, past)["overdue_share"].status == "breach"
    assert judged(None, {NUMBER - 29: past[NUMBER - 31]}) == {}
    few = {NUMBER - 31: PastMatches(labels=100, missing=0, waiting=15)}
    before = {NUMBER - at: PastMatches(labels=100, missing=10, waiting=0) for at in range(32, 40)}
    assert judged(None, few | before)["overdue_share"].status == "ok"
    many = {NUMBER - 31: PastMatches(labels=100, missing=0, waiting=70)}
    assert judged(None, many | before)["overdue_share"].status == "breach"


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_what_a_later_window_remembers_is_what_was_judged(labelled, labels, unmatched, waiting):
    unmatched = min(unmatched, labels)
    waiting = min(waiting, unmatched)
    files = [lost(labels, unmatched=unmatched, waiting=waiting)] if unmatched else []
    matches = LabelMatches(rows=1000, labelled=labelled, unmatched=files)
    found = list(judged(matches).values())
    remembered = unmatched_labels.matches_of(found)
    if remembered is None:
        assert not matches.labels
    else:
        assert (remembered.labels, remembered.missing, remembered.waiting) == (
            matches.labels, matches.missing, matches.waiting,
        )  # fmt: skip
        assert remembered.usual == (found[0].status == "ok")


def unlabelled(labelled: dict[int, int], rows: int = 100, monitor: str = "") -> list[MetricResult]:
    """By how many windows before the present one."""
    spec = declared(SPEC + (f"  no_data: {monitor}\n" if monitor else ""))
    seen = replace(
        observed(),
        spec=spec,
        labelled={NUMBER - ago: count for ago, count in labelled.items()},
        volumes={NUMBER - ago: rows for ago in labelled},
    )
    return [result for result in no_data.evaluate(seen) if result.statistic == "unlabelled_share"]


def test_predictions_whose_labels_never_come_are_a_breach_once_labels_are_overdue():
    usual_ones = dict.fromkeys(range(32, 40), 95)
    (result,) = unlabelled({31: 40} | usual_ones)
    assert result.status == "breach"
    assert "60 of the 100 predictions of 2024-02-02 00:00 have no label" in result.message
    assert unlabelled({29: 40} | usual_ones)[0].status == "ok"
    assert unlabelled({31: 90} | usual_ones)[0].status == "ok"
    assert unlabelled({31: 85} | usual_ones, monitor="{maximum_unlabelled_increase: 0.05}")[0].status == "breach"


@pytest.mark.parametrize(
    "labelled",
    [
        pytest.param({31: 9} | dict.fromkeys(range(32, 40), 10), id="a tenth is labelled, always"),
        pytest.param({31: 20, 32: 90, 33: 15, 34: 80, 35: 30, 36: 95}, id="the share varies anyway"),
        pytest.param({31: 40, 32: 95}, id="too little is known"),
    ],
)
def test_where_labels_of_some_are_usual_their_absence_is_no_news(labelled):
    assert all(result.status == "ok" for result in unlabelled(labelled))


def test_three_predictions_are_no_evidence():
    assert unlabelled({31: 2} | dict.fromkeys(range(32, 40), 3), rows=3)[0].status == "ok"


def overdue(labelled: dict[int, int], monitor: str = "{labels_within: 8d}") -> MetricResult:
    """By how many windows before the present one."""
    seen = replace(
        observed(),
        spec=declared(SPEC + f"  no_data: {monitor}\n"),
        labelled={NUMBER - ago: count for ago, count in labelled.items()},
        volumes={NUMBER - ago: 100 for ago in labelled},
    )
    return next(result for result in no_data.evaluate(seen) if result.statistic == "overdue_windows")


@given(windows=st.integers(1, 40), within=st.integers(1, 20))
def test_labels_that_never_came_are_a_breach_once_the_first_are_overdue_by_a_quarter(windows, within):
    result = overdue(dict.fromkeys(range(1, windows + 1), 0), f"{{labels_within: {within}d}}")
    late = windows - within
    assert result.status == ("breach" if late >= max(2, within / 4) else "unknown")
    if result.status == "breach":
        assert result.value == late + 1
        assert "no label of a prediction has ever come" in result.message
        assert "upload labels to inbox/lemons/labels/, or declare a longer label_horizon" in result.message


def test_one_label_ever_is_enough_to_be_told_of_those_that_stopped_instead():
    result = overdue({30: 1} | dict.fromkeys(range(1, 30), 0))
    assert (result.status, result.value) == ("breach", 22.0)
    assert "the newest is of 2024-02-03 00:00" in result.message


def test_a_day_of_trials_long_ago_does_not_ask_for_labels():
    assert overdue(dict.fromkeys([1, 2, 3, 60], 0)).status == "unknown"


def test_good_files_do_not_hide_a_file_half_of_which_is_of_another_system():
    torn = lost(200, unmatched=100)
    seen = LabelMatches(rows=20_000, labelled=10_000, unmatched=[torn], prediction_ids=("1",))
    assert seen.missing < 0.01 * seen.labels
    known = {at: past.model_copy(update={"largest": 0.1}) for at, past in usual(0, windows=3).items()}
    result = share(seen, known)
    assert result.status == "breach"
    assert "100 of 200 labels have no prediction, where 10.00% are usual" in result.message
    assert "those of inbox/lemons/labels/a.csv; labels are of IDs such as 'ord-1'" in result.message
    assert share(seen, {}).status == "ok", "nothing tells what is usual"
    half = {at: past.model_copy(update={"largest": 0.5}) for at, past in known.items()}
    assert share(seen, half).status == "ok", "half of a file is usual"
    assert share(replace(seen, unmatched=[lost(8, unmatched=4)]), known).status == "ok", "too few to tell"
    assert share(replace(seen, unmatched=[lost(200, unmatched=100, waiting=100)]), known).status == "ok", "may be early"


@given(ago=st.integers(1, 40), partly=st.integers(0, 50))
def test_labels_beside_matched_ones_are_a_breach_once_predictions_have_passed_them(ago, partly):
    before = {NUMBER - at: PastMatches(labels=100, missing=2, waiting=0) for at in range(ago + 1, ago + 5)}
    past = {NUMBER - ago: PastMatches(labels=100, missing=0, waiting=partly, partly=partly)}
    found = judged(None, past | before)
    assert "passed_share" in found or not (partly and ago >= 3)
    if "passed_share" in found:
        assert partly
        assert ago >= 3
        assert found["passed_share"].status == ("breach" if partly > 22 else "ok")
        assert "while predictions of 3d later are there" in found["passed_share"].message


def test_without_predictions_no_label_is_passed():
    past = {NUMBER - 5: PastMatches(labels=100, missing=0, waiting=50, partly=50)}
    past |= {NUMBER - 9: PastMatches(labels=9, missing=0, waiting=0)}
    silent = profile({name: column[:0] for name, column in columns(1).items()})
    results = unmatched_labels.evaluate(observed(silent, waiting=past))
    assert not any(result.statistic == "passed_share" for result in results)
