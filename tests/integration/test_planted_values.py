"""What is given in events, declarations, commands and rows is in no log, error, dead letter's reason or output."""

import inspect
import json
import pkgutil
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from pydantic import BaseModel, ValidationError

import steward
from steward.commands.codec import Message, Sending
from steward.errors import StewardError
from steward.events import EVENTS, BatchRejected, ModelRejected, PersonalDataFound, decode
from steward.records.quarantine import read_rejected
from steward.runtime import logger
from tests.integration import lemons

from .deployment import Deployment
from .terminal import reached, run

MARK = "MARKED7f3a"
"""No name, no number, no time: what is planted."""
DETAILS = Path(__file__).parents[1] / "events" / "details"
CELL = "987654321"
"""A cell that may be an amount, an ID or a time, and that nothing else has."""
PREDICTIONS = "inbox/lemons/predictions/"


def models() -> Iterator[type[BaseModel]]:
    for module in pkgutil.walk_packages(steward.__path__, "steward."):
        for _, found in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(found, BaseModel) and found.__module__.startswith("steward"):
                yield found


def test_no_model_prints_what_it_was_given() -> None:
    found = set(models())
    assert len(found) > 200
    assert {one.__name__ for one in found if not one.model_config.get("hide_input_in_errors")} == set()


def planted(content: Any) -> Iterator[Any]:
    """Copies of a document, each with the mark in place of one of its parts: as text, in a list and in an object."""
    parts = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, part in parts:
        for mark in (MARK, [MARK], {"a": MARK}):
            changed = dict(content) if isinstance(content, dict) else list(content)
            changed[key] = mark  # type: ignore[index]
            yield changed
        for inner in planted(part):
            changed = dict(content) if isinstance(content, dict) else list(content)
            changed[key] = inner  # type: ignore[index]
            yield changed


def told(error: BaseException) -> str:
    """An error as a log has it, with what it came from."""
    return "".join(traceback.format_exception(error))


def refusals(attempt: Callable[[Any], object], contents: Iterable[Any]) -> list[str]:
    """What is said of those that are refused."""
    found = []
    for content in contents:
        try:
            attempt(content)
        except (ValidationError, KeyError, StewardError) as error:
            found.append(told(error))
    return found


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_that_cannot_be_read_is_not_printed(name: str) -> None:
    detail = json.loads((DETAILS / f"{name}.json").read_text())
    bodies = [json.dumps({"source": "steward", "detail-type": name, "detail": changed}) for changed in planted(detail)]
    refused = refusals(lambda body: decode(body, sent_at=datetime.now(UTC)), bodies)
    assert len(refused) > 3
    assert not [said for said in refused if MARK in said]


def secret_message() -> dict[str, Any]:
    """A message whose proof has a session token, all well formed."""
    proof = {"access_key_id": "AKIAMARK", "session_token": MARK, "signature": "0" * 64}
    return {"command": json.dumps({"command": "thaw", "model": "lemons"}), "proof": proof}


def written(caplog: pytest.LogCaptureFixture) -> str:
    """The log as CloudWatch gets it."""
    return "\n".join(logger.registered_handler.format(record) for record in caplog.records)


def announced(steward: Deployment) -> str:
    """All that the ledger keeps, and that the bus and people were told."""
    entries = b"\n".join(steward.contents("", steward.ledger).values()).decode()
    told = [event.model_dump_json() for event in steward.published]
    return "\n".join([entries, *told, json.dumps(steward.notifications)])


def reasons(steward: Deployment) -> str:
    """What dead letters say beside the message itself."""
    return json.dumps([{**letter, "requestPayload": None} for letter in steward.letters])


def test_a_command_that_cannot_be_read_prints_no_token() -> None:
    messages = [json.dumps(changed) for changed in planted(secret_message())]
    sendings = [json.dumps({"id": MARK * 9, "body": body, "c": MARK}) for body in messages]
    refused = [
        *refusals(Message.model_validate_json, messages),
        *refusals(Sending.model_validate_json, sendings),
    ]
    assert len(refused) > len(sendings)
    assert not [said for said in refused if MARK in said]


def test_a_refused_command_leaves_its_token_nowhere(trained: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    for changed in [secret_message(), *planted(secret_message())]:
        trained.invoke("accept_commands", json.dumps(changed))
    trained.settle()
    assert "message failed" in written(caplog)
    for text in (written(caplog), announced(trained), reasons(trained)):
        assert MARK not in text
    assert not [key for key, body in trained.contents("").items() if MARK.encode() in body]


def test_what_a_function_cannot_read_is_in_no_log(trained: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    for function in trained.queues:
        for name in ("CheckCompleted", "ValidationCompleted"):
            detail = json.loads((DETAILS / f"{name}.json").read_text()) | {"as_of": MARK, "model": [MARK]}
            trained.try_out(function, json.dumps({"source": "steward", "detail-type": name, "detail": detail}))
        created = {
            "bucket": {"name": trained.data},
            "object": {"key": "inbox/lemons/labels/a.csv", "version-id": [MARK]},
        }
        trained.try_out(function, json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": created}))
        trained.try_out(function, json.dumps({"source": [MARK], "detail-type": {"a": MARK}, "detail": {"a": MARK}}))
    trained.settle()
    assert len(trained.letters) > 20
    for text in (written(caplog), announced(trained), reasons(trained)):
        assert MARK not in text


def test_a_declaration_that_cannot_be_read_is_told_to_its_author_and_not_logged(
    trained: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    content = yaml.safe_load(lemons.SPEC)
    for changed in planted(content):
        trained.upload("specs/lemons.yaml", yaml.safe_dump(changed))
    trained.upload("specs/lemons.yaml", f"model: lemons\nowner: [{MARK}")
    refused = [event for event in trained.settle() if isinstance(event, ModelRejected)]
    assert len(refused) > 50
    assert MARK not in written(caplog)
    assert MARK not in reasons(trained)


def test_no_cell_of_a_row_is_logged(steward: Deployment, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    rows = lemons.predictions(lemons.sales(1, rows_a_day=6)).astype(str)
    outputs = []
    with reached(steward, working=True):
        for column in rows.columns:
            for name, cell in {"text": MARK, "quoted": f'{MARK}"x', "long": MARK * 300}.items():
                file = tmp_path / f"{column}-{name}.csv"
                file.write_bytes(lemons.csv(rows.assign(**{column: cell})))
                outputs.append(run("push", str(file), "--model", "lemons", "--kind", "predictions"))
            lines = [json.dumps({**row, column: {"a": MARK}}) for row in rows.to_dict("records")]
            for name, text in {"nested": "\n".join(lines), "cut": f'{{"{column}": {MARK}\n' * 4}.items():
                file = tmp_path / f"{column}-{name}.jsonl"
                file.write_text(text)
                outputs.append(run("push", str(file), "--model", "lemons", "--kind", "predictions"))
        outputs += [run(*command.split()) for command in ("log lemons", "status lemons", "defects lemons --json")]
    assert {event.code for event in steward.told(BatchRejected)} >= {"no_valid_rows", "not_json_lines"}
    assert outputs
    for text in (written(caplog), reasons(steward), announced(steward)):
        assert MARK not in text
    kept = steward.contents("quarantine/")
    assert any(MARK in row.content for body in kept.values() for row in read_rejected(body))


@pytest.mark.parametrize(
    "change",
    [
        lambda row: {**row, "age": f"${CELL}"},
        lambda row: {**row, "age": CELL},
        lambda row: {**row, "risk": CELL},
        lambda row: {**row, "sold_at": CELL},
        lambda row: {**row, "sold_at": int(CELL)},
        lambda row: {**row, "version": CELL},
        lambda row: {**row, "sale": CELL},
    ],
    ids=["amount", "age", "risk", "time", "number as time", "version", "id"],
)
@pytest.mark.parametrize("rows", ["all", "one"])
def test_no_cell_of_a_refused_row_is_in_an_event_the_ledger_or_a_notification(
    trained: Deployment, change: Callable[[dict[str, Any]], dict[str, Any]], rows: str
) -> None:
    sold = lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=12)).astype(object).to_dict("records")
    changed = [change(row) if rows == "all" or at == 5 else row for at, row in enumerate(sold)]
    for name, body in {
        "a.csv": lemons.csv(pd.DataFrame(changed)),
        "a.jsonl": "\n".join(json.dumps(row, default=str) for row in changed).encode(),
    }.items():
        trained.upload(PREDICTIONS + name, body)
    trained.settle()
    assert not trained.errors
    assert CELL not in announced(trained)


@pytest.mark.parametrize("first", ["41,{0},s-1", "{0},{0},{0}", "a,b,{0}"])
def test_a_file_without_a_header_is_refused_without_its_first_row(trained: Deployment, first: str) -> None:
    trained.upload(f"{PREDICTIONS}a.csv", "\n".join([first.format(MARK)] * 3))
    trained.settle()
    assert {event.code for event in trained.told(BatchRejected)} <= {
        "missing_header", "missing_columns", "duplicate_columns",
    }  # fmt: skip
    assert trained.told(BatchRejected)
    assert MARK not in announced(trained)


PLANTED = {
    "email": "marked7f3a@example.org", "phone": "+44 20 7946 0018", "national_id": "078-05-1120",
    "payment_card": "4111 1111 1111 1111", "iban": "DE89 3704 0044 0532 0130 00", "ip_address": "85.214.132.117",
    "mac_address": "00:1b:44:11:3a:b7", "coordinates": "52.51634, 13.37766", "date_of_birth": "1974-02-06",
    "person_name": "Marked Lovelace", "address": "17 Marked Lane", "postcode": "SW1A 2AA",
}  # fmt: skip
"""A value of each kind of personal data."""
RECOGNISED = ("email", "phone", "national_id", "payment_card", "iban", "ip_address", "mac_address")
"""Kinds that one value tells by itself, so that no message may name it as a new category."""
WHERE_DATA_LIVE = ("inbox/", "records/", "quarantine/", "profiles/", "models/", "outcomes/", "arrivals/", "specs/")
"""Rows, what is counted of their categories, and what is trained on them; people who see rows may read these."""


@pytest.mark.nightly
def test_no_value_of_any_kind_is_told_where_data_do_not_live(
    trained: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    """As category, id, label, attribute, segment, in free text, and in a column that is not declared."""
    spec = lemons.SPEC.replace("make: categorical", "make: {type: categorical, domain: [Ford, Opel, Fiat]}")
    spec += "attributes: {remark: text, seller: categorical}\nsegments: [seller]\non_invalid: count\n"
    trained.upload("specs/lemons.yaml", spec)
    trained.settle()
    for day, column in enumerate(("make", "sale", "remark", "seller", "lemon", "extra", "age", "sold_at")):
        rows = lemons.sales(1, first_day=14 + day, rows_a_day=120).assign(remark="as seen", seller="dealer", extra="")
        scored = lemons.predictions(rows, trained.champion("lemons")).assign(lemon=rows.lemon).astype({column: object})
        scored.loc[: 5 * len(PLANTED) - 1, column] = [*PLANTED.values()] * 5
        trained.upload(f"{PREDICTIONS}{day}.csv", lemons.csv(scored.drop(columns="lemon")))
        trained.upload(f"inbox/lemons/labels/{day}.csv", lemons.csv(lemons.labels(scored)))
        trained.clock.pass_by(timedelta(days=1))
    trained.settle()
    trained.invoke("audit_models", json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}))
    trained.settle()
    assert len(trained.notifications) > 3
    assert trained.told(PersonalDataFound)
    kept = [
        body.decode(errors="replace")
        for key, body in trained.contents("").items()
        if not key.startswith(WHERE_DATA_LIVE)
    ]
    texts = {
        "log": written(caplog),
        "announced": announced(trained),
        "reasons": reasons(trained),
        "kept": "\n".join(kept),
    }
    leaks = {(name, kind) for name, text in texts.items() for kind in RECOGNISED if PLANTED[kind] in text}
    assert leaks == set()


PERSONAL = ("marked7f3a@example.org", "+44 20 7946 0018", "DE89370400440532013000", "4111 1111 1111 1111")
"""What one value tells by itself, as it may stand in a name."""


def test_a_file_whose_name_holds_personal_data_is_refused_and_its_name_told_nowhere(
    trained: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    sold = lemons.csv(lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=6)))
    for value in PERSONAL:
        for key in (f"{PREDICTIONS}{value}.csv", f"{PREDICTIONS}{value}/a.csv", f"inbox/lemons/{value}/a.csv"):
            trained.upload(key, sold)
    trained.upload(f"inbox/{PERSONAL[0]}", sold)
    trained.settle()
    refused = trained.told(BatchRejected)
    assert [event.code for event in refused] == ["personal_data_in_name"] * (3 * len(PERSONAL) + 1)
    assert "upload it under another name" in refused[0].message
    kept = {key: body for key, body in trained.contents("").items() if not key.startswith("inbox/")}
    texts = (written(caplog), announced(trained), reasons(trained))
    for value in PERSONAL:
        assert not [key for key, body in kept.items() if value in key or value.encode() in body]
        assert not [text for text in texts if value in text]


@pytest.mark.parametrize("command", ["freeze lemons --reason", "acknowledge lemons --note"])
def test_a_reason_that_names_somebody_is_refused_before_it_is_sent(
    trained: Deployment, caplog: pytest.LogCaptureFixture, command: str
) -> None:
    for value in PERSONAL:
        with reached(trained, working=True):
            ran = run(*command.split(), f"asked by {value}")
        assert ran.code == 2
        assert "name a request, a ticket" in ran.text.replace("\n", " ")
        assert value not in "".join((ran.text, written(caplog), announced(trained)))


def test_what_a_declaration_says_is_in_documents_alone(trained: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    """It is written for readers of cards and reports; who hears of alerts, and who reads logs, are others."""
    spec = lemons.SPEC.replace("description: Will this used car prove a lemon?", f"description: {MARK}")
    spec += f"""\
data: {{origin: {MARK}, licence: {MARK}, purpose: {MARK}, collection: {MARK}}}
personal_data: {{columns: {{make: {{policy: allow, reason: {MARK}}}}}}}
"""
    trained.upload("specs/lemons.yaml", spec)
    trained.upload(f"{PREDICTIONS}a.csv", lemons.csv(lemons.predictions(lemons.sales(1, first_day=16, rows_a_day=40))))
    trained.settle()
    assert not trained.told(ModelRejected)
    trained.invoke("audit_models", json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}))
    trained.settle()
    for text in (written(caplog), announced(trained), reasons(trained)):
        assert MARK not in text
    places = {key.split("/")[0] for key, body in trained.contents("").items() if MARK.encode() in body}
    assert places <= {"specs", "models", "reports"}
