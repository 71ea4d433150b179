"""The tree of a document for people: what its writers share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

type Block = "Paragraph | Bullets | TextTable | Code | Section"
type TableCell = str | tuple[str, ...]
"""A text, or several, each on a line of its own."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or several. What stands between backticks is code, in every text of a document; `**` is nothing."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class TextTable:
    """Rows of cells below a head; the columns in `numbers` are figures."""

    head: Sequence[str]
    rows: Sequence[Sequence[TableCell]]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """Lines that stay as they are."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and what stands below it."""

    heading: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class TextDocument:
    """A title, and what stands below it."""

    title: str
    blocks: Sequence[Block]

    def sections(self) -> Iterator[Section]:
        """The sections below the title."""
        return (block for block in self.blocks if isinstance(block, Section))
