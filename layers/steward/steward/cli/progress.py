"""How far a command has come, on a terminal alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from steward.standalone.tables import Watcher


@contextmanager
def rows_read() -> Iterator[Watcher]:
    """Shows the rows read so far of whatever is being read; nothing where standard error is no terminal."""
    console = Console(stderr=True)
    with console.status("reading") as status:
        yield lambda name, rows: status.update(f"{name}: {rows:,} rows")
