"""`steward compare`: what drifted first, then what could not be measured, then the rest in one sentence."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from steward.results import MetricResult
from steward.standalone.report import ComparisonReport

_RARE = 1e-9


def show(report: ComparisonReport, console: Console) -> None:
    """Print it for people."""
    by_subject: dict[tuple[str, str], MetricResult] = {}
    for result in report.results:
        key = (result.monitor, result.column or result.statistic)
        if key not in by_subject or result.effect is not None:
            by_subject[key] = result
    drifted = [result for result in by_subject.values() if result.status == "drift"]
    unknown = [result for result in by_subject.values() if result.status == "unknown"]
    names = {name for _, name in by_subject}
    unchanged = names - {result.column or result.statistic for result in drifted + unknown}
    verdict = f"Drift in {', '.join(report.drift.columns)}" if drifted else "No drift"
    console.print(Text(verdict, style="bold red" if drifted else "bold green"))
    console.print(f"{report.rows.reference:,} rows of reference, {report.rows.current:,} current", highlight=False)
    if drifted:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("column", "statistic", "what happened"):
            table.add_column(heading, overflow="fold")
        for result in sorted(drifted, key=lambda found: -_importance(found)):
            subject = result.column or "all columns"
            table.add_row(Text(subject), Text(result.statistic.replace("_", " ")), Text(result.message))
        console.print(table)
    for result in unknown:
        console.print(Text(result.message, style="yellow"))
    rate = f"{report.drift.family_wise_rate:.0%}"
    console.print(
        f"{len(unchanged)} of {len(names)} are as in the reference; unchanged data give a false alarm in at most "
        f"{rate} of comparisons.",
        highlight=False,
    )
    for note in report.notes:
        console.print(f"Note: {note}.", highlight=False)


def _importance(result: MetricResult) -> float:
    """The effect, in multiples of what matters."""
    if result.effect is None:
        return 0.0
    return result.effect / result.threshold if result.threshold else result.effect / _RARE
