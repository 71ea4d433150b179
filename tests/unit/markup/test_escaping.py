"""No text makes markup: what is hostile stays text in Markdown and in HTML."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from steward.markup.document import Bullets, Code, Paragraph, Section, TextDocument, TextTable
from steward.markup.html import to_html
from steward.markup.markdown import to_markdown

HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](http://example.com/x.png)",
    "`<b>` and ``<b>` ` <img src=x onerror=alert(1)>",
    "| a | b |",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "```\n<script>",
    "a\n\n<div>\n\n***bold***",
    "&lt;b&gt; &amp; &#60;",
    "<!-- comment -->",
    "=====",
    "~~gone~~",
    "\\`<b>`",
    '" onmouseover="alert(1)',
    "*" * 3,
    "_a_ snake_case __b__",
]
texts = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet="<>&`*_[]()!|#-+=~\\ \nab1.:\"'", max_size=30),
    st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join),
)


def document(text: str) -> TextDocument:
    """A document that has a text in every place."""
    blocks = [Paragraph(text), Bullets([text]), TextTable((text, "b"), [(text, "b")]), Code(text)]
    return TextDocument(f"x{text}", [Section(f"x{text}", blocks)])


class Parsed(HTMLParser):
    """Tags and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag with the names of its attributes; code is where the text has backticks."""
        if tag not in ("code", "br"):
            self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_comment(self, data: str) -> None:
        """No text may make one."""
        raise AssertionError(data)

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.text.append(data)


def read_markdown(text: str) -> Parsed:
    """As a reader of Markdown draws it who lets HTML through."""
    return Parsed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))


@given(texts)
def test_markdown_of_any_text_has_the_tags_of_harmless_text(text: str) -> None:
    assert read_markdown(to_markdown(document(text))).tags == read_markdown(to_markdown(document("plain"))).tags or (
        not text.strip()
    )


@given(texts)
def test_html_of_any_text_has_the_tags_of_harmless_text(text: str) -> None:
    assert Parsed(to_html(document(text))).tags == Parsed(to_html(document("plain"))).tags


@pytest.mark.parametrize("text", HOSTILE)
def test_what_was_given_can_be_read(text: str) -> None:
    given_text = "".join(text.replace("`", "").split())
    for page in (
        to_html(document(text)),
        MarkdownIt("commonmark").render(to_markdown(TextDocument("x", [Paragraph(text)]))),
    ):
        shown = "".join("".join(Parsed(page).text).replace("`", "").split())
        assert given_text in shown or given_text.replace("\\", "") in shown


def test_long_pages_list_their_sections() -> None:
    sections = [Section(name, [Paragraph("p")]) for name in "abcd"]
    assert '<li><a href="#s3">d</a></li>' in to_html(TextDocument("t", sections))
    assert "<nav" not in to_html(TextDocument("t", sections[:3]))
