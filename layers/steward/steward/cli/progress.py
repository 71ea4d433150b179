"""Reports the number of rows read, on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from steward.offline.tables import ProgressCallback


@contextmanager
def rows_read() -> Iterator[ProgressCallback]:
    """Report the rows read so far of each file: as they are read on a terminal, else in one line a file at the end."""
    read: dict[str, int] = {}
    if not sys.stderr.isatty():
        yield read.__setitem__
        for name, rows in read.items():
            sys.stderr.write(f"{name}: {rows:,} rows read\n")
        return
    from steward.cli.terminal import errors  # noqa: PLC0415 - Rich takes longer to load than most files take to read

    with errors.status("reading") as status:
        yield lambda name, rows: status.update(f"{name}: {rows:,} rows")
