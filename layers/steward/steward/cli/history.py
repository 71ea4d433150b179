"""Following the ledger as it grows."""

import time
from collections.abc import Callable, Iterator

from rich.markup import escape

from steward.ledger import LedgerEntry
from steward.lineage.artifact_history import check_id
from steward.store.ledger import Ledger

STYLES = {
    "alert_raised": "bold yellow",
    "alert_resolved": "green",
    "champion_promoted": "bold green",
    "version_refused": "magenta",
    "batch_rejected": "red",
    "batch_deferred": "yellow",
    "personal_data_found": "yellow",
    "batch_repeated": "dim",
    "model_rejected": "red",
    "run_failed": "bold red",
    "training_reproduced": "green",
    "reproduction_failed": "bold red",
    "champion_rolled_back": "bold yellow",
    "release_changed": "bold cyan",
    "release_declined": "red",
    "command_refused": "bold red",
    "defect_overdue": "bold red",
    "defect_refused": "red",
    "training_declined": "dim",
    "check_completed": "dim",
    "report_rendered": "dim",
    "batch_ingested": "dim",
}
"""How an entry looks; meaning never hangs on colour alone."""


def follow(
    ledger: Ledger,
    model: str,
    *,
    after: int,
    seconds: float,
    about: str | None = None,
    pause: float = 0.5,
    between: Callable[[], object] = lambda: None,
) -> Iterator[LedgerEntry]:
    """Entries of a model as they come, until none has come for so many seconds.

    Args:
        ledger: where they stand.
        model: whose.
        after: the sequence to begin after.
        seconds: how long to wait for the next one; infinity waits for ever.
        about: a correlation id: only entries that have it are given, and prolong the wait.
        pause: between looks.
        between: is called after each look.
    """
    quiet_since = time.monotonic()
    while True:
        for entry in ledger.entries(model, after):
            after = entry.sequence
            if about in (None, entry.correlation_id):
                yield entry
                quiet_since = time.monotonic()
        between()
        if time.monotonic() - quiet_since >= seconds:
            return
        time.sleep(min(pause, seconds))


def line(entry: LedgerEntry) -> str:
    """One entry as a line of Rich markup."""
    style = STYLES.get(entry.action, "bold")
    line = "  ".join(escape(part) for part in (entry.subject, check_id(entry), entry.summary) if part)
    return f"{entry.as_of:%Y-%m-%d %H:%M}  [{style}]{entry.action.replace('_', ' '):<20}[/]  {line}"
