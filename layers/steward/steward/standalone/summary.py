"""`steward compare`: what drifted first, then what cannot be told, or measured, then the rest in one sentence."""

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from steward.results import REMEDY, MetricResult
from steward.standalone.report import ComparisonReport

_RARE = 1e-9
_TOGETHER = "all together"
_NAMELESS = "(no name)"
_NAMED = 6
_SHOWN = 30
_NAME_WIDTH = 28


def show(report: ComparisonReport, console: Console) -> None:
    """Print it for people."""
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
    console.print(_verdict(drifted, names, _doubt(undecided, names, owners, len(columns)), (len(quiet), len(columns))))
    console.print(
        f"{report.rows.current:,} current rows against {report.rows.reference:,} of the reference", highlight=False
    )
    unmeasured = _merged([found for found in unknown if not found.undecided])
    for title, results, style in (
        ("what happened", drifted, ""),
        ("what cannot be told", undecided, "yellow"),
        ("not compared", unmeasured, "yellow"),
    ):
        if results:
            console.print()
            console.print(_table(title, results, style))
    console.print()
    if undecided:
        console.print(f"To tell more, {REMEDY}.", highlight=False)
    if quiet:
        rest = "Every column is" if len(quiet) == len(columns) else f"{len(quiet):,} of {len(columns):,} columns are"
        console.print(f"{rest} as in the reference.{_visible(decisive)}", highlight=False)
    seldom = 1 / report.drift.family_wise_rate
    console.print(f"Unchanged data would show drift in at most one of {seldom:,.0f} comparisons.", highlight=False)
    for note in report.notes:
        console.print(Text(f"Note: {note}.", style="dim"))


def _doubt(undecided: Sequence[MetricResult], names: Sequence[str], owners: Mapping[str, str], columns: int) -> str:
    """What cannot be told, for the first line; empty where all can."""
    doubtful = dict.fromkeys(_column(found, owners) for found in undecided if found.column is not None)
    others = [name for name in doubtful if name not in names]
    if others:
        return f"cannot tell for {len(others):,} of {columns:,} columns: {_listed(others)}"
    return "cannot tell whether columns hang together as before" if undecided and not doubtful else ""


def _verdict(drifted: Sequence[MetricResult], names: Sequence[str], doubt: str, sizes: tuple[int, int]) -> Text:
    """The first line: what drifted and what cannot be told, else that nothing did."""
    quiet, columns = sizes
    if not drifted:
        if doubt:
            rest = "; no drift in the rest" if quiet else ""
            return Text(f"{doubt[0].upper()}{doubt[1:]}{rest if ':' in doubt else ''}", style="bold yellow")
        if quiet == columns:
            return Text("No drift", style="bold green")
        if quiet:
            return Text(f"No drift in {quiet:,} of {columns:,} columns; the rest could not be compared", "bold yellow")
        return Text("Nothing could be compared", style="bold yellow")
    parts = []
    if names:
        parts.append(f"in {len(names):,} of {columns:,} columns: {_listed(names)}")
    if any(result.column is None for result in drifted):
        parts.append("in how columns hang together")
    return Text(f"Drift {', and '.join(parts)}{f'; {doubt}' if doubt else ''}", style="bold red")


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _table(title: str, results: Sequence[MetricResult], style: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("column", overflow="fold", max_width=_NAME_WIDTH)
    table.add_column(title, overflow="fold", ratio=1)
    for result in results[:_SHOWN]:
        about = (None if result.segment else _TOGETHER) if result.column is None else result.column or _NAMELESS
        parts = (result.segment, about)
        table.add_row(
            Text(" ".join(part for part in parts if part)),
            Text(result.message.removesuffix(f"; {REMEDY}"), style=style),
        )
    if len(results) > _SHOWN:
        table.add_row("", f"and {len(results) - _SHOWN:,} more, all of them in the output of --json")
    return table


def _merged(unknown: Sequence[MetricResult]) -> list[MetricResult]:
    """The same, those of all columns together that have one reason as one, after the columns."""
    reasons: dict[str, list[MetricResult]] = {}
    for result in unknown:
        if result.column is None and result.segment is None:
            reasons.setdefault(result.message.partition(": ")[2], []).append(result)
    alone = [result for result in unknown if result.column is not None or result.segment is not None]
    return alone + [
        results[0].model_copy(
            update={"message": f"{', '.join(result.statistic.replace('_', ' ') for result in results)}: {reason}"}
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
