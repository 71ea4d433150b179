"""How many rows a command has read, on standard error."""

from collections.abc import Iterator
from contextlib import contextmanager

from steward.cli.terminal import errors
from steward.standalone.tables import Watcher


@contextmanager
def rows_read() -> Iterator[Watcher]:
    """Report the rows read so far of each file: as they are read on a terminal, else in one line a file at the end."""
    read: dict[str, int] = {}
    with errors.status("reading") as status:

        def watch(name: str, rows: int) -> None:
            read[name] = rows
            status.update(f"{name}: {rows:,} rows")

        yield watch
    if not errors.is_terminal:
        for name, rows in read.items():
            errors.print(f"{name}: {rows:,} rows read", markup=False)
