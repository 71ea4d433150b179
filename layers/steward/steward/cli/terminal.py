"""Where commands print: as wide as the terminal, and unbroken where the output goes to a file or a pipe."""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from pydantic_core import to_json
from rich.console import Console, ConsoleDimensions
from rich.table import Table
from rich.text import Text

_UNBROKEN = 100_000
"""The width of what is no terminal, in columns: no sentence, key or row of a table is broken."""


class Terminal(Console):
    """A console whose width is the terminal's, or what the variable COLUMNS says.

    Where the output is no terminal, lines are neither wrapped nor padded at their ends, so that they can be searched
    and copied.
    """

    @property
    def size(self) -> ConsoleDimensions:
        """Columns and lines."""
        size = super().size
        return ConsoleDimensions(_UNBROKEN, size.height) if self.piped else size

    @size.setter
    def size(self, size: tuple[int, int]) -> None:
        self._width, self._height = size

    def print(self, *objects: Any, **options: Any) -> None:
        """As Rich prints; in a pipe without the blanks that fill a table's last column."""
        if not self.piped:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        self.file.write("\n".join(line.rstrip() for line in captured.get().split("\n")))

    def stack(self, *parts: str | Text) -> Text:
        """What there is of some parts, one below the other; in a pipe on one line."""
        texts = (Text(part) if isinstance(part, str) else part for part in parts if part)
        return Text("; " if self.piped else "\n").join(texts)

    @property
    def piped(self) -> bool:
        """Whether the output goes to a file or a pipe."""
        return self._width is None and not self.file.isatty()


def draw_table(title: str, *headings: str, whole: Collection[str] = (), figures: Collection[str] = ()) -> Table:
    """Begin a table without lines, for people and for `awk`.

    Args:
        title: above it.
        headings: of the columns.
        whole: those whose cells are not wrapped, such as ids.
        figures: those whose cells are numbers, which end below each other.
    """
    drawn = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim",
                  padding=(0, 2, 0, 0), min_width=len(title))  # fmt: skip
    for heading in headings:
        justify: Literal["left", "right"] = "right" if heading in figures else "left"
        drawn.add_column(heading, no_wrap=heading in {*whole, *figures}, justify=justify, overflow="fold")
    return drawn


def print_json(document: object, *, lines: bool = False) -> None:
    """Print one JSON document: models and dataclasses by their fields, times in ISO 8601.

    Args:
        document: what is printed.
        lines: on one line, as one of many.
    """
    sys.stdout.write(f"{to_json(document, indent=None if lines else 2, inf_nan_mode='null').decode()}\n")
    sys.stdout.flush()


@contextmanager
def on_standard_error(*, wanted: bool) -> Iterator[None]:
    """Print what is for people there, and leave standard output to the document that a program waits for."""
    console.stderr = wanted
    try:
        yield
    finally:
        console.stderr = False


console = Terminal(highlight=False)
errors = Terminal(stderr=True, highlight=False)
