"""Data-capture files: requests and responses of an endpoint, one JSON object each.

Each line has `captureData` with `endpointInput` and `endpointOutput`, and `eventMetadata` with `eventId`, the caller's
`inferenceId` if there was one, `inferenceTime` and, where the caller sent any, `customAttributes`. A request may hold
several records. Model Monitor merges whole requests with their ground truth by `inferenceId`, or else by `eventId`, and
takes the records of both by position; so a single record keeps the id of its request, and records of a larger one get
the id with their position behind it: `<id>_0`, `<id>_1` and so on. `ground_truth` makes the same ids.

Sources: Amazon SageMaker developer guide, "Capture data from real-time endpoint" and "Ingest Ground Truth labels and
merge them with predictions"; for requests with several records, the notebook SageMaker-Monitoring-Bias-Drift-for-
Endpoint (JSON) of aws/amazon-sagemaker-examples, whose ground truth has as many `instances` as the request.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from steward.records.raw import ReadLimits, as_json
from steward.records.text import NumberedLines
from steward.sagemaker.event_lines import ColumnSearch, EventRows, Refused, Row
from steward.sagemaker.locations import ANYWHERE, Location
from steward.sagemaker.payloads import DECODER, SKIPPED, Record, Unusable, fields_by_name, records
from steward.spec.capture import Capture
from steward.spec.model import ModelSpec

ATTRIBUTES = "customAttributes"
"""The column of what a caller sent along; of a JSON object, each key becomes a column `customAttributes.<key>`."""

_INPUT, _OUTPUT, _TRUTH = "endpointInput", "endpointOutput", "groundTruthData"


@dataclass(frozen=True, slots=True)
class CaptureMapping:
    """Which field of a captured request or response is which column.

    Attributes:
        id: the column for the id of a record.
        time: the column for the time of the request.
        inputs: the columns of a request, in the order of its fields; of JSON objects, the keys. `_` is left out.
        outputs: the same of a response.
        label: the column for ground truth, where lines have some already (the output of Model Monitor's merge).
        request: where the records lie in a JSON request, as `features_attribute` says it; empty for the usual places.
        response: the same of a JSON response.
    """

    id: str
    time: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    label: str | None = None
    request: Location = ANYWHERE
    response: Location = ANYWHERE

    @classmethod
    def of(cls, spec: ModelSpec, capture: Capture) -> Self:
        """What a declaration and its capture section say."""
        return cls(
            id=spec.columns.id,
            time=spec.columns.time,
            inputs=tuple(capture.inputs),
            outputs=tuple(capture.outputs),
            label=spec.columns.label,
            request=Location.parse(capture.request),
            response=Location.parse(capture.response),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of every row."""
        return (self.id, self.time, *(name for name in (*self.inputs, *self.outputs) if name != SKIPPED))


class CaptureRows(EventRows):
    """A data-capture file as rows, a row for every record of every request."""

    def __init__(self, lines: NumberedLines, limits: ReadLimits, mapping: CaptureMapping, later: ColumnSearch) -> None:
        """Open it.

        Raises:
            BatchInvalid: it is empty.
        """
        super().__init__(lines, limits, mapping.columns, lambda event: captured_records(event, mapping), later)


def captured_records(event: dict[str, Any], mapping: CaptureMapping) -> Iterator[Row | Refused]:
    """The records of one captured request, as rows; where one is refused, the others keep their positions and ids."""
    try:
        requests, responses = _request_and_response(event.get("captureData"), mapping)
        labels = _labels(event, mapping, len(requests))
    except Unusable as unusable:
        yield Refused(unusable.reason)
        return
    metadata = metadata_of(event)
    shared = {mapping.time: metadata.get("inferenceTime"), **_attributes(metadata.get(ATTRIBUTES))}
    for at, (request, response) in enumerate(zip(requests, responses, strict=True)):
        key = record_id(metadata, at, len(requests))
        try:
            row = {
                mapping.id: key,
                **shared,
                **fields_by_name(request, mapping.inputs, _INPUT),
                **fields_by_name(response, mapping.outputs, _OUTPUT),
            }
        except Unusable as unusable:
            content = as_json({mapping.id: key, _INPUT: request, _OUTPUT: response})
            yield Refused(unusable.reason, content)
            continue
        if labels:
            row |= labels[at]
        yield row


def _request_and_response(capture: Any, mapping: CaptureMapping) -> tuple[list[Record], list[Record]]:
    """The records asked about, and as many answers."""
    if not isinstance(capture, dict):
        raise Unusable(
            "not_a_capture", "captureData", "the line has no captureData; keep other lines in files of their own"
        )
    requests = records(capture.get(_INPUT), _INPUT, len(mapping.inputs), mapping.request)
    responses = records(capture.get(_OUTPUT), _OUTPUT, len(mapping.outputs), mapping.response)
    if len(requests) != len(responses):
        raise Unusable(
            "record_count_mismatch",
            _OUTPUT,
            f"the request has {_count_text(requests)} and the response {_count_text(responses)}; one answer is "
            "needed for each record asked about, or the capture section must say where they lie",
        )
    return requests, responses


def metadata_of(event: dict[str, Any]) -> dict[str, Any]:
    """An event's metadata; nothing where it has none."""
    metadata = event.get("eventMetadata")
    return metadata if isinstance(metadata, dict) else {}


def record_id(metadata: dict[str, Any], position: int, count: int) -> str | None:
    """The id of a record: that of its request, with its position behind it if the request has several.

    >>> record_id({"eventId": "a1", "inferenceId": "order-7"}, 0, 1)
    'order-7'
    >>> record_id({"eventId": "a1"}, 1, 3)
    'a1_1'
    """
    found = metadata.get("inferenceId") or metadata.get("eventId")
    if not isinstance(found, str):
        return None
    return found if count == 1 else f"{found}_{position}"


def _labels(event: dict[str, Any], mapping: CaptureMapping, count: int) -> list[dict[str, Any]]:
    if mapping.label is None or _TRUTH not in event:
        return []
    found = records(event[_TRUTH], _TRUTH, 1, ANYWHERE)
    if len(found) != count:
        raise Unusable(
            "record_count_mismatch",
            _TRUTH,
            f"the request has {count} records and its ground truth {len(found)}; give a label for each, in their order",
        )
    return [{mapping.label: label(record, mapping.label)} for record in found]


def label(record: Record, column: str) -> Any:
    """The label that a record of ground truth holds.

    Raises:
        Unusable: it holds several values, and none of them under the column's name or `label`.
    """
    if isinstance(record, dict):
        for key in (column, "label"):
            if key in record:
                return record[key]
    values = list(record.values()) if isinstance(record, dict) else record
    if len(values) != 1:
        raise Unusable(
            "wrong_field_count",
            _TRUTH,
            f"a record of ground truth has {len(values)} values; write the label alone, or under the key {column}",
        )
    return values[0]


def _attributes(sent: Any) -> Row:
    """What the caller sent along: SageMaker keeps it as a list of one text, which may be a JSON object."""
    text = sent[0] if isinstance(sent, list) and len(sent) == 1 else sent
    if not text:
        return {}
    try:
        content = DECODER.decode(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        content = text
    if not isinstance(content, dict):
        return {ATTRIBUTES: text}
    return {f"{ATTRIBUTES}.{key}": value for key, value in content.items()}


def _count_text(found: list[Record]) -> str:
    return f"{len(found)} record{'s' * (len(found) != 1)}"
