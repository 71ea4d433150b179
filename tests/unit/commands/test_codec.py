"""A command has one text; its proof is of that text, and of nothing that differs in a single byte."""

import json
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from unittest.mock import patch

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from steward.commands import command_base, requests
from steward.commands.codec import Message, decode, digest, encode, model_of
from steward.commands.command_base import Command
from steward.commands.proof import BODY, Proof, request_headers, signed_headers
from steward.commands.requests import COMMANDS
from steward.errors import CommandInvalid
from steward.spec.commands import CommandName
from steward.store import sts
from tests.integration.sts import Person, Refused, confirm
from tests.unit.commands.requests import commands, moments

ANN = Person("AKIAANN", "ann's secret", "arn:aws:iam::123456789012:user/ann")
EVE = Person("ASIAEVE", "another secret", "arn:aws:sts::123456789012:assumed-role/leads/eve", token="t0k/en==")  # noqa: S106
HOST = "sts.eu-central-1.amazonaws.com"
DEPLOYMENT = "steward-data"


@given(commands())
def test_a_command_is_read_back_as_it_was_written(command: Command) -> None:
    text = encode(command)
    assert decode(text) == command
    assert encode(decode(text)) == text
    assert model_of(text) == command.model
    body = Message.model_construct(command=text, proof=None).body()
    assert json.loads(body)["command"] == text
    assert body.isascii()
    assert body.replace("\x7f", "").isprintable()


@given(commands(), st.data())
def test_another_text_is_another_command_or_none(command: Command, data: st.DataObject) -> None:
    text = encode(command)
    at = data.draw(st.integers(0, len(text) - 1))
    altered = text[:at] + data.draw(st.characters(codec="ascii")) + text[at + data.draw(st.integers(0, 1)) :]
    assume(altered != text)
    assert digest(altered) != digest(text)
    with suppress(CommandInvalid):
        assert decode(altered) != command


@given(commands(), st.sampled_from([{"indent": 1}, {"separators": (", ", ":")}, {"ensure_ascii": True}]))
def test_the_same_command_in_another_form_is_refused(command: Command, form: dict[str, Any]) -> None:
    text = json.dumps(
        command.model_dump(mode="json"), sort_keys=True, **{"separators": (",", ":"), "ensure_ascii": False, **form}
    )
    assume(text != encode(command))
    with pytest.raises(CommandInvalid, match="canonical form"):
        decode(text)


@given(st.text())
def test_what_is_no_command_is_refused_in_words(text: str) -> None:
    with pytest.raises(CommandInvalid):
        decode(text)


@pytest.mark.parametrize("text", ["[" * 100_000, "{" + '"a":{' * 100_000, "9" * 10_000, '{"command":["freeze"]}'])
def test_hostile_texts_are_refused_in_words(text: str) -> None:
    with pytest.raises(CommandInvalid):
        decode(text)


def test_declarations_can_name_every_command() -> None:
    assert set(get_args(CommandName)) == set(COMMANDS)


@pytest.mark.parametrize(
    ("kind", "said", "problem"),
    [
        (requests.MuteCommand, {"until": timedelta(days=367)}, "nor more than 366 days"),
        (requests.MuteCommand, {"until": timedelta(seconds=-1)}, "must not lie before issued_at"),
        (requests.FreezeCommand, {"until": timedelta(0)}, "ended with thaw"),
        (requests.FreezeCommand, {"until": timedelta(days=-1)}, "must not lie before issued_at"),
    ],
)
def test_an_end_that_makes_no_sense_is_refused(kind: type[Command], said: dict[str, timedelta], problem: str) -> None:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    fields = {"id": "00000000-0000-0000-0000-000000000001", "model": "lemons", "reason": "x", "issued_at": now}
    with pytest.raises(ValidationError, match=problem):
        kind.model_validate(
            fields | {"expires_at": now + command_base.LIFETIME, **{name: now + span for name, span in said.items()}}
        )


@pytest.mark.parametrize("window", ["", "yesterday", "20240119T000000Z", "20240119T000000Z_1d/../x"])
def test_a_check_of_what_is_no_window_is_refused(window: str) -> None:
    now = datetime(2024, 6, 1, tzinfo=UTC)
    with pytest.raises(ValidationError):
        requests.CheckCommand.model_validate(
            {
                "id": "00000000-0000-0000-0000-000000000001", "model": "lemons", "issued_at": now,
                "expires_at": now + command_base.LIFETIME, "window": window,
            }
        )  # fmt: skip


@given(commands(), moments)
def test_what_is_told_of_a_command_is_the_same_each_time(command: Command, later: datetime) -> None:
    first, again = (command.event(ANN.arn, occurred_at) for occurred_at in (command.issued_at, later))
    assert first.event_id == again.event_id
    assert first.event_id != command.model_copy(update={"model": "another"}).event(ANN.arn, later).event_id


def signed(command: Command, who: Person, deployment: str = DEPLOYMENT) -> Message:
    """A message as the command line makes it, in Frankfurt."""
    text, session = encode(command), {"AWS_SESSION_TOKEN": who.token} if who.token else {}
    environment = {"AWS_ACCESS_KEY_ID": who.key, "AWS_SECRET_ACCESS_KEY": who.secret, **session}
    with patch.dict("os.environ", environment | {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_REGION": "eu-central-1"}):
        signature = sts.sign(BODY, lambda token: signed_headers(digest(text), deployment, command.issued_at, token))
    return Message(command=text, proof=Proof(**asdict(signature)))


def author(message: Message, issued_at: datetime, deployment: str = DEPLOYMENT) -> str:
    """Who AWS says has signed, of the request that the verifier builds."""
    headers = request_headers(digest(message.command), deployment, issued_at, message.proof, "eu-central-1")
    return confirm([ANN, EVE], headers | {"Host": HOST}, BODY, issued_at)


@pytest.fixture(autouse=True)
def frankfurt(monkeypatch: pytest.MonkeyPatch):
    """STS of Frankfurt, whatever another test asked before."""
    sts.aws.sts_unsigned.cache_clear()
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    yield
    sts.aws.sts_unsigned.cache_clear()


@pytest.mark.parametrize("who", [ANN, EVE])
@given(command=commands())
def test_a_proof_names_its_author(who: Person, command: Command) -> None:
    assert author(signed(command, who), command.issued_at) == who.arn


@given(commands(), st.data())
def test_no_byte_of_a_message_can_be_altered(command: Command, data: st.DataObject) -> None:
    body = signed(command, EVE).model_dump_json()
    at = data.draw(st.integers(0, len(body) - 1))
    altered = body[:at] + data.draw(st.characters(codec="ascii")) + body[at + 1 :]
    assume(altered != body)
    try:
        message = Message.model_validate_json(altered)
        decoded = decode(message.command)
    except (ValidationError, CommandInvalid):
        return
    with pytest.raises(Refused):
        author(message, decoded.issued_at)


@given(commands(), moments)
def test_a_proof_is_of_one_deployment_and_one_second(command: Command, other: datetime) -> None:
    message = signed(command, ANN)
    with pytest.raises(Refused):
        author(message, command.issued_at, deployment="another-bucket")
    assume(other != command.issued_at)
    with pytest.raises(Refused):
        author(message, other)


@given(commands(), commands())
def test_the_proof_of_one_command_proves_no_other(one: Command, other: Command) -> None:
    assume(one != other)
    moved = signed(one, ANN).model_copy(update={"command": encode(other)})
    with pytest.raises(Refused):
        author(moved, other.issued_at)


@pytest.mark.parametrize(
    "proof",
    [
        {"access_key_id": "AKIA, SignedHeaders=host"},
        {"access_key_id": "AKIA\n"},
        {"access_key_id": ""},
        {"signature": "0" * 63},
        {"signature": "0" * 64 + "\n"},
        {"session_token": "a\r\nX-Amz-Date: now"},
        {"session_token": ""},
        {"host": "sts.example.com"},
    ],
)
def test_a_proof_smuggles_nothing_into_the_request(proof: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Proof.model_validate({"access_key_id": "AKIA", "session_token": None, "signature": "0" * 64, **proof})
