"""Infers the fields of captured requests and responses from a sample."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from steward.sagemaker.documents import DocumentInvalid
from steward.sagemaker.locations import ANYWHERE
from steward.sagemaker.payloads import SKIPPED, Record, Unusable, records
from steward.sagemaker.statistics import FeatureStatistics

_READ = 1000
"""Lines of the sample that are looked at."""
_LABELS = ("label", "target", "class", "outcome", "ground_truth", "y")
_SCORES = ("score", "probability", "prob", "proba", "confidence")
_PREDICTIONS = ("predicted_label", "prediction", "predicted_value", "predicted", "label", "class", "value", "output")
_WHOLE = 1e-6


@dataclass(frozen=True, slots=True)
class ResponseFields:
    """The responses of the sample.

    Attributes:
        names: the keys of a response that is an object; empty otherwise.
        rows: the first fields as numbers, one list for each answer in which all are.
        width: how many fields an answer has.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]
    width: int

    def column(self, at: int) -> list[float]:
        """One field of all answers."""
        return [row[at] for row in self.rows if at < len(row)]

    @property
    def sums_to_one(self) -> bool:
        """Whether the fields of each answer are the probabilities of all classes."""
        return self.width > 1 and bool(self.rows) and all(abs(sum(row) - 1) < _WHOLE * self.width for row in self.rows)

    def role(self, wanted: Sequence[str]) -> str | None:
        """The first key that is one of these names."""
        lower = {name.lower(): name for name in self.names}
        return next((lower[name] for name in wanted if name in lower), None)

    @property
    def score(self) -> str | None:
        """The key of the probability."""
        return self.role(_SCORES)

    @property
    def prediction(self) -> str | None:
        """The key of the decided class or the predicted value."""
        return self.role(_PREDICTIONS)


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column is what.

    Attributes:
        inputs: the columns of a request in their order, `_` for fields that the baseline does not have.
        features: those of them that the baseline knows.
        label: the baseline's column with the label; None when it has none.
        others: the baseline's columns that no request has, beside the label.
        answers: the responses of the sample; None without one.
        reason: how inputs and label were told apart, for a comment.
    """

    inputs: tuple[str, ...]
    features: tuple[str, ...]
    label: str | None
    others: tuple[str, ...]
    answers: ResponseFields | None
    reason: str


def layout(columns: Sequence[FeatureStatistics], captures: bytes | str | None) -> Layout:
    """Tell features, label and outputs apart.

    The baseline of a data quality monitor has the columns that its captures have, those of the response before those
    of the request, so that what a request does not have stands first, with the label in its place.

    Args:
        columns: the baseline's.
        captures: some lines of a capture file; lines that cannot be used are passed over.

    Raises:
        DocumentInvalid: none of the lines can be used, or the baseline has no columns.
    """
    names = tuple(column.name for column in columns)
    if not names:
        raise DocumentInvalid("the statistics name no columns; give those of the baseline, as the monitor wrote them")
    requests, responses, unusable = _sample(captures)
    answers = _response_fields(responses) if responses else None
    if not requests:
        if captures is not None:
            raise DocumentInvalid(
                f"no line of the captures can be used ({unusable}); give some lines of a capture file as SageMaker "
                "wrote them, of requests that were answered"
            )
        likely = next((name for name in (names[:1] + names[-1:]) if _is_label(name)), None) or _binary(columns)
        label = likely if len(names) > 1 else None
        inputs = tuple(name for name in names if name != label)
        return Layout(inputs, inputs, label, (), answers, "no capture was given: check against one")
    first = _unwrap(requests[0])
    if isinstance(first, dict):
        return _by_name(names, tuple(dict.fromkeys(key for request in requests for key in _keys(request))), answers)
    return _by_position(names, len(first), answers)


def _by_name(names: tuple[str, ...], keys: tuple[str, ...], answers: ResponseFields | None) -> Layout:
    known = tuple(name for name in names if name in keys)
    left = tuple(name for name in names if name not in keys)
    label = _label_of(left, answers)
    if not known:
        reason = f"the captured requests have {', '.join(keys)}: set request to where the columns lie in them"
        return Layout(names, names, None, (), answers, reason)
    others = tuple(name for name in left if name != label)
    return Layout(known, known, label, others, answers, "the keys of the captured requests")


def _by_position(names: tuple[str, ...], width: int, answers: ResponseFields | None) -> Layout:
    residual_model = len(names) - width
    if residual_model <= 0:
        reason = f"a captured request has {width} fields, the baseline {len(names)} columns"
        return Layout((*names, *[SKIPPED] * -residual_model), names, None, (), answers, reason)
    last = _is_label(names[-1]) and not _is_label(names[0])
    inputs = names[:width] if last else names[residual_model:]
    left = names[width:] if last else names[:residual_model]
    label = _label_of(left[::-1] if last else left, answers)
    reason = f"a captured request has {width} fields; the baseline's other columns are {', '.join(left)}"
    return Layout(inputs, inputs, label, tuple(name for name in left if name != label), answers, reason)


def _label_of(left: Sequence[str], answers: ResponseFields | None) -> str | None:
    """The label among the columns that no request has; keys of a response are none."""
    likely = [name for name in left if answers is None or name not in answers.names]
    return next((name for name in likely if _is_label(name)), likely[0] if likely else None)


def _sample(captures: bytes | str | None) -> tuple[list[Record], list[Record], str]:
    """The records of usable captures, asked about and answered; and what was wrong with the last other line."""
    requests: list[Record] = []
    responses: list[Record] = []
    unusable = "they are blank"
    text = captures.decode(errors="replace") if isinstance(captures, bytes) else captures or ""
    for line in filter(str.strip, text.split("\n", _READ)[:_READ]):
        try:
            asked, answered = _request_and_response(line)
        except Unusable as problem:
            unusable = str(problem)
            continue
        if len(answered) == 1 and isinstance(answered[0], list) and len(answered[0]) == len(asked) > 1:
            answered = [[value] for value in answered[0]]
        if len(asked) == len(answered):
            requests += asked
            responses += answered
        else:
            unusable = f"a request has {len(asked)} records, and its response {len(answered)}"
    return requests, responses, unusable


def _request_and_response(line: str) -> tuple[list[Record], list[Record]]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Unusable("malformed", "captureData", f"a line is not valid JSON ({error})") from None
    capture = event.get("captureData") if isinstance(event, dict) else None
    if not isinstance(capture, dict):
        raise Unusable("not_a_capture", "captureData", "a line has no captureData")
    asked, answered = (records(capture.get(side), side, 0, ANYWHERE) for side in ("endpointInput", "endpointOutput"))
    return asked, answered


def _response_fields(responses: list[Record]) -> ResponseFields:
    first = _unwrap(responses[0])
    if isinstance(first, dict):
        names = tuple(first)
        rows = [[answer.get(name) for name in names] for answer in responses if isinstance(answer, dict)]
        return ResponseFields(names, _numbers(rows), len(names))
    found = [answer for answer in map(_unwrap, responses) if isinstance(answer, list)]
    return ResponseFields((), _numbers(found), len(first))


def _numbers(rows: list[list[Any]]) -> tuple[tuple[float, ...], ...]:
    read = []
    for row in rows:
        try:
            read.append(tuple(float(cell) for cell in row))
        except (TypeError, ValueError):
            continue
    return tuple(read)


def _unwrap(record: Record) -> Record:
    """A list alone in an object is the record."""
    inner = next(iter(record.values())) if isinstance(record, dict) and len(record) == 1 else None
    return inner if isinstance(inner, list) else record


def _keys(record: Record) -> list[str]:
    return list(record) if isinstance(record, dict) else []


def _is_label(name: str) -> bool:
    return name.lower() in _LABELS


def _binary(columns: Sequence[FeatureStatistics]) -> str | None:
    """The first column, if it holds nothing but zeros and ones."""
    known = columns[0].numerical_statistics if columns else None
    zeros_and_ones = known is not None and columns[0].inferred_type == "Integral" and (known.min, known.max) == (0, 1)
    return columns[0].name if zeros_and_ones else None
