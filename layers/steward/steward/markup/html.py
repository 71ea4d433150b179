"""Writes documents as self-contained HTML pages."""

from collections.abc import Iterator
from html import escape

from steward.markup.document import Block, Bullets, Code, Paragraph, Section, TableCell, TextDocument, TextTable
from steward.markup.text_spans import text_spans

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.55 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { margin-top: 2.4rem; border-bottom: 1px solid var(--line); }
h3 { margin-top: 1.8rem; font-size: 1.05rem; }
.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: .6rem 0; }
th { text-align: left; } th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { background: var(--soft); } .number { text-align: right; font-variant-numeric: tabular-nums; }
code, pre { font: 13px/1.5 ui-monospace, monospace; } td code, li code, p code { overflow-wrap: anywhere; }
td { min-width: 5.5rem; } td:first-child { overflow-wrap: normal; }
pre { padding: .8rem; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
nav ul { columns: 2; padding-left: 1.2rem; } a { color: inherit; }
@media (max-width: 40rem) { nav ul { columns: 1; } }
@media print { body { max-width: none; } }
"""
_CONTENTS = 4
"""From how many sections on a page lists them."""


def to_html(document: TextDocument) -> str:
    """The document as a page: whatever text it was given stays text, and nothing is loaded from elsewhere."""
    title = escape(document.title.replace("`", ""))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{html_text(document.title)}</h1>",
    ]
    sections = list(document.sections())
    contents = len(sections) >= _CONTENTS
    for block in document.blocks:
        if contents and block is sections[0]:
            lines += _contents(sections)
        number = next((at for at, section in enumerate(sections) if section is block), None)
        lines += _block(block, 2, "" if number is None else f' id="s{number}"')
    return "\n".join([*lines, "</body></html>", ""])


def html_text(text: str) -> str:
    """A text, with what stands between backticks as code.

    >>> html_text("`a<b` <i>")
    '<code>a&lt;b</code> &lt;i&gt;'
    """
    return "".join(f"<code>{escape(span)}</code>" if is_code else escape(span) for span, is_code in text_spans(text))


def _contents(sections: list[Section]) -> Iterator[str]:
    yield '<nav aria-label="Contents"><ul>'
    yield from (f'<li><a href="#s{at}">{html_text(one.heading)}</a></li>' for at, one in enumerate(sections))
    yield "</ul></nav>"


def _block(block: Block, level: int, place: str = "") -> Iterator[str]:
    match block:
        case Paragraph():
            text = html_text(block.text)
            yield f"<p><strong>{text}</strong></p>" if block.strong else f"<p>{text}</p>"
        case Bullets():
            yield "<ul>"
            yield from (f"<li>{html_text(item)}</li>" for item in block.items)
            yield "</ul>"
        case TextTable():
            yield from _table(block)
        case Code():
            yield f"<pre>{escape(block.text)}</pre>"
        case Section():
            yield f"<h{level}{place}>{html_text(block.heading)}</h{level}>"
            for inner in block.blocks:
                yield from _block(inner, min(level + 1, 6))


def _table(table: TextTable) -> Iterator[str]:
    marks = [' class="number"' if at in table.numbers else "" for at in range(len(table.head))]
    head = "".join(
        f'<th scope="col"{mark}>{html_text(cell)}</th>' for cell, mark in zip(table.head, marks, strict=True)
    )
    yield f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>'
    for row in table.rows:
        cells = "".join(f"<td{mark}>{_cell(cell)}</td>" for cell, mark in zip(row, marks, strict=True))
        yield f"<tr>{cells}</tr>"
    yield "</tbody></table></div>"


def _cell(cell: TableCell) -> str:
    return html_text(cell) if isinstance(cell, str) else "<br>".join(html_text(line) for line in cell)
