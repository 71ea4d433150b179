"""Rejected rows as a file that can be uploaded again, once the declaration or what they named was mended."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from steward.records.raw import Format, RejectedRow, as_json


@dataclass(frozen=True, slots=True)
class Release:
    """A file to upload.

    Attributes:
        body: CSV where the rows came as CSV, else JSON Lines; the same rows give the same bytes.
        rows: how many it holds.
        left: rows that could not be taken apart when they came: they have no columns, and stay where they are.
    """

    body: bytes
    rows: int
    left: int


def release(rejected: Sequence[RejectedRow], written: Format, version: tuple[str, str] | None = None) -> Release:
    r"""The file of some rejected rows.

    Args:
        rejected: in their order.
        written: the format that they came in: text cells mean in CSV what they do not mean in JSON.
        version: a column and what it holds in rows that leave it empty: who was in charge when they came first.

    >>> row = RejectedRow(1, 2, (), '{"id":"a","age":"70"}')
    >>> release([row], "csv", ("version", "v1")).body
    b'id,age,version\r\na,70,v1\r\n'
    """
    contents = [json.loads(row.content) for row in rejected]
    whole = [content for content in contents if isinstance(content, dict)]
    if version:
        name, value = version
        whole = [content | {name: content.get(name) or value} for content in whole]
    body = _csv(whole) if written == "csv" else "".join(f"{as_json(content)}\n" for content in whole)
    return Release(body.encode(), len(whole), len(contents) - len(whole))


def _csv(rows: Sequence[dict[str, object]]) -> str:
    columns = dict.fromkeys(name for row in rows for name in row)
    output = io.StringIO()
    writer = csv.DictWriter(output, list(columns))
    writer.writeheader()
    writer.writerows(rows)
    return output.getvalue()
