"""Decodes the body of a request: one row as a JSON object, or several as an array of objects."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from steward.serving.refusals import FieldProblem, RequestRefused

MOST_BYTES = 6 * 1024**2
"""Of a request or an answer: Lambda carries no more, and refuses a larger request itself, with status 413."""
MOST_ROWS = 10_000
MOST_ROW_BYTES = 256 * 1024
"""Of one row; a record of Firehose holds 1,000 KiB."""

_EXAMPLE = 'send {"feature": value, ...} for one row, or [{...}, {...}] for several'
_KINDS = {bool: "true or false", list: "an array", type(None): "null"}

type RequestRow = dict[str, Any]
"""One row: texts for numbers too, as they are written; true, false and null; lists of these."""


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The rows of a request.

    Attributes:
        rows: in the order of the request.
        single: whether it is one object, which is answered by one object.
    """

    rows: list[RequestRow]
    single: bool

    def row_number(self, at: int) -> int | None:
        """How a row is named in problems, by its position from 0."""
        return None if self.single else at + 1


class _KeyTwice(ValueError):
    """An object has a key twice."""


class _NotFinite(ValueError):
    """NaN or Infinity, which Python's decoder takes and JSON does not have."""


def decode_body(body: str | None, headers: Mapping[str, str], *, encoded: bool = False) -> RequestBody:
    """The rows of a body.

    Args:
        body: as Lambda gives it.
        headers: of the request, their names in lower case.
        encoded: whether Lambda gives it as base64.

    Raises:
        RequestRefused: it is of another type, too large, no JSON, or holds something else than rows.
    """
    _check_type(headers)
    text = _decode_base64(body) if encoded and body else body or ""
    if len(text) > MOST_BYTES or (len(text) * 3 > MOST_BYTES and len(text.encode(errors="replace")) > MOST_BYTES):
        raise RequestRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MOST_BYTES:,} bytes; send fewer rows in each"
        )
    if not text.strip():
        raise RequestRefused(HTTPStatus.BAD_REQUEST, f"the request has no body; {_EXAMPLE}")
    found = _parse(text)
    if isinstance(found, dict):
        return _checked([found], single=True)
    if not isinstance(found, list):
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, f"the body is {_kind(found)}; {_EXAMPLE}")
    if not found:
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, f"the array has no rows; {_EXAMPLE}")
    if len(found) > MOST_ROWS:
        raise RequestRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"the array has {len(found):,} rows, and a request has at most {MOST_ROWS:,}; send the rest in another",
        )
    return _checked(found, single=False)


def _check_type(headers: Mapping[str, str]) -> None:
    media, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "").replace(" ", "")
    if media.strip().lower() != "application/json" or charset not in {"", "charset=utf-8", "charset=utf8"}:
        raise RequestRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"the content type is {media.strip() or 'missing'!r}{' with ' + charset if charset else ''}; send JSON in "
            "UTF-8 with the header Content-Type: application/json",
        )
    coding = headers.get("content-encoding", "identity").strip().lower()
    if coding not in {"", "identity"}:
        raise RequestRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"the body is encoded as {coding}; send it as it is")


def _decode_base64(body: str) -> str:
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError):
        raise RequestRefused(
            HTTPStatus.BAD_REQUEST, "the body is not text in UTF-8; encode the JSON as UTF-8"
        ) from None


def _parse(text: str) -> object:
    try:
        return _DECODER.decode(text)
    except _KeyTwice as error:
        raise RequestRefused(HTTPStatus.BAD_REQUEST, f"{error}; write each key once") from None
    except _NotFinite as error:
        raise RequestRefused(
            HTTPStatus.BAD_REQUEST, f"the body holds {error}, which JSON does not have; write null for a missing value"
        ) from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RequestRefused(
            HTTPStatus.BAD_REQUEST, f"the body is not JSON at {place} ({error.msg}); {_EXAMPLE}"
        ) from None
    except RecursionError:
        raise RequestRefused(HTTPStatus.BAD_REQUEST, f"the body is nested too deeply; {_EXAMPLE}") from None


def _checked(rows: list[Any], *, single: bool) -> RequestBody:
    """Rows that are objects.

    Raises:
        RequestRefused: a row is something else.
    """
    problems = [
        FieldProblem(at, None, "not_an_object", f"the row is {_kind(row)}; write an object of features")
        for at, row in enumerate(rows, start=1)
        if not isinstance(row, dict)
    ]
    if problems:
        raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, "not every row is an object", problems)
    return RequestBody(rows, single)


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a text or a number")


def _object(pairs: list[tuple[str, Any]]) -> RequestRow:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _KeyTwice(f"an object has the key {twice[:60]!r} twice")
    return found


def _refuse_constant(text: str) -> object:
    raise _NotFinite(text)


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=_refuse_constant, object_pairs_hook=_object)
"""Numbers keep their text, as in uploads: they are parsed once their column says that it wants numbers."""
