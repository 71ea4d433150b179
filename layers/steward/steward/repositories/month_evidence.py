"""Reads what a monthly report is made of."""

from collections.abc import Iterator
from dataclasses import dataclass

from steward.defects.defect import Defect
from steward.documentation.monthly_report import MonthDefect, MonthFacts, MonthFinding, MonthRun, MonthWindow
from steward.errors import ObjectChanged, ObjectMissing
from steward.events import ObjectRef
from steward.governance.audit import Audit
from steward.governance.document_history import DocumentHistory
from steward.reporting.trends import PastWindows
from steward.results import shorten
from steward.retraining.runs import Run
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket

_FINISHED = frozenset({"closed", "wont_fix"})


@dataclass(frozen=True, slots=True)
class MonthEvidence:
    """What was read of a month, and from which objects."""

    facts: MonthFacts
    sources: tuple[ObjectRef, ...]


def month_facts(data: Bucket, model: str, month: str, history: DocumentHistory) -> MonthEvidence:
    """What is known of one month of event time.

    Args:
        data: where it is.
        model: whose.
        month: such as `2024-01`.
        history: what the ledger has of each month.
    """
    decisions = history.months[month]
    windows = sorted(_windows(data, model, month), key=lambda found: (found[0].window, found[0].version))
    runs = list(_runs(data, model, month))
    defects = list(_defects(data, model, month))
    audit = _audit(data, decisions.audit)
    facts = MonthFacts(
        model=model,
        month=month,
        decisions=decisions,
        windows=[window for window, _ in windows],
        runs=[run for run, _ in runs],
        defects=[defect for defect, _ in defects],
        findings=[
            MonthFinding(invariant=one.invariant, message=shorten(one.message))
            for one in (audit.findings if audit else [])
            if audit and one.invariant in audit.failed
        ],
        audited=audit is not None,
    )
    found = [stored for part in (windows, runs, defects) for _, stored in part]
    more = [one for one in (history.head, decisions.audit) if one]
    return MonthEvidence(facts, tuple(dict.fromkeys([*more, *found])))


def _windows(data: Bucket, model: str, month: str) -> Iterator[tuple[MonthWindow, ObjectRef]]:
    for listed in data.list(keys.histories(model)):
        content = data.find(listed.key)
        if content is None:
            continue
        past = PastWindows.model_validate_json(content.body)
        for figures in past.windows.values():
            if f"{Window.parse(figures.window).start:%Y-%m}" == month:
                window = MonthWindow(
                    window=figures.window,
                    version=listed.name,
                    rows=figures.rows,
                    realised=figures.realised,
                    estimated=figures.estimated,
                )
                yield window, content.stored


def _runs(data: Bucket, model: str, month: str) -> Iterator[tuple[MonthRun, ObjectRef]]:
    for listed in data.list(keys.runs(model)):
        if listed.key == keys.retraining_state(model) or not keys.is_run_of_month(listed.key, month):
            continue
        content = data.get(listed.key)
        run = Run.model_validate_json(content.body)
        yield (
            MonthRun(
                run=run.run,
                stage=run.stage,
                version=run.version,
                outcome=shorten(run.outcome),
                dollars=round(run.dollars, 6),
            ),
            content.stored,
        )


def _defects(data: Bucket, model: str, month: str) -> Iterator[tuple[MonthDefect, ObjectRef]]:
    """Defects that moved in the month, or were open at its end, in the state that they had then."""
    for listed in data.list(keys.defects(model)):
        content = data.get(listed.key)
        defect = Defect.model_validate_json(content.body)
        steps = [step for step in defect.steps if f"{step.at:%Y-%m}" <= month]
        if steps and (f"{steps[-1].at:%Y-%m}" == month or steps[-1].state not in _FINISHED):
            yield (
                MonthDefect(
                    defect=defect.defect,
                    state=steps[-1].state,
                    severity=defect.severity,
                    title=shorten(defect.title),
                    deadline=defect.deadline,
                ),
                content.stored,
            )


def _audit(data: Bucket, stored: ObjectRef | None) -> Audit | None:
    try:
        return data.load(stored, Audit) if stored else None
    except (ObjectMissing, ObjectChanged):
        return None
