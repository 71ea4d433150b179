"""Rejected rows as a file that can be uploaded again."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from steward.records.raw import Format, RejectedRow


@dataclass(frozen=True, slots=True)
class ReleasedRows:
    """A file to upload.

    Attributes:
        body: CSV where the rows came as CSV, else JSON Lines; the same rows give the same bytes.
        rows: how many it holds.
        left: rows that could not be taken apart when they came: they have no columns, and stay where they are.
    """

    body: bytes
    rows: int
    left: int


def to_upload(
    rejected: Sequence[RejectedRow], written: Format | None, version: tuple[str, str] | None = None
) -> ReleasedRows:
    r"""The file of some rejected rows: every cell as it was written when they came.

    Args:
        rejected: in their order.
        written: the format that they came in: text cells mean in CSV what they do not mean in JSON. None where the name
            of the upload does not tell: it was CSV if the rows have lines, and nothing but text in them.
        version: a column and what it holds in rows that leave it empty: who was in charge when they came first.

    >>> row = RejectedRow(1, 2, (), '{"id":"a","age":"70"}')
    >>> to_upload([row], "csv", ("version", "v1")).body
    b'id,age,version\r\na,70,v1\r\n'
    >>> to_upload([RejectedRow(1, 2, (), '{"id":1.10}')], "jsonl").body
    b'{"id":1.10}\n'
    """
    contents = [_DECODER.decode(row.content) for row in rejected]
    whole = [content for content in contents if isinstance(content, dict)]
    is_csv = written == "csv" or (written is None and all(row.line for row in rejected) and _is_text(whole))
    if version:
        name, value = version
        whole = [content | {name: content.get(name) or value} for content in whole]
    body = _csv(whole) if is_csv else "".join(f"{_json(content)}\n" for content in whole)
    return ReleasedRows(body.encode(), len(whole), len(contents) - len(whole))


class _Number(str):
    """A number of JSON as it was written; NaN and the infinities too, which JSON has not, and our reader knows."""

    __slots__ = ()


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def _is_text(rows: Sequence[dict[str, object]]) -> bool:
    cells = [cell for row in rows for cell in row.values()]
    return all(cell is None or (isinstance(cell, str) and not isinstance(cell, _Number)) for cell in cells)


def _json(value: object) -> str:
    match value:
        case _Number():
            return str(value)
        case dict():
            return "{" + ",".join(f"{json.dumps(key)}:{_json(cell)}" for key, cell in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_json, value)) + "]"
        case _:
            return json.dumps(value)


def _csv(rows: Sequence[dict[str, object]]) -> str:
    columns = dict.fromkeys(name for row in rows for name in row)
    output = io.StringIO()
    writer = csv.DictWriter(output, list(columns))
    writer.writeheader()
    writer.writerows(
        {name: _json(cell) if isinstance(cell, list) else cell for name, cell in row.items()} for row in rows
    )
    return output.getvalue()
