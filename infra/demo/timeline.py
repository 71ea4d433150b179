"""What happened in each week of the demo, and how it reads as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from rich.table import Table
from rich.text import Text

SUMMER = (date(2013, 6, 1), date(2013, 10, 1))
"""June to September, from the first day to the day after the last."""


@dataclass(frozen=True, slots=True)
class Run:
    """One retraining and how it ended; `reason` is the gain it proved, or why it was refused or failed."""

    version: str
    outcome: Literal["promoted", "refused", "failed"]
    reason: str


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One week as it was lived.

    Attributes:
        week: the Monday it began on.
        champion: the version that scored this week's flights.
        drifted: the features that drifted, strongest first.
        auc, auc_low, auc_high: the champion's realised ROC AUC with its interval; None until labels have come.
        estimated_auc: the same by estimate, before any label; None until the week was checked.
        covariate_shift_effect, concept_drift_effect: the effects of covariate shift and concept drift to the AUC since
            the champion's holdout.
        worst_segment: the group of rows that lost most against the holdout, and its AUC.
        first_version_auc: what the first version would have had on the same flights.
        alerts: the monitors whose alert was raised at the end of this week.
        run: the retraining that the end of this week started, if any.
    """

    week: date
    champion: str
    drifted: tuple[str, ...] = ()
    auc: float | None = None
    auc_low: float | None = None
    auc_high: float | None = None
    first_version_auc: float | None = None
    estimated_auc: float | None = None
    covariate_shift_effect: float | None = None
    concept_drift_effect: float | None = None
    worst_segment: tuple[str, float] | None = None
    alerts: tuple[str, ...] = ()
    run: Run | None = None

    @property
    def promoted(self) -> bool:
        """Whether this week's run became champion."""
        return self.run is not None and self.run.outcome == "promoted"

    @property
    def refused(self) -> bool:
        """Whether the gates refused this week's run."""
        return self.run is not None and self.run.outcome == "refused"


@dataclass(frozen=True, slots=True)
class SummerMeans:
    """Mean weekly ROC AUC over the summer's labelled weeks."""

    champion: float
    first_version: float

    @property
    def gain(self) -> float:
        """How much the live champion has over the version it began with."""
        return self.champion - self.first_version


def summer_means(rows: Sequence[TimelineRow]) -> SummerMeans | None:
    """The means over the weeks that began in `SUMMER` and have labels for both; None when there are none."""
    start, end = SUMMER
    pairs = [
        (row.auc, row.first_version_auc)
        for row in rows
        if start <= row.week < end and row.auc is not None and row.first_version_auc is not None
    ]
    if not pairs:
        return None
    return SummerMeans(
        champion=sum(champion for champion, _ in pairs) / len(pairs),
        first_version=sum(first for _, first in pairs) / len(pairs),
    )


def timeline_table(rows: Sequence[TimelineRow], title: str) -> Table:
    """One row a week, for a terminal of 120 columns. Meaning never hangs on colour alone."""
    table = Table(
        title=title,
        caption=_caption(rows),
        title_justify="left",
        caption_justify="left",
        pad_edge=False,
        show_lines=True,
    )
    table.add_column("Week\nchampion", no_wrap=True)
    table.add_column("Drifted", overflow="fold", max_width=16)
    table.add_column("ROC AUC", no_wrap=True)
    table.add_column("Change", no_wrap=True)
    table.add_column("Worst segment", no_wrap=True)
    table.add_column("Alerts and run", overflow="fold")
    for row in rows:
        table.add_row(
            f"{row.week:%d %b}\n{row.champion[:8]}",
            _shortened(row.drifted, shown=2),
            _auc(row),
            f"{signed(row.covariate_shift_effect)} covariate shift\n{signed(row.concept_drift_effect)} concept drift",
            worst_text(row),
            _happened(row),
        )
    return table


def signed(change: float | None) -> str:
    """A change with its sign, or a dash while it is not known."""
    return "     -" if change is None else f"{change:+.3f}"


def worst_text(row: TimelineRow) -> str:
    """The worst segment with its AUC, such as `origin=LGA 0.612`; a dash while there are no labels."""
    return "-" if row.worst_segment is None else f"{row.worst_segment[0]} {row.worst_segment[1]:.3f}"


def _auc(row: TimelineRow) -> str:
    estimate, first = figure_text(row.estimated_auc), figure_text(row.first_version_auc)
    return f"{interval_text(row)}\n{estimate} estimated\n{first} first version"


def _happened(row: TimelineRow) -> Text:
    alerts = Text(", ".join(row.alerts), style="yellow")
    return Text("\n").join(part for part in (alerts, _run(row.run)) if part)


def figure_text(value: float | None) -> str:
    """Three decimals, or a dash while there are no labels."""
    return "-" if value is None else f"{value:.3f}"


def interval_text(row: TimelineRow) -> str:
    """The champion's AUC with its interval, such as `0.702 (0.687-0.717)`."""
    if row.auc is None or row.auc_low is None or row.auc_high is None:
        return figure_text(row.auc)
    return f"{row.auc:.3f} ({row.auc_low:.3f}-{row.auc_high:.3f})"


def _caption(rows: Sequence[TimelineRow]) -> str:
    runs = [row.run for row in rows if row.run is not None]
    counts = [f"{sum(run.outcome == outcome for run in runs)} {outcome}" for outcome in ("promoted", "refused")]
    summary = f"{len(runs)} runs: {', '.join(counts)}."
    means = summer_means(rows)
    if means is None:
        return summary
    return (
        f"{summary} June to September: mean AUC {means.champion:.3f} live, "
        f"{means.first_version:.3f} had the first version stayed ({means.gain:+.3f})."
    )


def _shortened(names: tuple[str, ...], shown: int) -> str:
    listed = ", ".join(names[:shown])
    return f"{listed} +{len(names) - shown}" if len(names) > shown else listed


def _run(run: Run | None) -> Text:
    if run is None:
        return Text("")
    style = {"promoted": "bold green", "refused": "magenta", "failed": "bold red"}[run.outcome]
    return Text.assemble((f"{run.outcome} {run.version}", style), f" {run.reason}")
