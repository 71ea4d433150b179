"""A monthly report tells what a month had, and says plainly what it had not."""

from steward.documentation.monthly_report import MonthFacts, MonthFinding, MonthRun, MonthWindow, monthly_report
from steward.governance.document_history import MAX_EVENTS, DocumentHistory, MonthDecisions, revision_id
from steward.ledger import Decision, LedgerEntry
from steward.markup.markdown import to_markdown
from tests.unit.examples import DAY, START, stored


def entry(number: int, days: int = 0) -> LedgerEntry:
    decision = Decision(
        identity=f"{number}",
        model="lemons",
        action="alert_raised",
        subject="roc_auc",
        summary="fell | <b>",
        as_of=START + days * DAY,
        correlation_id="c",
    )
    return LedgerEntry.following(None, decision, function="f", recorded_at=START).model_copy(
        update={"sequence": number}
    )


def test_a_month_with_nothing_says_so() -> None:
    text = to_markdown(monthly_report(MonthFacts(model="lemons", month="2024-01", decisions=MonthDecisions())))
    for sentence in (
        "| Alerts | none |",
        "No window of the month was checked.",
        "No metric of a window is known",
        "No run.",
        "No audit speaks for the month.",
        "None is open, and none moved.",
        "Nothing that people need know of.",
    ):
        assert sentence in text


def test_figures_are_summed_up_by_window_and_run() -> None:
    windows = [
        MonthWindow(window=f"w{at}", version="v", rows=100 * at, realised={"roc_auc": 0.8 - at / 100}) for at in (1, 2)
    ]
    runs = [MonthRun(run=f"r{at}", stage="promoted", version="v", outcome="", dollars=0.25) for at in (1, 2)]
    findings = [MonthFinding(invariant="champion_card", message="it is gone")]
    facts = MonthFacts(
        model="lemons",
        month="2024-01",
        decisions=MonthDecisions(counts={"alert_raised": 2}),
        windows=windows,
        runs=runs,
        findings=findings,
        audited=True,
    )
    text = to_markdown(monthly_report(facts, [stored()]))
    assert "| v | 2 | 300 | 100 |" in text
    assert "| roc_auc | realised | 2 | 0.79 | 0.78 | 0.78 | 0.79 |" in text
    assert "0.5000 dollars" in text
    assert "| champion_card | it is gone |" in text


def test_entries_go_to_the_month_that_they_speak_for_once() -> None:
    history = DocumentHistory(model="lemons")
    for number, days in ((1, 0), (2, 40), (3, 5), (3, 5)):
        history = history.following(entry(number, days), stored(f"{number}"), shown=True)
    assert {month: of.counts for month, of in history.months.items()} == {
        "2024-01": {"alert_raised": 2},
        "2024-02": {"alert_raised": 1},
    }
    assert (history.sequence, history.head) == (3, stored("3"))
    assert history.months_due == ["2024-01"]


def test_of_many_decisions_the_newest_are_told() -> None:
    history = DocumentHistory(model="lemons")
    for number in range(1, MAX_EVENTS + 3):
        history = history.following(entry(number), stored(), shown=True)
    events = history.months["2024-01"].events
    assert (len(events), events[-1].sequence) == (MAX_EVENTS, MAX_EVENTS + 2)
    facts = MonthFacts(model="lemons", month="2024-01", decisions=history.months["2024-01"])
    assert "fell \\| &lt;b&gt;" in to_markdown(monthly_report(facts))


def test_a_revision_follows_from_template_and_sources() -> None:
    same = revision_id("model-card/v", 2, [stored()])
    assert same == revision_id("model-card/v", 2, [stored()])
    others = {
        revision_id("model-card/v", 3, [stored()]),
        revision_id("model-card/w", 2, [stored()]),
        revision_id("model-card/v", 2, [stored(sha256="b" * 64)]),
        revision_id("model-card/v", 2, [], "content"),
    }
    assert len(others - {same}) == 4
