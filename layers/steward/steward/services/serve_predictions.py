"""Answers requests for predictions with the versions that the routing names, and logs every row that was answered."""

import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.http_function import HttpAnswer, HttpRequest
from steward.repositories.served_models import ServedModel, ServedModels, ServingUnavailable
from steward.runtime import Runtime, ServingSettings, logger
from steward.services.record_log import RecordLog
from steward.serving.answers import Answered, describe_predictions, encode_records
from steward.serving.refusals import MEDIA_TYPE, RequestRefused
from steward.serving.request_body import MOST_BYTES, RequestRow, decode_body
from steward.serving.request_rows import RequestRows
from steward.serving.routes import model_of_request
from steward.spec.model import ModelSpec
from steward.store.record_stream import RecordStream

_RETRY_AFTER = "10"
"""Seconds."""


@dataclass(frozen=True, slots=True)
class _AnsweredRows:
    """Rows that were answered and are not logged yet."""

    spec: ModelSpec
    cells: list[RequestRow]
    answers: list[dict[str, Any]]
    milliseconds: float


class PredictionEndpoint:
    """Answers requests. Rows are scored in the invocation, and logged once the answer has left."""

    def __init__(self, runtime: Runtime[ServingSettings]) -> None:
        self._runtime = runtime
        self._models = ServedModels(runtime.data, time.monotonic)
        self._log = RecordLog(runtime, RecordStream(runtime.settings.record_stream, runtime.data), time.monotonic)
        self._answered: list[_AnsweredRows] = []

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """Score the rows of a request, or say what is wrong with it."""
        began = time.perf_counter()
        model = ""
        try:
            model = model_of_request(request.method, request.path)
            return self._predict(model, request, began)
        except RequestRefused as refusal:
            self._log.note_refused(model, int(refusal.status))
            logger.info("request refused", model=model, status=int(refusal.status), problems=refusal.codes)
            headers = {"Content-Type": MEDIA_TYPE}
            if refusal.status == HTTPStatus.METHOD_NOT_ALLOWED:
                headers["Allow"] = "POST"
            return HttpAnswer(refusal.status, refusal.body, headers)
        except ServingUnavailable as error:
            self._log.note_refused(model, int(HTTPStatus.SERVICE_UNAVAILABLE))
            logger.error("request failed", model=model, reason=str(error))
            unavailable = RequestRefused(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
            return HttpAnswer(
                unavailable.status, unavailable.body, {"Content-Type": MEDIA_TYPE, "Retry-After": _RETRY_AFTER}
            )

    def finish(self) -> None:
        """Log what was answered, and look for a newer routing."""
        while self._answered:
            rows = self._answered.pop()
            lines = encode_records(rows.spec, rows.cells, rows.answers, rows.milliseconds)
            self._log.add(rows.spec.model, lines, rows.milliseconds)
        if self._log.deliver():  # else S3 does not answer, and Lambda would end a process that asks it more
            self._models.refresh_due()

    def _predict(self, model: str, request: HttpRequest, began: float) -> HttpAnswer:
        served = self._models.get(model)
        body = decode_body(request.body, request.headers, encoded=request.encoded)
        rows = served.reader.read(body, self._runtime.now())
        answered = _assign(served, rows)
        scoring = time.perf_counter()
        scores = self._score(served, rows, answered)
        scored = time.perf_counter()
        answers = describe_predictions(served.spec, scores, rows.ids, answered)
        text = json.dumps(answers[0] if body.single else answers, ensure_ascii=False, separators=(",", ":"))
        if len(text) * 4 > MOST_BYTES and len(text.encode()) > MOST_BYTES:
            detail = f"the answer has more than the {MOST_BYTES:,} bytes that Lambda carries; send fewer rows in each"
            raise RequestRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
        total = 1000 * (time.perf_counter() - began)
        self._answered.append(_AnsweredRows(served.spec, rows.cells, answers, total))
        timing = f"predict;dur={1000 * (scored - scoring):.3f}, total;dur={total:.3f}"
        return HttpAnswer(HTTPStatus.OK, text, {"Content-Type": "application/json", "Server-Timing": timing})

    def _score(self, served: ServedModel, rows: RequestRows, answered: list[Answered]) -> NDArray[np.float64]:
        """The scores of all rows, each by its version. What a challenger fails at, the champion answers in its place.

        Raises:
            RequestRefused: the champion cannot score a row.
        """
        champion = served.champion
        everything = np.arange(len(rows.cells))
        versions = {by.version for by in answered}
        if versions == {champion.version}:
            return champion.score(served.spec, rows.columns, len(everything))
        parts: dict[str, tuple[NDArray[np.intp], NDArray[np.float64]]] = {}
        for version in sorted(versions - {champion.version}):
            at = np.array([place for place in everything if answered[place].version == version])
            try:
                parts[version] = at, served.versions[version].score(served.spec, *rows.take(at))
            except Exception as error:  # noqa: BLE001 - whatever a challenger does, somebody waits for an answer
                self._log.note_failed_challenger(served.spec.model)
                logger.error(
                    "challenger cannot score", model=served.spec.model, version=version, reason=type(error).__name__
                )
                for place in at:
                    answered[place] = Answered(champion.version, None)
        at = np.array([place for place in everything if answered[place].version == champion.version], dtype=np.intp)
        if len(at):
            parts[champion.version] = at, champion.score(served.spec, *rows.take(at))
        scores = np.empty((len(everything), *next(iter(parts.values()))[1].shape[1:]))
        for at, found in parts.values():
            scores[at] = found
        return scores


def _assign(served: ServedModel, rows: RequestRows) -> list[Answered]:
    if served.routing.traffic is None:
        return [served.assign(None)] * len(rows.cells)
    return [served.assign(entity) for entity in rows.entities]
