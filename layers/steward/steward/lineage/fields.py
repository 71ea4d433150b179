"""Differences between two documents, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any

from steward.documents import TolerantModel


class FieldChange(TolerantModel):
    """One field that differs; None where a document lacks it."""

    field: str
    before: Any
    after: Any


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """The fields that differ between two JSON documents, by their path, in alphabetical order.

    Lists are compared whole, since a place in a list names nothing.

    >>> changed_fields({"window": {"length": "1d"}, "owner": "us"}, {"window": {"length": "7d"}, "owner": "us"})
    [FieldChange(field='window.length', before='1d', after='7d')]
    """
    was, now = (dict(_flat(document, "")) for document in (before, after))
    return [
        FieldChange(field=field, before=was.get(field), after=now.get(field))
        for field in sorted(was.keys() | now.keys())
        if was.get(field) != now.get(field)
    ]


def _flat(value: object, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{path}.{name}" if path else name)
    else:
        yield path, value
