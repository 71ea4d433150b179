"""Following the ledger as it grows."""

import time
from collections.abc import Iterator

from rich.markup import escape

from steward.ledger import LedgerEntry
from steward.store.ledger import Ledger

STYLES = {
    "alert_raised": "bold yellow",
    "alert_resolved": "green",
    "champion_promoted": "bold green",
    "version_refused": "magenta",
    "batch_rejected": "red",
    "batch_deferred": "yellow",
    "batch_repeated": "dim",
    "model_rejected": "red",
    "run_failed": "bold red",
    "champion_rolled_back": "bold yellow",
    "command_refused": "bold red",
    "defect_overdue": "bold red",
    "defect_refused": "red",
    "training_declined": "dim",
    "check_completed": "dim",
    "report_rendered": "dim",
    "batch_ingested": "dim",
}
"""How an entry looks; meaning never hangs on colour alone."""


def follow(ledger: Ledger, model: str, *, after: int, seconds: float, pause: float = 0.5) -> Iterator[LedgerEntry]:
    """Entries of a model as they come, until none has come for so many seconds.

    Args:
        ledger: where they stand.
        model: whose.
        after: the sequence to begin after.
        seconds: how long to wait for the next one; infinity waits for ever.
        pause: between looks.
    """
    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < seconds:
        for entry in ledger.entries(model, after):
            after = entry.sequence
            quiet_since = time.monotonic()
            yield entry
        time.sleep(pause)


def line(entry: LedgerEntry) -> str:
    """One entry as a line of Rich markup."""
    style = STYLES.get(entry.action, "bold")
    told = f"{escape(entry.subject)}  {escape(entry.summary)}"
    return f"{entry.as_of:%Y-%m-%d %H:%M}  [{style}]{entry.action.replace('_', ' '):<20}[/]  {told}"
