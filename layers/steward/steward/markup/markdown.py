"""Writes documents as Markdown (CommonMark with the tables of GitHub)."""

import re
from collections.abc import Iterator, Sequence

from steward.markup.document import Block, Bullets, Code, Paragraph, Section, TableCell, TextDocument, TextTable
from steward.markup.text_spans import text_spans

_SPECIAL = re.compile(r"[\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_])|!(?=\[)")
_AT_START = re.compile(r"^(#{1,6}(?=\s|$)|[-+=>]|\d{1,9}(?=[.)](\s|$)))")
_FENCE = re.compile("`{3,}")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def to_markdown(document: TextDocument) -> str:
    """The document as Markdown: whatever text it was given stays text, and makes no markup."""
    lines = [f"# {markdown_text(document.title)}", ""]
    for block in document.blocks:
        lines += [*_block(block, 2), ""]
    return "\n".join(lines).rstrip() + "\n"


def markdown_text(text: str) -> str:
    r"""A text within a line, with what stands between backticks as code.

    >>> markdown_text("`a<b` is *one* <i> of_them|")
    '`a<b` is \\*one\\* &lt;i&gt; of_them\\|'
    """
    written = "".join(_code(span) if is_code else _prose(span) for span, is_code in text_spans(text))
    return _AT_START.sub(lambda found: _escape_start(found[0]), written)


def _escape_start(start: str) -> str:
    return f"{start}\\" if start.isdigit() else f"\\{start}"


def _prose(text: str) -> str:
    entities = re.sub("[&<>]", lambda found: _ENTITIES[found[0]], text)
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", entities)


def _code(text: str) -> str:
    padded = text.replace("|", "\\|")
    return f"`{padded}`" if text.strip() else _prose(text)


def _block(block: Block, level: int) -> Iterator[str]:
    match block:
        case Paragraph():
            text = markdown_text(block.text)
            yield f"**{text}**" if block.strong else text
        case Bullets():
            yield from (f"- {markdown_text(item)}" for item in block.items)
        case TextTable():
            yield from _table(block)
        case Code():
            longest = max((len(found) for found in _FENCE.findall(block.text)), default=2)
            fence = "`" * (longest + 1)
            yield f"{fence}{block.language}"
            yield from block.text.splitlines()
            yield fence
        case Section():
            yield f"{'#' * level} {markdown_text(block.heading)}"
            for inner in block.blocks:
                yield ""
                yield from _block(inner, min(level + 1, 6))


def _table(table: TextTable) -> Iterator[str]:
    rules = ["---:" if at in table.numbers else "---" for at in range(len(table.head))]
    yield _row([markdown_text(cell) for cell in table.head])
    yield _row(rules)
    yield from (_row([_cell(cell) for cell in row]) for row in table.rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: TableCell) -> str:
    return markdown_text(cell) if isinstance(cell, str) else "<br>".join(markdown_text(line) for line in cell)
