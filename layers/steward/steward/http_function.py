"""A function behind a function URL: requests of HTTP in, answers out, and work after that."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Protocol

from aws_lambda_powertools.utilities.typing import LambdaContext

from steward.deferred_work import DeferredWork
from steward.runtime import Runtime, Settings, logger
from steward.scratch import remove_leftovers


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request, as a function URL gives it.

    Attributes:
        headers: their names in lower case.
        body: text, or base64 where `encoded`.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: str | None
    encoded: bool

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> "HttpRequest":
        """The request of an event of payload format 2.0."""
        asked = event["requestContext"]["http"]
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        return cls(
            asked["method"], event["rawPath"], headers, event.get("body"), bool(event.get("isBase64Encoded", False))
        )


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What is answered."""

    status: HTTPStatus
    body: str
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})


class Endpoint(Protocol):
    """What answers requests."""

    def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer; whatever is wrong with the request is one, too."""

    def finish(self) -> None:
        """What is left to do once the answer has left."""


class HttpFunction[S: Settings]:
    """The handler of a function that people and applications invoke by HTTP.

    Attributes:
        runtime: the wiring that the environment asked for when the function started.
    """

    def __init__(self, endpoint: Callable[[Runtime[S]], Endpoint], *, settings: type[S]) -> None:
        """Wire an endpoint.

        Args:
            endpoint: makes it.
            settings: what the function finds in its environment.

        Raises:
            pydantic.ValidationError: the environment lacks a setting.
        """
        remove_leftovers()
        self.runtime = Runtime.from_environment(settings)
        self.endpoint = endpoint(self.runtime)
        self._later = DeferredWork()
        self._handle = logger.inject_lambda_context(self._process, clear_state=True)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer a request."""
        answer: dict[str, Any] = self._handle(event, context)
        return answer

    def _process(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        self._later.wait()
        try:
            answer = self.endpoint.answer(HttpRequest.of(event))
        except Exception as error:  # noqa: BLE001 - somebody waits for an answer
            logger.error("request failed", reason=type(error).__name__, exc_info=error)
            detail = f"the request failed, and was not answered; its ID is {context.aws_request_id}; send it again"
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            body = json.dumps({"title": status.phrase, "status": status, "detail": detail})
            answer = HttpAnswer(status, body, {"Content-Type": "application/problem+json"})
        finally:
            self._later.add(self.endpoint.finish)
        return {"statusCode": int(answer.status), "headers": dict(answer.headers), "body": answer.body}
