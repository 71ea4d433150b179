"""Reading and writing the JSON documents of SageMaker's monitors."""

import json
import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, ValidationError

from steward.documents import InputHidingModel
from steward.errors import StewardError

_TOLD = 5


class DocumentInvalid(StewardError):
    """A file that is not what a monitor of SageMaker writes."""


class JsonDocument(InputHidingModel):
    """A part of a monitor's file. Keys that are not known are passed over: monitors and their users add some."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    def write(self) -> str:
        """The JSON as monitors write it: nothing for what is not there, and `NaN` in quotes; on one line."""
        return json.dumps(
            _quote_special_numbers(self.model_dump(exclude_none=True)), ensure_ascii=False, allow_nan=False
        )


Switch = Literal["Enabled", "Disabled"]

InferredType = Annotated[
    Literal["Integral", "Fractional", "String", "Unknown"],
    BeforeValidator(lambda found: found if found in ("Integral", "Fractional", "String") else "Unknown"),
]
"""What a column was found to hold; a type that a later analyser may know is one that this does not."""


def read_document[D: JsonDocument](kind: type[D], content: bytes | str, name: str) -> D:
    """The document that a file holds.

    Raises:
        DocumentInvalid: it is no JSON, or not such a document; the message says where.
    """
    try:
        found: object = json.loads(content)
    except UnicodeDecodeError:
        raise DocumentInvalid(f"{name} is not UTF-8 text; copy it from its bucket again") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise DocumentInvalid(f"{name} is not valid JSON ({error}); copy it from its bucket again") from None
    try:
        return kind.model_validate(found)
    except ValidationError as error:
        problems = error.errors()
        sentences = [
            f"{'.'.join(map(str, problem['loc'])) or 'the document'}: {problem['msg']}" for problem in problems
        ]
        more = f"; and {len(sentences) - _TOLD} more" if len(sentences) > _TOLD else ""
        keys = f" (it has {', '.join(found)})" if isinstance(found, dict) and found else ""
        raise DocumentInvalid(
            f"{name} is not what its monitor writes{keys}: {'; '.join(sentences[:_TOLD])}{more}; give it as it was made"
        ) from None


def _quote_special_numbers(content: Any) -> Any:
    """Numbers that JSON has no sign for, as the texts that the monitors write for them."""
    if isinstance(content, dict):
        return {key: _quote_special_numbers(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_quote_special_numbers(value) for value in content]
    if isinstance(content, float) and not math.isfinite(content):
        return "NaN" if math.isnan(content) else "Infinity" if content > 0 else "-Infinity"
    return content
