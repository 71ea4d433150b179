"""Columns that come, go or change their type from one file to the next."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from steward.evidence.window_evidence import WindowEvidence
from steward.profiles.ingestion_counts import IngestionCounts
from steward.results import MetricResult

WHOLE = "irregular_columns"
"""The statistic of the result about all columns; a check that has it measured them."""

UNDECLARED, ABSENT, STORED_AS = "undeclared_share", "absent_share", "stored_as_"
"""The statistics of the results about one column; values are shares of the files."""


@dataclass(frozen=True, slots=True)
class _Oddity:
    """A column that is not as declared in some files.

    Attributes:
        statistic: what is odd about it.
        column: its name.
        share: of the files, above 0.
    """

    statistic: str
    column: str
    share: float

    @property
    def key(self) -> str:
        return f"{self.statistic} {self.column}"


def evaluate(evidence: WindowEvidence) -> list[MetricResult]:
    """What is odd about the files' columns, and whether that is news.

    A column that is not declared, one that the file could do without and does, and one whose cells are of another kind
    than its type is written as, are each told of as long as they last. They are in breach when they change: against
    the window before, or, where none is known, between the files of this window. So whatever always was so is no alert,
    and neither is a column that some files always have. A file that lacks what it cannot do without is refused whole.
    """
    if evidence.spec.monitors.schema_consistency is None:
        return []
    intake, before = evidence.profile.intake, evidence.columns_before
    if not intake.files:
        return [_whole(intake, None, "unknown", "nothing is known of the files that the rows came in")]
    oddities = _oddities(intake)
    changes = _changes(oddities, before, intake)
    files = f"{intake.files:,} file{'s' if intake.files > 1 else ''}"
    if before is None and intake.files == 1:
        words = f"one file, and none before it, shows no change; {len(oddities)} of its columns are not as declared"
        return [_whole(intake, len(oddities), "unknown", words), *_results(oddities, {}, intake)]
    changed = len(changes)
    words = f"{changed} columns changed" if changed != 1 else "1 column changed"
    message = f"{words} in {files}" if changed else f"the columns of {files} are those of the files before"
    return [
        _whole(intake, len(oddities), "breach" if changed else "ok", message),
        *_results(oddities, changes, intake),
        *(
            _vanished_oddity(key, words, intake)
            for key, words in changes.items()
            if key not in {each.key for each in oddities}
        ),
    ]


def oddity_shares(results: Iterable[MetricResult]) -> dict[str, float] | None:
    """What the next window's files are compared with: the share of this window's files that each oddity was in.

    None where the results say nothing of columns.
    """
    mine = [result for result in results if result.monitor == "schema_consistency"]
    if not any(result.statistic == WHOLE and result.value is not None for result in mine):
        return None
    return {f"{result.statistic} {result.column}": result.value for result in mine if result.column and result.value}


def _oddities(intake: IngestionCounts) -> list[_Oddity]:
    found = [_Oddity(UNDECLARED, name, count / intake.files) for name, count in intake.columns_added.items() if count]
    found += [_Oddity(ABSENT, name, count / intake.files) for name, count in intake.columns_missing.items() if count]
    for name, count in intake.columns_retyped.items():
        column, _, kind = name.rpartition(" ")
        found += [_Oddity(f"{STORED_AS}{kind}", column, count / intake.files)] if count else []
    return found


def _changes(
    oddities: Sequence[_Oddity], before: Mapping[str, float] | None, intake: IngestionCounts
) -> dict[str, str]:
    """What is news, by key, and in which words."""
    if before is None:
        some = [oddity for oddity in oddities if oddity.share < 1] if intake.files > 1 else []
        return {oddity.key: "and of the others it is not so" for oddity in some}
    changes: dict[str, str] = {}
    for oddity in oddities:
        if oddity.key not in before:
            changes[oddity.key] = "and was not so in the window before"
        elif oddity.share < 1 and before[oddity.key] >= 1:
            changes[oddity.key] = "where in the window before it was so in all of them"
    now = {oddity.key for oddity in oddities}
    return changes | {key: "no longer" for key, share in before.items() if share >= 1 and key not in now}


def _results(oddities: Sequence[_Oddity], changes: Mapping[str, str], intake: IngestionCounts) -> list[MetricResult]:
    return [
        MetricResult(
            monitor="schema_consistency",
            column=oddity.column,
            statistic=oddity.statistic,
            value=oddity.share,
            effect=oddity.share if oddity.key in changes else None,
            rows=intake.files,
            status="breach" if oddity.key in changes else "measured",
            message=_sentence(oddity, intake, changes.get(oddity.key)),
        )
        for oddity in oddities
    ]


def _vanished_oddity(key: str, words: str, intake: IngestionCounts) -> MetricResult:
    """An oddity that every file of the window before had, and none has now: another change of columns."""
    statistic, _, column = key.partition(" ")
    oddity = _Oddity(statistic, column, 1.0)
    return MetricResult(
        monitor="schema_consistency",
        column=column,
        statistic=statistic,
        value=0.0,
        effect=1.0,
        rows=intake.files,
        status="breach",
        message=f"{_what(oddity)} {words} in any of {intake.files:,} file{'s' if intake.files > 1 else ''}, "
        "and was in all of the window before",
    )


def _what(oddity: _Oddity) -> str:
    match oddity.statistic:
        case "undeclared_share":
            return f"`{oddity.column}`, which is not declared, is there"
        case "absent_share":
            return f"`{oddity.column}`, which is declared, is missing"
        case kind:
            held = kind.removeprefix(STORED_AS)
            return (
                f"`{oddity.column}` holds cells that cannot be read"
                if held == "unreadable"
                else f"`{oddity.column}` is stored as {held}"
            )


def _sentence(oddity: _Oddity, intake: IngestionCounts, change: str | None) -> str:
    files = round(oddity.share * intake.files)
    said = f"{_what(oddity)} in {files:,} of {intake.files:,} file{'s' if intake.files > 1 else ''}"
    return f"{said}, {change}" if change else said


def _whole(intake: IngestionCounts, odd: int | None, status: str, message: str) -> MetricResult:
    return MetricResult.model_validate(
        {
            "monitor": "schema_consistency",
            "statistic": WHOLE,
            "value": None if odd is None else float(odd),
            "rows": intake.files,
            "status": status,
            "message": message,
        }
    )
