"""Canonical JSON form of a command, whose digest its author signs."""

import hashlib
import json
import re
from typing import Annotated

import rfc8785
from pydantic import ConfigDict, StringConstraints, ValidationError

from steward.commands.command_base import Command
from steward.commands.proof import Proof
from steward.commands.requests import COMMANDS
from steward.documents import InputHidingModel
from steward.errors import CommandInvalid
from steward.spec.spec_section import MODEL_NAME

LONGEST_TEXT = 16_384
"""Characters of a command; the longest that can be valid has fewer."""
LONGEST_BODY = 16 * LONGEST_TEXT
"""Characters of a message: in ASCII a character of the command takes up to twelve, and the proof some thousand."""


class Message(InputHidingModel):
    """The text of a command, and what proves who gave it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
    proof: Proof

    def body(self) -> str:
        """The message as JSON in ASCII."""
        return self.model_dump_json(ensure_ascii=True)


class Sending(InputHidingModel):
    """What `accept_commands` is invoked with.

    Attributes:
        id: names this sending of a message; one that is repeated because no answer came has the same.
        body: the message, as JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
    body: Annotated[str, StringConstraints(max_length=LONGEST_BODY)]


def encode(command: Command) -> str:
    """The one text of a command: its canonical JSON (RFC 8785), the same in whatever language it is written.

    The form of each value is fixed too, so that the same command has the same digest.
    """
    return rfc8785.dumps(command.model_dump(mode="json")).decode()


def decode(text: str) -> Command:
    """The command that a text is.

    Raises:
        CommandInvalid: it is none, or is written in another form than `encode` writes it.
    """
    fields = _fields(text)
    name = fields.get("command")
    kind = COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise CommandInvalid(f"{str(name)[:40]!r} is no command; one of {', '.join(COMMANDS)}")
    try:
        command = kind.model_validate_json(text)
    except ValidationError as error:
        raise CommandInvalid(_problem(error)) from None
    if encode(command) != text:
        raise CommandInvalid("the command is not written in its canonical form: it was altered, or made by hand")
    return command


def digest(text: str) -> str:
    """SHA-256 of a command's text, in hexadecimal: what its author signs."""
    return hashlib.sha256(text.encode()).hexdigest()


def model_of(text: str) -> str:
    """The model that a text speaks of, whatever else is wrong with it.

    Raises:
        CommandInvalid: it names none, so there is nobody to tell of it.
    """
    model = _fields(text).get("model")
    if not isinstance(model, str) or not re.fullmatch(MODEL_NAME, model) or model.endswith("\n"):
        raise CommandInvalid("the message names no model, so that its refusal can be recorded nowhere")
    return model


def _fields(text: str) -> dict[str, object]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise CommandInvalid("the command is no JSON: it was altered, or made by hand") from None
    if not isinstance(content, dict):
        raise CommandInvalid("the command is no JSON object: it was altered, or made by hand")
    return content


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{f'{place}: ' if place else ''}{first['msg'].removeprefix('Value error, ')}"
