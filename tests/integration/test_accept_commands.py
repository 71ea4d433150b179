"""`accept_commands`: only who is proven and allowed is listened to, once; everybody gets an answer with a reason."""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import count, permutations
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from steward import aws
from steward.commands import command_base, requests
from steward.commands.codec import Message, digest, encode
from steward.commands.proof import BODY, Proof, signed_headers
from steward.events import (
    AlertAcknowledged,
    AlertMuted,
    CheckRequested,
    CommandRefused,
    DefectChangeRequested,
    DefectProposed,
    Event,
    ExceptionProposed,
    FreezeProposed,
    ReleaseOverrideProposed,
    RemovalProposed,
    ReproductionRequested,
    RetrainingProposed,
    RollbackProposed,
)
from steward.store import sts
from steward.store.bus import Bus, BusUnavailable
from tests.integration import lemons

from .deployment import Deployment
from .sts import Person, strict

ANN = Person("AKIAANN", "ann's secret", "arn:aws:iam::123456789012:user/staff/ann")
BOB = Person("AKIABOB", "bob's secret", "arn:aws:iam::123456789012:user/bob")
LEAD = Person("ASIALEAD", "the secret", "arn:aws:sts::123456789012:assumed-role/leads/eve", token="a+token/==")  # noqa: S106
PEOPLE = [ANN, BOB, LEAD]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def declared(steward: Deployment) -> Iterator[Deployment]:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    with strict(PEOPLE, steward.clock):
        yield steward


def command(
    steward: Deployment, kind: type[command_base.Command] = requests.RetrainCommand, **said: Any
) -> command_base.Command:
    if kind is requests.RetrainCommand:
        said = {"reason": "the owner asks", **said}
    begins = {"id": uuid.uuid4(), "model": "lemons", "issued_at": steward.clock.now}
    said = {**begins, **said}
    return kind.model_validate({"expires_at": said["issued_at"] + command_base.LIFETIME, **said})


def message(
    steward: Deployment,
    asked: command_base.Command | str,
    who: Person = ANN,
    *,
    at: datetime | None = None,
    to: str = "",
) -> str:
    """A signed message, as the command line makes it."""
    text = asked if isinstance(asked, str) else encode(asked)
    signed_at = at or datetime.fromisoformat(json.loads(text)["issued_at"])
    session = {"AWS_SESSION_TOKEN": who.token} if who.token else {}
    with patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": who.key, "AWS_SECRET_ACCESS_KEY": who.secret, **session}):
        signature = sts.sign(BODY, lambda token: signed_headers(digest(text), to or steward.data, signed_at, token))
    return Message(command=text, proof=Proof(**asdict(signature))).body()


ids = (f"message-{number}" for number in count())


def deliver(steward: Deployment, body: str, message_id: str = "") -> list[Event]:
    """One delivery of a message; what the bus hears of it."""
    before = len(steward.published)
    answered = steward.invoke("accept_commands", body, message_id=message_id or next(ids))
    assert answered == {"batchItemFailures": []}, steward.errors
    steward._observe()
    return steward.published[before:]


def refusal(steward: Deployment, body: str, message_id: str = "") -> str:
    """The reason why a message is refused, the same on the bus, in the ledger and in the answer."""
    message_id = message_id or next(ids)
    (event,) = deliver(steward, body, message_id)
    assert isinstance(event, CommandRefused)
    answer = steward.object(f"commands/lemons/refused/{message_id}.json")
    (entry,) = [entry for entry in steward.entries("lemons") if entry.identity == event.event_id]
    assert entry.action == "command_refused"
    assert event.message == answer["reason"] == entry.summary
    assert (answer["verdict"], answer["author"]) == ("refused", event.author)
    return event.message


EVENTS = [
    (requests.AcknowledgeCommand, {"monitor": "roc_auc", "note": "seen"}, AlertAcknowledged),
    (
        requests.MuteCommand,
        {"until": datetime.fromisoformat("2024-06-03T00:00:00Z"), "reason": "a holiday"},
        AlertMuted,
    ),
    (requests.CheckCommand, {"window": "20240119T000000Z_1d"}, CheckRequested),
    (requests.RetrainCommand, {"reason": "the owner asks"}, RetrainingProposed),
    (requests.FreezeCommand, {"reason": "the year ends"}, FreezeProposed),
    (requests.ThawCommand, {"reason": "the year began"}, FreezeProposed),
    (requests.RollBackCommand, {"reason": "customers complain"}, RollbackProposed),
    (requests.ReleaseCommand, {"action": "approve", "reason": "looked at"}, ReleaseOverrideProposed),
    (requests.OpenDefectCommand, {"title": "mileage in km", "windows": ["20240119T000000Z_1d"]}, DefectProposed),
    (requests.ChangeDefectCommand, {"defect": "d1", "change": "assign", "owner": "ann"}, DefectChangeRequested),
    (requests.RemoveCommand, {"reason": "a wrong window"}, RemovalProposed),
    (
        requests.ExceptCommand,
        {
            "invariant": "champion_card",
            "owner": "ann",
            "until": datetime.fromisoformat("2024-06-03T00:00:00Z"),
            "reason": "lost",
        },
        ExceptionProposed,
    ),
    (requests.ReproduceCommand, {"version": "20240115-0123abcd"}, ReproductionRequested),
]


@pytest.mark.parametrize(("kind", "said", "told"), EVENTS, ids=[kind.__name__ for kind, _, _ in EVENTS])
def test_a_proven_command_is_told_answered_and_recorded_with_its_author(
    declared: Deployment, kind: type[command_base.Command], said: dict[str, Any], told: type[Event]
) -> None:
    asked = command(declared, kind, **said)
    (event,) = deliver(declared, message(declared, asked))
    assert type(event) is told
    assert (event.as_of, event.correlation_id) == (asked.issued_at, f"command-{asked.id}")
    assert getattr(event, "author", ANN.arn) == ANN.arn
    answer = declared.object(f"commands/lemons/{asked.id}.json")
    assert (answer["verdict"], answer["author"], answer["command"]) == ("accepted", ANN.arn, encode(asked))
    (entry,) = [entry for entry in declared.entries("lemons") if entry.action == "command_accepted"]
    assert (entry.subject, entry.summary) == (asked.command, f"{ANN.arn} {asked.sentence}")


def test_every_kind_of_command_is_looked_at() -> None:
    assert {kind for kind, _, _ in EVENTS} == set(requests.COMMANDS.values())


def test_a_thaw_speaks_of_now(declared: Deployment) -> None:
    (event,) = deliver(declared, message(declared, command(declared, requests.ThawCommand, reason="go on")))
    assert isinstance(event, FreezeProposed)
    assert event.until == event.as_of


def test_temporary_credentials_prove_their_session(declared: Deployment) -> None:
    (event,) = deliver(declared, message(declared, command(declared), LEAD))
    assert isinstance(event, RetrainingProposed)
    assert event.author == LEAD.arn


def test_sts_of_the_functions_own_region_is_asked_and_told_nothing_else(declared: Deployment) -> None:
    with strict(PEOPLE, declared.clock) as requests:
        deliver(declared, message(declared, command(declared)))
    (asked,) = requests
    assert (asked.method, asked.url) == ("POST", "https://sts.us-east-1.amazonaws.com/")
    assert asked.body == "Action=GetCallerIdentity&Version=2011-06-15"


def test_a_signature_by_someone_else_is_refused(declared: Deployment) -> None:
    forger = Person(ANN.key, "a guess", ANN.arn)
    reason = refusal(declared, message(declared, command(declared), forger))
    assert reason.startswith("AWS does not confirm the signature (SignatureDoesNotMatch)")


def test_an_unknown_key_is_refused(declared: Deployment) -> None:
    nobody = Person("AKIANOBODY", "secret", "")
    assert "(InvalidClientTokenId)" in refusal(declared, message(declared, command(declared), nobody))


def test_an_altered_command_is_refused(declared: Deployment) -> None:
    body = json.loads(message(declared, command(declared, reason="the owner asks")))
    body["command"] = body["command"].replace("the owner asks", "the owner begs")
    assert "(SignatureDoesNotMatch)" in refusal(declared, json.dumps(body))


def test_the_proof_of_another_command_is_refused(declared: Deployment) -> None:
    body, other = (json.loads(message(declared, command(declared))) for _ in range(2))
    assert "(SignatureDoesNotMatch)" in refusal(declared, json.dumps({**body, "proof": other["proof"]}))


def test_the_proof_for_another_deployment_is_refused(declared: Deployment) -> None:
    body = message(declared, command(declared), to="someone-elses-bucket")
    assert "(SignatureDoesNotMatch)" in refusal(declared, body)


def test_a_proof_of_another_second_is_refused(declared: Deployment) -> None:
    body = message(declared, command(declared), at=declared.clock.now + timedelta(seconds=1))
    assert "(SignatureDoesNotMatch)" in refusal(declared, body)


def test_an_expired_command_is_refused(declared: Deployment) -> None:
    body = message(declared, command(declared))
    declared.clock.pass_by(command_base.LIFETIME)
    assert "expired at 2024-06-01T00:06:00+00:00" in refusal(declared, body)


def test_a_command_from_the_future_is_refused(declared: Deployment) -> None:
    early = message(declared, command(declared, issued_at=declared.clock.now + 2 * MINUTE))
    assert "set the clock" in refusal(declared, early)
    (event,) = deliver(declared, message(declared, command(declared, issued_at=declared.clock.now + MINUTE)))
    assert isinstance(event, RetrainingProposed)


def test_a_redelivery_gets_the_same_answer_even_after_the_command_expired(declared: Deployment) -> None:
    body = message(declared, command(declared))
    first = deliver(declared, body, "one")
    answer = declared.contents("commands/")
    declared.clock.pass_by(command_base.LIFETIME)
    again = deliver(declared, body, "one")
    assert [event.event_id for event in again] == [event.event_id for event in first]
    assert [event.occurred_at for event in again] == [event.occurred_at for event in first]
    assert declared.contents("commands/") == answer
    assert [entry.action for entry in declared.entries("lemons")].count("command_accepted") == 1


def test_a_redelivery_of_what_was_refused_is_refused_for_the_same_reason(declared: Deployment) -> None:
    body = message(declared, command(declared), Person("AKIANOBODY", "secret", ""))
    first = refusal(declared, body, "one")
    declared.clock.pass_by(command_base.LIFETIME)
    assert refusal(declared, body, "one") == first
    assert [entry.action for entry in declared.entries("lemons")].count("command_refused") == 1


def test_a_replay_under_another_message_is_refused(declared: Deployment) -> None:
    body = message(declared, command(declared))
    deliver(declared, body, "one")
    answer = declared.contents("commands/")
    assert "it is replayed" in refusal(declared, body, "two")
    assert answer.items() <= declared.contents("commands/").items()


def test_an_id_serves_one_command(declared: Deployment) -> None:
    first = command(declared)
    deliver(declared, message(declared, first))
    other = command(declared, id=first.id, reason="someone else asks")
    assert "belongs to another command" in refusal(declared, message(declared, other, BOB))


def test_a_forger_who_knows_the_id_does_not_block_the_command(declared: Deployment) -> None:
    asked = command(declared)
    refusal(declared, message(declared, asked, Person(ANN.key, "a guess", "")))
    (event,) = deliver(declared, message(declared, asked))
    assert isinstance(event, RetrainingProposed)


@pytest.mark.parametrize("order", list(permutations(["one", "two", "two", "one"], 4))[::3])
def test_in_whichever_order_two_messages_of_one_command_come_it_is_carried_out_once(
    declared: Deployment, order: tuple[str, ...]
) -> None:
    body = message(declared, command(declared))
    told = [event for message_id in order for event in deliver(declared, body, message_id)]
    assert len({event.event_id for event in told if isinstance(event, RetrainingProposed)}) == 1
    assert len({event.event_id for event in told if isinstance(event, CommandRefused)}) == 1
    actions = [entry.action for entry in declared.entries("lemons")]
    assert (actions.count("command_accepted"), actions.count("command_refused")) == (1, 1)


def test_a_function_that_died_after_its_answer_is_made_good_by_a_message_sent_round_again(
    declared: Deployment,
) -> None:
    body = message(declared, command(declared))
    with patch.object(Bus, "publish", side_effect=BusUnavailable("EventBridge is down")):
        assert declared.invoke("accept_commands", body, message_id="one")["batchItemFailures"]
    declared.clock.pass_by(command_base.LIFETIME)
    (event,) = deliver(declared, body, "another-sending")
    assert isinstance(event, RetrainingProposed)
    assert "it is replayed" in refusal(declared, body, "three")


def test_who_is_not_named_in_the_declaration_is_refused_and_named(steward: Deployment) -> None:
    allow = 'commands: {allow: {roll_back: ["arn:aws:iam::123456789012:role/leads"]}}\n'
    steward.upload("specs/lemons.yaml", lemons.SPEC + allow)
    steward.settle()
    with strict(PEOPLE, steward.clock):
        asked = command(steward, requests.RollBackCommand, reason="customers complain")
        reason = refusal(steward, message(steward, asked, BOB))
        assert reason.startswith(f"{BOB.arn} may not give the command roll_back")
        assert steward.told(CommandRefused)[-1].author == BOB.arn
        (event,) = deliver(steward, message(steward, asked, LEAD))
        assert isinstance(event, RollbackProposed)
        (event,) = deliver(steward, message(steward, command(steward), BOB))
        assert isinstance(event, RetrainingProposed), "what the declaration does not name is for everyone"


def test_a_model_that_is_not_declared_has_its_commands_refused(steward: Deployment) -> None:
    with strict(PEOPLE, steward.clock):
        assert "no model 'lemons' is declared" in refusal(steward, message(steward, command(steward)))


@pytest.mark.parametrize(
    ("altered", "reason"),
    [
        ({"surprise": 1}, "surprise"),
        ({"command": "explode"}, "'explode' is no command"),
        ({"command": None}, "is no command"),
        ({"id": "one"}, "id: "),
        ({"reason": ""}, "reason: "),
        ({"reason": "  blanks  "}, "canonical form"),
        ({"issued_at": "2024-06-01T02:01:00+02:00"}, "canonical form"),
        ({"issued_at": "2024-06-01T00:01:00.5Z"}, "fraction of a second"),
        ({"expires_at": "2024-06-01T00:06:01Z"}, "by at most 300 seconds"),
        ({"expires_at": "2024-06-01T00:01:00Z"}, "must come after issued_at"),
    ],
)
def test_what_is_no_command_is_refused_with_the_reason(
    declared: Deployment, altered: dict[str, Any], reason: str
) -> None:
    fields = {**json.loads(encode(command(declared))), **altered}
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    assert reason in refusal(declared, message(declared, text, at=declared.clock.now))


@pytest.mark.parametrize("body", ["", "{}", "[]", '{"command": "{}"}'])
def test_what_is_no_message_goes_to_the_dead_letters(declared: Deployment, body: str) -> None:
    assert declared.invoke("accept_commands", body)["batchItemFailures"]
    assert declared.keys("commands/") == []


@pytest.mark.parametrize("model", ["", "Lemons", "../lemons", None])
def test_what_names_no_model_goes_to_the_dead_letters(declared: Deployment, model: str | None) -> None:
    body = json.loads(message(declared, command(declared)))
    body["command"] = json.dumps({**json.loads(body["command"]), "model": model})
    assert declared.invoke("accept_commands", json.dumps(body))["batchItemFailures"]
    assert declared.keys("commands/") == []


@pytest.mark.parametrize(
    "trouble",
    [
        EndpointConnectionError(endpoint_url="https://sts.us-east-1.amazonaws.com"),
        ClientError({"Error": {"Code": "Throttling"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "x"),  # type: ignore[typeddict-item]
        ClientError({"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "x"),  # type: ignore[typeddict-item]
    ],
)
def test_while_sts_cannot_be_asked_nothing_is_decided(declared: Deployment, trouble: Exception) -> None:
    body = message(declared, command(declared))
    with patch.object(aws.sts_unsigned(), "get_caller_identity", side_effect=trouble):
        assert declared.invoke("accept_commands", body, message_id="one")["batchItemFailures"]
    assert declared.keys("commands/") == []
    (event,) = deliver(declared, body, "one")
    assert isinstance(event, RetrainingProposed)


def test_a_command_wakes_the_function_that_carries_it_out(declared: Deployment) -> None:
    deliver(declared, message(declared, command(declared)))
    declared.settle()
    assert not declared.errors, declared.errors
    assert "training_declined" in [entry.action for entry in declared.entries("lemons")]
