"""Texts as spans of prose and of code."""

import re
from collections.abc import Iterator

_CODE = re.compile("`([^`]+)`")


def text_spans(text: str) -> Iterator[tuple[str, bool]]:
    """The spans of a text in one line, each with whether it stood between backticks.

    >>> list(text_spans("`age` moved"))
    [('age', True), (' moved', False)]
    """
    line = " ".join(text.split())
    at = 0
    for found in _CODE.finditer(line):
        if found.start() > at:
            yield line[at : found.start()], False
        yield found[1], True
        at = found.end()
    if at < len(line):
        yield line[at:], False
