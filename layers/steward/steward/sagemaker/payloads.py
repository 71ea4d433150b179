"""Decodes the records of one captured request or response."""

import base64
import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from steward.errors import StewardError
from steward.records.raw import Reason
from steward.sagemaker.locations import Location, Nowhere

Record = list[Any] | dict[str, Any]
"""Its fields by position, or by name. Numbers keep their text."""

SKIPPED = "_"
"""Stands for a field that is left out."""

DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Numbers keep their text, as in every file that Steward reads: they are parsed once their column wants numbers."""

_CONTAINERS = ("instances", "predictions")
"""Keys under which JSON requests and responses hold several records (TensorFlow Serving, SageMaker's algorithms)."""
_SHOWN = 12


class Unusable(StewardError):
    """A payload or a record that cannot be used, and the reason."""

    def __init__(self, code: str, where: str, message: str) -> None:
        super().__init__(message)
        self.reason = Reason(code, where, message)


def records(payload: object, where: str, fields: int, location: Location) -> list[Record]:
    """The records of a payload, in their order.

    Args:
        payload: `endpointInput`, `endpointOutput` or `groundTruthData`: an object with `data` and `encoding`.
        where: its name, for messages.
        fields: how many a record should have; a line of several values with one field each is several records.
        location: where the records lie in a JSON document; empty for the usual places.

    Raises:
        Unusable: it is missing, cannot be decoded, or holds no records there.
    """
    kind, text = _decode(payload, where)
    found = _from_csv(text, where, fields) if kind == "csv" else _documents(text, where, fields, location)
    if not found:
        raise Unusable("empty_payload", where, f"{where} holds no records: its data are empty; capture whole payloads")
    return found


def fields_by_name(record: Record, names: Sequence[str], where: str) -> dict[str, Any]:
    """A record's fields under the names of columns; a name with points is looked for inside nested objects too.

    Raises:
        Unusable: it has another number of fields, or none of these.
    """
    if isinstance(record, list):
        return _by_position(record, names, where)
    found = {name: _inside(record, name) for name in names if name != SKIPPED}
    if any(value is not None for value in found.values()):
        return found
    inner = next(iter(record.values())) if len(record) == 1 else None
    if isinstance(inner, list):
        return _by_position(inner, names, where)
    if any(name in record for name in found):
        return found
    keys = ", ".join(list(record)[:_SHOWN]) or "no keys"
    raise Unusable(
        "no_known_fields",
        where,
        f"a record of {where} has {keys}, and none of {', '.join(list(found)[:_SHOWN])}; name its keys in the "
        "declaration's capture section, or say there where the record lies",
    )


def _decode(payload: object, where: str) -> tuple[Literal["csv", "json"], str]:
    if payload is None:
        raise Unusable(f"missing_{_SNAKE.get(where, where)}", where, _MISSING.get(where, f"{where} is missing"))
    data = payload.get("data") if isinstance(payload, Mapping) else None
    if not isinstance(payload, Mapping) or not isinstance(data, str):
        raise Unusable("missing_data", where, f"{where} has no text under data; keep the line as SageMaker wrote it")
    encoding = str(payload.get("encoding")).upper()
    if encoding == "CSV":
        return "csv", data
    if encoding == "JSON":
        return "json", data
    content_type = str(payload.get("observedContentType") or "").lower()
    if encoding != "BASE64":
        raise Unusable(
            "unknown_encoding",
            where,
            f"{where} is encoded as {payload.get('encoding')!r:.40}; SageMaker writes CSV, JSON or BASE64",
        )
    try:
        content = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise Unusable(
            "invalid_base64",
            where,
            f"{where} is no valid base64 ({error}); the line was cut off or changed: copy the file again as it was",
        ) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unusable(
            "not_text",
            where,
            f"{where} holds bytes that are no text ({content_type or 'of no content type'}); only CSV and JSON can be "
            "read: capture what the model is given as numbers and text",
        ) from None
    if "json" in content_type or ("csv" not in content_type and text.lstrip()[:1] in {"{", "["}):
        return "json", text
    return "csv", text


_SNAKE = {
    "endpointInput": "endpoint_input",
    "endpointOutput": "endpoint_output",
    "groundTruthData": "ground_truth_data",
}
_MISSING = {
    "endpointInput": "the line has no endpointInput, so nothing is known of the features; add Input to the capture "
    "options of the endpoint",
    "endpointOutput": "the line has no endpointOutput, so there is no prediction in it; add Output to the capture "
    "options of the endpoint, and leave out requests that failed",
    "groundTruthData": "the line has no groundTruthData; write the label there, as data and encoding",
}


def _from_csv(text: str, where: str, fields: int) -> list[Record]:
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
    if '"' not in text:
        rows = [line.split(",") for line in lines]
    else:
        try:
            rows = [cells for cells in csv.reader(io.StringIO(text, newline=""), strict=True) if cells]
        except csv.Error as error:
            raise Unusable("malformed", where, f"{where} is not valid CSV ({error}); close every quote") from None
    return _split(rows[0], fields) if len(rows) == 1 else list(rows)


def _documents(text: str, where: str, fields: int, location: Location) -> list[Record]:
    if not text.strip():
        return []
    found: list[Record] = []
    for document in _parse(text, where):
        try:
            inner = location.find(document)
        except Nowhere:
            raise Unusable(
                "no_known_fields",
                where,
                f"{where} has nothing at the place that the declaration's capture section gives for its records",
            ) from None
        if location.every:
            found.extend(_record(item) for item in inner)
        else:
            found.extend(_find_records(inner, fields))
    return found


def _parse(text: str, where: str) -> list[Any]:
    """One JSON document, or one on each line."""
    try:
        return [DECODER.decode(text.strip())]
    except (ValueError, RecursionError) as error:
        first = error
    try:
        return [DECODER.decode(line) for line in map(str.strip, text.split("\n")) if line]
    except (ValueError, RecursionError):
        raise Unusable(
            "malformed", where, f"{where} is encoded as JSON, but is not JSON ({first}); copy the file again as it was"
        ) from None


def _find_records(document: Any, fields: int) -> list[Record]:
    """The records of a document whose layout nobody described."""
    if isinstance(document, dict):
        held = next((document[key] for key in _CONTAINERS if isinstance(document.get(key), list)), None)
        return [document] if held is None else [_record(item) for item in held]
    if not isinstance(document, list):
        return [[document]]
    if document and all(isinstance(item, list | dict) for item in document):
        return list(document)
    return _split(document, fields)


def _record(item: Any) -> Record:
    return item if isinstance(item, list | dict) else [item]


def _split(values: list[Any], fields: int) -> list[Record]:
    """One record; or, where records have one field, as many as there are values (XGBoost answers a batch so)."""
    return [[value] for value in values] if fields == 1 else [values] if values else []


def _by_position(record: list[Any], names: Sequence[str], where: str) -> dict[str, Any]:
    if len(record) != len(names):
        raise Unusable(
            "wrong_field_count",
            where,
            f"a record of {where} has {len(record)} field{'s' * (len(record) != 1)}, and the declaration's capture "
            f"section names {len(names)}; name them all there in their order, with {SKIPPED} for those to leave out",
        )
    return {name: value for name, value in zip(names, record, strict=True) if name != SKIPPED}


def _inside(record: dict[str, Any], name: str) -> Any:
    if name in record or "." not in name:
        return record.get(name)
    inner: Any = record
    for key in name.split("."):
        if not isinstance(inner, dict) or key not in inner:
            return None
        inner = inner[key]
    return inner
