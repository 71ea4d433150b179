"""Where commands print: as wide as the terminal, and unbroken where the output goes to a file or a pipe."""

from typing import Any

from rich.console import Console, ConsoleDimensions

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
        return ConsoleDimensions(_UNBROKEN, size.height) if self._piped else size

    @size.setter
    def size(self, size: tuple[int, int]) -> None:
        self._width, self._height = size

    def print(self, *objects: Any, **options: Any) -> None:
        """As Rich prints; in a pipe without the blanks that fill a table's last column."""
        if not self._piped:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        self.file.write("\n".join(line.rstrip() for line in captured.get().split("\n")))

    @property
    def _piped(self) -> bool:
        return self._width is None and not self.file.isatty()


console = Terminal(highlight=False)
errors = Terminal(stderr=True, highlight=False)
