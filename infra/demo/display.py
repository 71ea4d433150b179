"""What a person sees while the demo plays: the week, the champion, drift, AUC, and events as they arrive."""

from collections import deque
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from infra.demo.timeline import TimelineRow, interval_text
from steward.events import (
    AlertRaised,
    AlertResolved,
    BatchIngested,
    BatchRejected,
    CheckCompleted,
    Event,
    ModelRegistered,
    OutcomesUpdated,
    ReleaseChanged,
    RunFailed,
    TrainingCompleted,
    TrainingDeclined,
    TrainingRequested,
    ValidationCompleted,
)

_LINES = 14


class Display:
    """A live panel on a terminal; elsewhere a line for everything that matters."""

    def __init__(self, console: Console, weeks: int) -> None:
        self.console = console
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} weeks"),
            TimeElapsedColumn(),
        )
        self.task = self.progress.add_task("Jan, Feb", total=weeks)
        self.recent: deque[Text] = deque(maxlen=_LINES)
        self.row: TimelineRow | None = None
        self.live = Live(console=console, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        """Begin to show."""
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop showing."""
        if self.console.is_terminal:
            self.live.stop()

    def week(self, row: TimelineRow, number: int) -> None:
        """A week begins, or something became known of it."""
        self.row = row
        self.progress.update(self.task, completed=number, description=f"{row.week:%d %b}")
        self._draw()

    def event(self, event: Event) -> None:
        """An event arrived."""
        said = describe(event)
        if said is None:
            return
        text, style = said
        line = Text(
            f"{event.as_of:%d %b}  {type(event).__name__:<20} {text}", style=style, no_wrap=True, overflow="ellipsis"
        )
        self.recent.append(line)
        if self.console.is_terminal:
            self._draw()
        elif style != "dim":
            self.console.print(line, soft_wrap=True)

    def _draw(self) -> None:
        self.live.update(
            Group(self.progress, self._week(), Panel(Group(*self.recent), title="events", title_align="left"))
        )

    def _week(self) -> Table:
        grid = Table.grid(padding=(0, 3))
        if self.row:
            drifted = ", ".join(self.row.drifted[:4]) or "nothing yet"
            grid.add_row(
                f"champion [bold]{self.row.champion}[/]",
                f"drifted [bold]{drifted}[/]",
                f"AUC {interval_text(self.row)}",
            )
        return grid


def describe(event: Event) -> tuple[str, str] | None:
    """What an event says, in a line, and how loudly; None for those that add nothing."""
    return _seen(event) or _done(event)


def _seen(event: Event) -> tuple[str, str] | None:
    """What came in, and what was found in it."""
    match event:
        case ModelRegistered():
            said = f"declaration {event.revision} is in force", "bold"
        case BatchIngested():
            said = f"{event.rows:,} {event.kind}", "dim"
        case BatchRejected():
            said = event.message, "red"
        case CheckCompleted():
            bad = [monitor for monitor, status in event.statuses.items() if status in ("drift", "breach")]
            said = f"{event.rows:,} rows, {event.labelled_rows:,} labelled: {', '.join(bad) or 'nothing found'}", "dim"
        case OutcomesUpdated():
            said = f"{event.labelled_rows:,} labels joined", "dim"
        case AlertRaised():
            said = f"{event.monitor}: {event.summary}", "bold yellow"
        case AlertResolved():
            said = f"{event.monitor}: {event.summary}", "green"
        case _:
            return None
    return said


def _done(event: Event) -> tuple[str, str] | None:
    """What was decided, and what came of it."""
    match event:
        case TrainingRequested():
            said = "; ".join(event.reasons), "bold cyan"
        case TrainingDeclined():
            said = "; ".join(event.reasons), "dim"
        case TrainingCompleted():
            said = event.version, "cyan"
        case ValidationCompleted():
            said = event.summary, "cyan"
        case ReleaseChanged(stage="champion"):
            said = f"{event.version} is champion: {event.summary}", "bold green"
        case ReleaseChanged():
            said = f"{event.version} refused: {event.summary}", "magenta"
        case RunFailed():
            said = event.message, "bold red"
        case _:
            return None
    return said
