"""Every command that takes a model refuses one that it does not know, at once and with the nearest name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from steward import aws
from steward.cli.app import app
from steward.commands import requests
from tests.integration import lemons

from .deployment import Deployment
from .terminal import reached, run

WINDOW = "20240115T000000Z_1d"
COMMANDS: dict[str, list[str]] = {
    "acknowledge": ["{model}"],
    "audit": ["{model}"],
    "change-defect": ["{model}", "d1", "close"],
    "check": ["{model}"],
    "checkout": ["{model}", "champion"],
    "cost": ["{model}"],
    "decisions": ["{model}"],
    "defects": ["{model}"],
    "diff": ["{model}", "000001", "champion"],
    "docs": ["{model}"],
    "erase": ["--subject", "x", "--model", "{model}", "--reason", "a test"],
    "except": ["{model}", "lineage_complete", "--owner", "risk", "--for", "1d", "--reason", "a test"],
    "explain": ["{model}"],
    "export": ["{model}", "champion"],
    "freeze": ["{model}", "--reason", "a test"],
    "guardrails": ["{model}"],
    "lineage": ["champion", "--model", "{model}"],
    "log": ["{model}"],
    "mute": ["{model}", "--for", "1d", "--reason", "a test"],
    "open-defect": ["{model}", "miles are kilometres"],
    "outcome": ["{model}"],
    "promote": ["{model}", "champion", "--from", "steward", "--to", "steward"],
    "push": ["rows.csv", "--model", "{model}", "--kind", "predictions"],
    "quarantine list": ["{model}"],
    "quarantine release": ["{model}", "20240115T000000Z-0123456789ab"],
    "quarantine show": ["{model}", "20240115T000000Z-0123456789ab"],
    "release": ["{model}"],
    "remove": ["{model}", "--reason", "a test", "--yes"],
    "report": ["{model}"],
    "reproduce": ["{model}", "champion"],
    "retrain": ["{model}", "--reason", "a test"],
    "review": ["{model}", "--reason", "a test"],
    "roll-back": ["{model}", "--reason", "a test"],
    "show": ["{model}", WINDOW],
    "status": ["{model}"],
    "subject-report": ["--subject", "x", "--model", "{model}"],
    "thaw": ["{model}", "--reason", "a test"],
    "watch": ["{model}"],
}
"""Every command that takes the name of a declared model, with arguments that would do for one."""

NEW_MODELS = {"suggest", "import", "import-sagemaker"}
"""Commands whose option --model names a model that is to be."""

OF_THE_ENDPOINT = {"predict"}
"""Commands whose answer is the endpoint's for predictions, which knows the models."""

SIGNED = {
    "acknowledge", "change-defect", "check", "erase", "except", "freeze", "mute", "open-defect", "release", "remove",
    "reproduce", "retrain", "roll-back", "thaw",
}  # fmt: skip


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command of the tree, by its words."""
    if not hasattr(command, "list_commands"):
        yield " ".join(path), command
        return
    context = command.make_context("steward", [], resilient_parsing=True)
    for name in command.list_commands(context):
        _, found, _ = command.resolve_command(context, [name])
        yield from leaves(found, (*path, name))


@pytest.fixture
def declared(steward: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """`lemons` is declared; the current folder has a file of records."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("id\n1\n")
    steward.upload("specs/lemons.yaml", lemons.SPEC)
    steward.settle()
    with reached(steward):
        yield steward


def test_the_table_has_every_command_that_takes_a_model() -> None:
    tree = leaves(typer.main.get_command(app))
    taking = {name for name, command in tree if any(one.name == "model" for one in command.params)}
    assert taking - NEW_MODELS - OF_THE_ENDPOINT == set(COMMANDS)


def test_the_table_knows_every_signed_command() -> None:
    assert {name.replace("_", "-") for name in requests.COMMANDS} == SIGNED


def test_every_message_of_an_unknown_model_is_short_and_at_once(declared: Deployment) -> None:
    ran = run("status", "pears")
    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == "no model 'pears' is declared; declared are lemons\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_misspelt_model_is_refused_at_once_with_the_nearest_name(declared: Deployment, command: str) -> None:
    before = sorted(declared.keys(""))
    for model in ("lemon", "Lemons"):
        ran = run(*command.split(), *(part.format(model=model) for part in COMMANDS[command]))
        assert ran.code == 2, ran.text
        assert f"no model {model!r} is declared; did you mean lemons?" in ran.text
        assert len(ran.stderr.splitlines()) <= 2
    assert sorted(declared.keys("")) == before, "nothing is uploaded"
    assert not any(aws.sqs().receive_message(QueueUrl=url).get("Messages") for url in declared.queues.values()), (
        "nobody is asked"
    )


def test_a_model_whose_declaration_was_refused_is_said_to_have_one(declared: Deployment) -> None:
    declared.upload("specs/limes.yaml", "model: limes\n")
    declared.settle()
    ran = run("status", "limes")
    assert ran.code == 2
    assert "specs/limes.yaml was refused or is still being read; `steward watch limes` shows which" in ran.text
    watched = run("watch", "limes", "--patience", "0")
    assert watched.code == 0
    assert "model rejected" in watched.text


def test_without_any_model_the_first_step_is_named(steward_without_models: None) -> None:
    assert run("watch", "lemons").stderr.endswith("none is, yet; upload a declaration with `steward push MODEL.yaml`\n")


@pytest.fixture
def steward_without_models(steward: Deployment) -> Iterator[None]:
    with reached(steward):
        yield
