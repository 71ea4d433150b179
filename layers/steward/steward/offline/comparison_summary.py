"""Text summary of a comparison: drift first, then what could not be decided."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from steward.offline.findings import Findings
from steward.results import REMEDY, MetricResult

_RARE = 1e-9
_TOGETHER = "all together"
_NAMELESS = "(no name)"
_NAMED = 6
_SHOWN = 30
_NAME_WIDTH = 28
_WIDTH = 100
_TESTS = {
    "correlation_shift": "correlations",
    "pca_reconstruction_error": "principal components",
    "maximum_mean_discrepancy": "mean discrepancy",
    "domain_classifier_auc": "a classifier",
}
"""How all columns together are compared, by the statistic."""

Tone = Literal["good", "bad", "doubt"]
_STYLES: dict[Tone, str] = {"good": "bold green", "bad": "bold red", "doubt": "bold yellow"}
_COLOURS: dict[Tone, str] = {"good": "#1a7f37", "bad": "#cf222e", "doubt": "#9a6700"}


@dataclass(frozen=True, slots=True)
class SummarySection:
    """Sentences of one kind, each with the column it is about."""

    title: str
    rows: list[tuple[str, str]]
    doubtful: bool


@dataclass(frozen=True, slots=True)
class ComparisonSummary:
    """What a comparison says, in the order in which it is read."""

    verdict: str
    tone: Tone
    sizes: str
    sections: list[SummarySection]
    remarks: list[str]
    notes: list[str]


def text(report: Findings) -> str:
    """As plain text, 100 columns wide."""
    console = Console(width=_WIDTH, file=io.StringIO(), color_system=None)
    with console.capture() as captured:
        show(report, console)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def html(report: Findings) -> str:
    """As a fragment of HTML, for notebooks."""
    summary = summarise(report)
    left, colour = 'style="text-align:left"', _COLOURS[summary.tone]
    parts = [f'<p><strong style="color:{colour}">{escape(summary.verdict)}</strong><br>{escape(summary.sizes)}</p>']
    for section in summary.sections:
        rows = (f"<tr><td>{escape(about)}</td><td {left}>{escape(said)}</td></tr>" for about, said in section.rows)
        head = f"<thead><tr><th>column</th><th {left}>{section.title}</th></tr></thead>"
        parts.append(f"<table>{head}<tbody>{''.join(rows)}</tbody></table>")
    parts.append(f"<p>{'<br>'.join(map(escape, summary.remarks))}</p>")
    parts += [f"<p><small>Note: {escape(note)}.</small></p>" for note in summary.notes]
    return "".join(parts)


def show(report: Findings, console: Console) -> None:
    """Print it for people."""
    summary = summarise(report)
    console.print(Text(summary.verdict, style=_STYLES[summary.tone]))
    console.print(Text(summary.sizes))
    for section in summary.sections:
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
        table.add_column("column", overflow="fold", max_width=_NAME_WIDTH)
        table.add_column(section.title, overflow="fold", ratio=1)
        for about, said in section.rows:
            table.add_row(Text(about), Text(said, style="yellow" if section.doubtful else ""))
        console.print()
        console.print(table)
    console.print()
    for remark in summary.remarks:
        console.print(Text(remark))
    for note in summary.notes:
        console.print(Text(f"Note: {note}.", style="dim"))


def summarise(report: Findings) -> ComparisonSummary:
    """Put a report in words."""
    decisive = list(_decisive(report.results))
    drifted = sorted(
        (found for found in decisive if found.status == "drift"),
        key=lambda found: (found.column is None, -_importance(found)),
    )
    unknown = [found for found in decisive if found.status == "unknown"]
    owners = {part: name for name, use in report.columns.items() for part in use.parts}
    columns = {_column(result, owners) for result in report.results if result.column is not None}
    quiet = columns - {_column(result, owners) for result in [*drifted, *unknown]}
    names = list(dict.fromkeys(_column(found, owners) for found in drifted if found.column is not None))
    undecided = [found for found in unknown if found.undecided]
    verdict, tone = _verdict(drifted, names, _doubt(undecided, names, owners, len(columns)), (len(quiet), len(columns)))
    notes = report.notes
    if report.drift.not_read and not drifted:
        verdict, tone = "; ".join((_of_the_rest(verdict), *report.drift.not_read)), "doubt"
        notes = [note for note in notes if note not in report.drift.not_read]
    sections = (
        SummarySection("what happened", list(_rows(drifted)), doubtful=False),
        SummarySection("what cannot be told", list(_rows(undecided)), doubtful=True),
        SummarySection(
            "not compared", list(_rows(_merge_equal([each for each in unknown if not each.undecided]))), doubtful=True
        ),
    )
    remarks = [f"To tell more, {REMEDY}."] if undecided else []
    if quiet:
        rest = "Every column is" if len(quiet) == len(columns) else f"{len(quiet):,} of {len(columns):,} columns are"
        remarks.append(f"{rest} as in the reference.{_visible(decisive)}")
    seldom = 1 / report.drift.family_wise_rate
    remarks.append(f"Unchanged data would show drift in at most one of {seldom:,.0f} comparisons.")
    return ComparisonSummary(
        verdict=verdict,
        tone=tone,
        sizes=f"{report.rows.current:,} current rows against {report.rows.reference:,} of the reference",
        sections=[section for section in sections if section.rows],
        remarks=remarks,
        notes=notes,
    )


def _doubt(undecided: Sequence[MetricResult], names: Sequence[str], owners: Mapping[str, str], columns: int) -> str:
    """What cannot be told, for the first line; empty where all can."""
    doubtful = dict.fromkeys(_column(found, owners) for found in undecided if found.column is not None)
    others = [name for name in doubtful if name not in names]
    if others:
        return f"cannot tell for {len(others):,} of {columns:,} columns: {_join_names(others)}"
    return "cannot tell whether columns hang together as before" if undecided and not doubtful else ""


def _verdict(
    drifted: Sequence[MetricResult], names: Sequence[str], doubt: str, sizes: tuple[int, int]
) -> tuple[str, Tone]:
    """The first line: what drifted and what cannot be told, else that nothing did."""
    quiet, columns = sizes
    if not drifted:
        if doubt:
            rest = "; no drift in the rest" if quiet and ":" in doubt else ""
            return f"{doubt[0].upper()}{doubt[1:]}{rest}", "doubt"
        if quiet == columns:
            return "No drift", "good"
        if quiet:
            return f"No drift in {quiet:,} of {columns:,} columns; the rest could not be compared", "doubt"
        return "Nothing could be compared", "doubt"
    parts = []
    if names:
        parts.append(f"in {len(names):,} of {columns:,} columns: {_join_names(names)}")
    if any(result.column is None for result in drifted):
        parts.append("in how columns hang together")
    return f"Drift {', and '.join(parts)}{f'; {doubt}' if doubt else ''}", "bad"


def _of_the_rest(verdict: str) -> str:
    """The first line, where many rows could not be read."""
    return "No drift in the rows that could be read" if verdict == "No drift" else verdict


def _join_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _rows(results: Sequence[MetricResult]) -> Iterator[tuple[str, str]]:
    """What each is about, and its sentence."""
    for result in results[:_SHOWN]:
        about = (None if result.segment else _TOGETHER) if result.column is None else result.column or _NAMELESS
        yield " ".join(filter(None, (result.segment, about))), result.message.removesuffix(f"; {REMEDY}")
    if len(results) > _SHOWN:
        yield "", f"and {len(results) - _SHOWN:,} more, all of them in the output of --json and of to_frame()"


def _merge_equal(unknown: Sequence[MetricResult]) -> list[MetricResult]:
    """The same, those of all columns together that have one reason as one, after the columns."""
    reasons: dict[str, list[MetricResult]] = {}
    for result in unknown:
        if result.column is None and result.segment is None:
            reasons.setdefault(result.message.partition(": ")[2], []).append(result)
    alone = [result for result in unknown if result.column is not None or result.segment is not None]
    return alone + [
        results[0].model_copy(
            update={"message": f"{reason}; not compared by {_join_names([_TESTS[one.statistic] for one in results])}"}
        )
        for reason, results in reasons.items()
    ]


def _decisive(results: Iterable[MetricResult]) -> Iterable[MetricResult]:
    """One result of each monitor, segment and column: the one that carries the effect, where one does."""
    found: dict[tuple[str, str | None, str | None, str], MetricResult] = {}
    for result in results:
        key = (result.monitor, result.segment, result.column, "" if result.column is not None else result.statistic)
        if key not in found or result.effect is not None:
            found[key] = result
    return found.values()


def _visible(decisive: Iterable[MetricResult]) -> str:
    """The smallest shift that each of the numeric columns without drift would have shown."""
    found = [
        result.detectable
        for result in decisive
        if result.status == "ok" and result.statistic == "wasserstein_distance" and result.detectable is not None
    ]
    return f" A shift of {max(found):.2g} standard deviations in a number would have shown." if found else ""


def _column(result: MetricResult, owners: Mapping[str, str]) -> str:
    """The column that a result is about; of a part (`comment.length`), the column that it is taken from."""
    name = _TOGETHER if result.column is None else result.column
    return owners.get(name, name) or _NAMELESS


def _importance(result: MetricResult) -> float:
    """The effect, in multiples of what matters."""
    if result.effect is None:
        return 0.0
    return result.effect / result.threshold if result.threshold else result.effect / _RARE
