"""Lambda's record of an asynchronous invocation that failed at every attempt, as its on-failure destination gets it.

The AWS Lambda Developer Guide has its fields, under "Capturing records of Lambda asynchronous invocations".
"""

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter


class _Context(BaseModel):
    request_id: Annotated[str, Field(alias="requestId")] = ""
    function_arn: Annotated[str, Field(alias="functionArn")]
    condition: str = ""


class FailedInvocation(BaseModel):
    """An invocation that failed too often, or whose process was killed.

    Attributes:
        context: which it was.
        payload: the event that the function was invoked with.
        response: what it ended with: an error's type and message; none where it was never run.
    """

    DETAIL_TYPE: ClassVar[str] = "Lambda Function Invocation Result - Failure"

    model_config = ConfigDict(defer_build=True, hide_input_in_errors=True)

    context: Annotated[_Context, Field(alias="requestContext")]
    payload: Annotated[JsonValue, Field(alias="requestPayload")]
    response: Annotated[JsonValue, Field(alias="responsePayload")] = None

    @classmethod
    def decode(cls, body: str | bytes) -> Self:
        """Read the record, which may be the `detail` of an event.

        Raises:
            pydantic.ValidationError: it is none.
        """
        found = _JSON.validate_json(body)
        if isinstance(found, dict) and found.get("detail-type") == cls.DETAIL_TYPE:
            found = found.get("detail")
        return cls.model_validate(found)

    @property
    def function_arn(self) -> str:
        """The function, without its version."""
        return ":".join(self.context.function_arn.split(":")[:7])

    @property
    def reason(self) -> str:
        """Why it failed the last time, in the words of the function, or of Lambda."""
        said: dict[str, Any] = self.response if isinstance(self.response, dict) else {}
        words = ": ".join(str(said[name]) for name in ("errorType", "errorMessage") if said.get(name))
        return words or self.context.condition or "Lambda does not say why"


_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)
