"""Base classes of stored documents and events: two releases read each other's, and give back what they do not know."""

import json
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError, field_validator
from pydantic_core.core_schema import CoreSchema, str_schema

from steward.errors import DocumentTooNew, StewardError

FROM_STORE = {"stored": True}
"""The context of what is read from the store, where each field that has a default is written out."""

type Content = dict[str, Any]
type Migration = Callable[[Content], Content]


class InputHidingModel(BaseModel):
    """Base of every model: an error says what is wrong and where, and not what was given.

    What was given may be a row, a session token or an address, and errors end in logs, dead letters and terminals. Who
    tells people of their own declaration reads the values from `ValidationError.errors()`.
    """

    model_config = ConfigDict(hide_input_in_errors=True)


class TolerantModel(InputHidingModel):
    """Part of what is stored or sent: a field that this release does not know is kept, and written back as it came.

    While traffic shifts to another release, and after a roll-back, this code reads what a newer release wrote. Only
    what people write is read strictly: declarations by `read_spec`, commands by their codec.
    """

    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    def canonical_json(self) -> str:
        """The content as sorted JSON without what has its default value, so that every release gives the same text.

        A release that adds a field, and one that does not know it, agree on the ids that are derived from this.
        """
        return json.dumps(self.model_dump(mode="json", exclude_defaults=True), sort_keys=True, ensure_ascii=False)


class AnyText:
    """Annotates a vocabulary that releases add words to: what is stored or sent is read with any word.

    `Annotated[Literal["drift", "volume"], AnyText()]` is the literal for type checkers, and text for the validator.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Any text."""
        return str_schema()


class _OlderVersion(StewardError):
    """A document of an earlier schema version; no ValueError, so that pydantic lets it through."""


class VersionedModel(TolerantModel):
    """A stored document or an event, which says by which version of its schema it was written.

    A release that adds fields leaves the version as it is: an older release carries them along. One whose documents an
    older release would misread counts the version up, and gives the step from the version before.

    Attributes:
        MIGRATIONS: by schema version, what makes the content of the next version of it.
    """

    MIGRATIONS: ClassVar[Mapping[int, Migration]] = {}

    schema_version: int = 1

    @field_validator("schema_version", mode="before")
    @classmethod
    def _check_version(cls, version: object) -> object:
        newest = cls.model_fields["schema_version"].default
        if isinstance(version, int) and version > newest:
            raise DocumentTooNew(
                f"{cls.__name__} has schema version {version}, and this release reads versions up to {newest}: a newer "
                "release wrote it. Upgrade the stack, or this command line, to that release or a later one; what "
                "failed in the stack meanwhile waits in dead-letter queues, and steward redrive sends it again"
            )
        if isinstance(version, int) and version in cls.MIGRATIONS:
            raise _OlderVersion(f"{cls.__name__} has schema version {version}, which its own reader migrates")
        return version

    @classmethod
    def model_validate(cls, obj: Any, **options: Any) -> Self:
        """As pydantic's, of any schema version that there is a migration from.

        Raises:
            DocumentTooNew: a newer release wrote it in a schema that this one does not know.
            pydantic.ValidationError: it is of another kind.
        """
        try:
            return super().model_validate(obj, **options)
        except _OlderVersion:
            return super().model_validate(cls._migrate(obj), **options)

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """The same of JSON from the store."""
        try:
            return super().model_validate_json(json_data, context=FROM_STORE, **options)
        except _OlderVersion:
            migrated = json.dumps(cls._migrate(json.loads(json_data)))
            return super().model_validate_json(migrated, context=FROM_STORE, **options)

    @classmethod
    def _migrate(cls, content: Content) -> Content:
        """The content as the present schema has it."""
        while step := cls.MIGRATIONS.get(content["schema_version"]):
            content = step(content) | {"schema_version": content["schema_version"] + 1}
        return content


def first_problem(error: ValidationError) -> str:
    """What is wrong with a document first, and where."""
    first = error.errors()[0]
    return f"{first['msg']} at {'.'.join(map(str, first['loc'])) or 'the start'}"
