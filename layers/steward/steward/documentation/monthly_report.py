"""Monthly model reports, for one month of event time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import AwareDatetime

from steward.documents import TolerantModel
from steward.events import ObjectRef
from steward.governance.document_history import MAX_EVENTS, MonthDecisions
from steward.ledger import Action
from steward.markup.document import Block, Bullets, Paragraph, Section, TextDocument, TextTable
from steward.markup.sources import sources_section

MONTHLY_TEMPLATE = 1
"""Counted up when monthly reports get another form."""

_COUNTED: Mapping[str, Sequence[tuple[Action, str]]] = {
    "Alerts": (
        ("alert_raised", "raised"),
        ("alert_resolved", "resolved"),
        ("alert_updated", "updated"),
        ("action_taken", "actions taken by themselves"),
    ),
    "Checks": (("check_completed", "checks of windows"), ("champion_tested", "tests of the champion")),
    "Data": (
        ("batch_ingested", "files taken in"),
        ("batch_rejected", "files rejected"),
        ("batch_deferred", "files that wait for a version"),
        ("data_corrected", "corrections"),
        ("objects_removed", "removals by retention"),
    ),
    "Retrainings": (
        ("training_requested", "begun"),
        ("training_declined", "declined"),
        ("training_completed", "trained"),
        ("run_failed", "failed"),
        ("training_reproduced", "reproduced"),
    ),
    "Versions": (
        ("champion_promoted", "promoted"),
        ("version_refused", "refused"),
        ("champion_rolled_back", "rolled back"),
        ("promotion_held", "held by a freeze"),
        ("release_changed", "steps of gradual releases"),
    ),
    "Commands of people": (("command_accepted", "accepted"), ("command_refused", "refused")),
    "Defects of data": (("defect_changed", "changes"), ("defect_overdue", "overdue")),
    "Governance": (("audit_completed", "audits"), ("report_rendered", "dated reports")),
}

SHOWN_ACTIONS = frozenset(
    (
        "alert_raised", "alert_resolved", "batch_rejected", "data_corrected", "training_requested", "run_failed",
        "champion_promoted", "version_refused", "champion_rolled_back", "promotion_held", "promotions_frozen",
        "promotions_thawed", "release_changed", "release_declined", "rollback_declined", "command_accepted",
        "command_refused", "defect_changed", "defect_overdue", "model_registered", "objects_removed",
        "version_accepted", "version_rejected", "reproduction_failed", "collection_failed",
        "emergency_override", "override_reviewed", "guardrails_changed", "exception_changed", "personal_data_found",
    )
)  # fmt: skip
"""The entries that a monthly report tells one by one."""


class MonthWindow(TolerantModel):
    """One checked window of the month."""

    window: str
    version: str
    rows: int
    realised: dict[str, float] = {}
    estimated: dict[str, float] = {}


class MonthRun(TolerantModel):
    """One run that speaks for a moment of the month."""

    run: str
    stage: str
    version: str | None
    outcome: str
    dollars: float


class MonthDefect(TolerantModel):
    """One defect that is open when the report is written, or moved in the month."""

    defect: str
    state: str
    severity: str
    title: str
    deadline: AwareDatetime


class MonthFinding(TolerantModel):
    """One invariant that the newest audit of the month found broken."""

    invariant: str
    message: str


class MonthFacts(TolerantModel):
    """What a monthly report is made of: its revision follows from these."""

    schema_version: Literal[1] = 1
    model: str
    month: str
    decisions: MonthDecisions
    windows: list[MonthWindow] = []
    runs: list[MonthRun] = []
    defects: list[MonthDefect] = []
    findings: list[MonthFinding] = []
    audited: bool = False


def monthly_report(facts: MonthFacts, sources: Sequence[ObjectRef] = ()) -> TextDocument:
    """The report of a month."""
    return TextDocument(
        f"{facts.model}: report for {facts.month}",
        [
            Paragraph(f"Everything that speaks for a moment of {facts.month} (UTC). Template {MONTHLY_TEMPLATE}."),
            Section("In figures", [_counts(facts.decisions)]),
            Section("Data volume", list(_volume(facts))),
            Section("Metrics", list(_metrics(facts))),
            Section("Retrainings and their cost", list(_runs(facts))),
            Section("Open findings of the audit", list(_findings(facts))),
            Section("Defects of data", list(_defects(facts))),
            Section("Decisions", list(_decisions(facts.decisions))),
            *([sources_section(sources)] if sources else []),
        ],
    )


def _counts(decisions: MonthDecisions) -> Block:
    rows = []
    for heading, actions in _COUNTED.items():
        said = [f"{number:,} {words}" for action, words in actions if (number := decisions.counts.get(action, 0))]
        rows.append((heading, ", ".join(said) or "none"))
    return TextTable(("", "entries of the ledger"), rows)


def _volume(facts: MonthFacts) -> Iterator[Block]:
    if not facts.windows:
        yield Paragraph("No window of the month was checked.")
        return
    by_version: dict[str, list[MonthWindow]] = {}
    for window in facts.windows:
        by_version.setdefault(window.version, []).append(window)
    rows = [
        (version, str(len(windows)), f"{sum(one.rows for one in windows):,}", f"{min(one.rows for one in windows):,}")
        for version, windows in by_version.items()
    ]
    yield TextTable(("version", "windows", "rows", "fewest in a window"), rows, frozenset((1, 2, 3)))


def _metrics(facts: MonthFacts) -> Iterator[Block]:
    rows = []
    for kind, figures in (
        ("realised", [one.realised for one in facts.windows]),
        ("estimated", [one.estimated for one in facts.windows]),
    ):
        for name in sorted({name for window in figures for name in window}):
            values = [window[name] for window in figures if name in window]
            shown = (values[0], values[-1], min(values), max(values))
            rows.append((name, kind, str(len(values)), *(f"{value:.4g}" for value in shown)))
    if rows:
        head = ("metric", "kind", "windows", "first", "last", "lowest", "highest")
        yield TextTable(head, rows, frozenset((2, 3, 4, 5, 6)))
    else:
        yield Paragraph("No metric of a window is known: no labels came, and none is estimated.")


def _runs(facts: MonthFacts) -> Iterator[Block]:
    if not facts.runs:
        yield Paragraph("No run.")
        return
    rows = [(one.run, one.stage, one.version or "", f"{one.dollars:.4f}", one.outcome) for one in facts.runs]
    yield TextTable(("run", "stage", "version", "dollars", "outcome"), rows, frozenset((3,)))
    total = sum(one.dollars for one in facts.runs)
    yield Paragraph(
        f"Training and validation together: {total:.4f} dollars of processor time at Lambda's list price. "
        f"`steward cost {facts.model}` estimates the rest."
    )


def _findings(facts: MonthFacts) -> Iterator[Block]:
    if not facts.audited:
        yield Paragraph("No audit speaks for the month.")
    elif facts.findings:
        yield TextTable(("invariant", "what was found"), [(one.invariant, one.message) for one in facts.findings])
    else:
        yield Paragraph("The newest audit of the month found nothing broken.")


def _defects(facts: MonthFacts) -> Iterator[Block]:
    if not facts.defects:
        yield Paragraph("None is open, and none moved.")
        return
    yield TextTable(
        ("defect", "state", "severity", "what", "due"),
        [(one.defect, one.state, one.severity, one.title, f"{one.deadline:%Y-%m-%d}") for one in facts.defects],
    )


def _decisions(decisions: MonthDecisions) -> Iterator[Block]:
    if not decisions.events:
        yield Paragraph("Nothing that people need know of.")
        return
    if len(decisions.events) == MAX_EVENTS:
        yield Bullets([f"The newest {MAX_EVENTS}; the ledger has all."])
    yield TextTable(
        ("entry", "as of", "decision", "of", "why", "by"),
        [
            (
                str(one.sequence),
                f"{one.as_of:%Y-%m-%d %H:%M}",
                one.action.replace("_", " "),
                one.subject,
                one.summary,
                one.author or "Steward",
            )
            for one in decisions.events
        ],
        frozenset((0,)),
    )
