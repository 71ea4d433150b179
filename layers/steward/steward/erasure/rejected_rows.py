"""Rejected rows without those of a subject."""

import json
from collections.abc import Iterator

from steward.erasure.redaction import tokens
from steward.erasure.sought_rows import SoughtRows
from steward.records.raw import RejectedRow


def is_sought(row: RejectedRow, sought: SoughtRows) -> bool:
    """Whether a rejected row is a subject's.

    One whose columns could be told apart is judged by them; of others each word is looked at, and so is each word of
    the reasons, which may quote an id.
    """
    content = _content(row.content)
    if isinstance(content, dict):
        whose, name = content.get(sought.column), content.get(sought.id_column)
        if sought.column in content and whose is not None and not sought.by_id:
            return sought.is_subject(str(whose))
        return name is not None and sought.is_id(str(name))
    return any(sought.names(token) for cell in _cells(content) for token in (cell, *tokens(cell)))


def id_of(row: RejectedRow, sought: SoughtRows) -> str | None:
    """The id of a rejected row; None where it has none, or its columns could not be told apart."""
    content = _content(row.content)
    name = content.get(sought.id_column) if isinstance(content, dict) else None
    return None if name is None else str(name)


def _content(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _cells(content: object) -> Iterator[str]:
    if isinstance(content, list):
        for one in content:
            yield from _cells(one)
    elif isinstance(content, dict):
        for one in content.values():
            yield from _cells(one)
    elif content is not None:
        yield str(content)
